// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/sender/session"
)

// scriptedRendition is a rendition of a minute, each byte of whose pictures is fill.
func scriptedRendition(name string, frameSize int, fill byte) media.Rendition {
	return media.Rendition{Name: name, Open: func(context.Context) (media.Source, error) {
		s := newScript(time.Minute, h264Track(), opusTrack())
		s.frameSize, s.fill = frameSize, fill

		return s, nil
	}}
}

// shown is one picture as it came.
type shown struct {
	index int // in the source
	fill  byte
	key   bool
}

// pictures puts packets in order and reads the pictures that are complete.
func pictures(t *testing.T, packets []*rtp.Packet) []shown {
	t.Helper()
	first := packets[0].SequenceNumber
	slices.SortStableFunc(packets, func(a, b *rtp.Packet) int {
		return int(int16(a.SequenceNumber-first)) - int(int16(b.SequenceNumber-first))
	})
	const parameterSets, idr, fragment = 24, 5, 28
	var out []shown
	next, key, whole := first, false, true
	for _, p := range packets {
		whole = whole && p.SequenceNumber == next
		next = p.SequenceNumber + 1
		kind := p.Payload[0] & 0x1f
		if kind == fragment {
			kind = p.Payload[1] & 0x1f
		}
		key = key || kind == idr
		if !p.Marker {
			continue
		}
		require.True(t, whole, "packets are missing")
		out = append(out, shown{
			index: int((p.Timestamp - packets[0].Timestamp + 1500) / 3000), fill: p.Payload[len(p.Payload)-1], key: key,
		})
		key = false
	}

	return out
}

// TestRenditionsFollowTheLink: 2 Mbps fall to 500 kbps for 20 s and come back. What
// arrives is the rendition that fits, and every picture can be decoded.
func TestRenditionsFollowTheLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const low, high = 0x11, 0xee
		set, err := media.NewRenditionSet(t.Context(), media.RenditionConfig{Renditions: []media.Rendition{
			scriptedRendition("1200k", 5000, high), scriptedRendition("300k", 1130, low),
		}})
		require.NoError(t, err)
		require.InDelta(t, 1.2e6, float64(set.Renditions()[1].Bitrate), 5e4)

		server, n, d, o := bench(t, nil)
		up := &path{rate: 2 * bwe.Mbps, delay: 30 * time.Millisecond, queue: 500 * time.Millisecond, seed: 1}
		o.Open, o.Loop, o.Duration = set.Open, true, 90*time.Second
		o.Config.BWE.StartBitrate = 500 * bwe.Kbps
		o.ConfigureSettingEngine = on(&shaped{n.pusher, up})
		begin := time.Now()
		at := func(after time.Duration, rate bwe.Bitrate) {
			time.AfterFunc(after, func() { up.setRate(rate) })
		}
		at(30*time.Second, 500*bwe.Kbps)
		at(50*time.Second, 2*bwe.Mbps)
		type change struct {
			at time.Duration
			to string
		}
		var changes []change
		o.Observer = func(e bwe.Event) {
			d.observe(e)
			if e, ok := e.(*session.RenditionChange); ok {
				changes = append(changes, change{time.Since(begin), e.To})
			}
		}
		var statuses []session.Status
		o.OnStatus = func(s session.Status) { statuses = append(statuses, s) }
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		t.Logf("changes %v, dropped %v, sent %+v", changes, d.drops, summary)

		require.Zero(t, summary.Reconnects)
		require.Empty(t, d.texts)
		fill := map[string]byte{"300k": low, "1200k": high}
		sentAt := func(at time.Duration) byte {
			to := changes[0].to
			for _, c := range changes {
				if c.at <= at {
					to = c.to
				}
			}

			return fill[to]
		}
		require.Equal(t, byte(high), sentAt(29*time.Second), "it goes up")
		require.Equal(t, byte(low), sentAt(35*time.Second), "and down within 5 s")
		require.Equal(t, byte(low), sentAt(49*time.Second), "and stays there")
		require.Equal(t, byte(high), sentAt(80*time.Second), "and up again")
		require.LessOrEqual(t, len(changes), 8, "it does not flap")
		require.Equal(t, "1200k", summary.Rendition)
		require.EqualValues(t, len(changes)-1, summary.RenditionSwitches)
		require.Equal(t, "1200k", statuses[28].Rendition)

		video, audio := server.session(0).packets()
		require.InDelta(t, 4500, len(audio), 50)
		got := pictures(t, video)
		switches := 0
		for i, p := range got[1:] {
			last := got[i]
			require.Greater(t, p.index, last.index, "no picture comes twice")
			if p.fill != last.fill {
				switches++
				require.True(t, p.key, "picture %d is the first of its rendition", p.index)
			}
			for missing := last.index + 1; missing < p.index; missing++ {
				// Nothing refers to the odd ones.
				require.True(t, missing%2 == 1 || p.key, "picture %d refers to %d, which is missing", p.index, missing)
			}
		}
		require.Equal(t, len(changes)-1, switches)
		require.Greater(t, len(got), 2550, "of 2700 pictures")
	})
}
