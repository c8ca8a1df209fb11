// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"context"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/sender/session"
)

// liveEncoder makes pictures of the bitrate that it is asked for, and key frames only
// on request.
type liveEncoder struct {
	busy sync.Mutex

	mu      sync.Mutex
	rate    bwe.Bitrate
	formats []media.Format
	rates   []bwe.Bitrate
	pending bool
	asked   []time.Time
	keys    []time.Duration
	frame   int
	length  int
}

func (e *liveEncoder) Track() media.Track { return h264Track() }

func (e *liveEncoder) Read() (media.AccessUnit, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.frame == e.length {
		return media.AccessUnit{}, io.EOF
	}
	au := media.AccessUnit{PTS: time.Duration(e.frame) * time.Second / 30, Key: e.frame == 0 || e.pending}
	au.DTS = au.PTS
	e.frame++
	slice := make([]byte, max(int(min(e.rate, 4*bwe.Mbps))/8/30, 100))
	slice[0], slice[1] = 0x41, 1
	if au.Key {
		e.keys, e.pending = append(e.keys, au.PTS), false
		slice[0] = 0x65
		au.Units = [][]byte{sps, pps}
	}
	for i := range slice[2:] {
		slice[2+i] = 0xaa
	}
	au.Units = append(au.Units, slice)

	return au, nil
}

// alone holds that no two calls come at once.
func (e *liveEncoder) alone() func() {
	if !e.busy.TryLock() {
		panic("two calls at once")
	}
	e.mu.Lock()

	return func() {
		e.mu.Unlock()
		e.busy.Unlock()
	}
}

func (e *liveEncoder) SetBitrate(rate bwe.Bitrate) {
	defer e.alone()()
	e.rate = rate
	e.rates = append(e.rates, rate)
}

func (e *liveEncoder) SetFormat(f media.Format) {
	defer e.alone()()
	e.formats = append(e.formats, f)
}

func (e *liveEncoder) RequestKeyFrame() {
	defer e.alone()()
	e.asked = append(e.asked, time.Now())
	e.pending = true
}

func (e *liveEncoder) Close() error { return nil }

func encoding(e *liveEncoder) func(context.Context) (media.Source, error) {
	return func(context.Context) (media.Source, error) { return media.NewEncoderSource(e, nil) }
}

// TestEncoderFollowsTheLink: the bitrate falls and comes back with the path, nothing is
// dropped for long, and a PLI is answered by a key frame.
func TestEncoderFollowsTheLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, n, _, o := bench(t, nil)
		e := &liveEncoder{length: 30 * 60}
		up := &path{rate: 2 * bwe.Mbps, delay: 30 * time.Millisecond, queue: 500 * time.Millisecond, seed: 1}
		o.Open, o.ConfigureSettingEngine = encoding(e), on(&shaped{n.pusher, up})
		o.Config.BWE.StartBitrate = bwe.Mbps
		time.AfterFunc(20*time.Second, func() { up.setRate(500 * bwe.Kbps) })
		time.AfterFunc(40*time.Second, func() { up.setRate(2 * bwe.Mbps) })
		var requested time.Time
		time.AfterFunc(10*time.Second, func() {
			got := server.session(0)
			video, _ := got.packets()
			requested = time.Now()
			assert.NoError(t, got.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: video[0].SSRC}}))
		})
		var targets []bwe.Bitrate
		o.OnStatus = func(s session.Status) { targets = append(targets, s.Target) }
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		t.Logf("targets %v, keys %v, sent %+v", targets, e.keys, summary)

		require.EqualValues(t, 1, summary.KeyFrameRequests)
		require.NotEmpty(t, e.asked)
		require.InDelta(t, 0, e.asked[0].Sub(requested).Seconds(), 0.1)
		require.InDelta(t, 10, e.keys[1].Seconds(), 0.5)
		require.Greater(t, targets[18], bwe.Mbps)
		require.Less(t, targets[37], 600*bwe.Kbps)
		require.Greater(t, targets[58], bwe.Mbps)
		require.Less(t, slices.Min(e.rates), 600*bwe.Kbps)
		require.Greater(t, summary.VideoFramesSent, uint64(1700), "of 1800")
		last := 0
		video, _ := server.session(0).packets()
		for _, p := range pictures(t, video) {
			require.Greater(t, p.index, last-1)
			require.True(t, p.key || p.index == last, "picture %d refers to %d, which is missing", p.index, last)
			last = p.index + 1
		}
	})
}

// TestEncoderOverAReconnection: a new receiver gets a key frame at once, and the
// decisions go on.
func TestEncoderOverAReconnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _, _, o := bench(t, nil)
		e := &liveEncoder{length: 30 * 10}
		o.Open = encoding(e)
		o.Config.RateControl.Tiers = []ratecontrol.Tier{{
			Name: "only", Width: 320, Height: 180, FrameRate: 30, Min: 50 * bwe.Kbps, Start: 100 * bwe.Kbps, Max: 3 * bwe.Mbps,
		}}
		time.AfterFunc(4*time.Second, func() { assert.NoError(t, server.session(0).pc.Close()) })
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		require.EqualValues(t, 1, summary.Reconnects)
		require.Equal(t, []media.Format{{Width: 320, Height: 180, FrameRate: 30}}, e.formats)
		require.Len(t, e.keys, 2)
		require.Len(t, e.asked, 1)
		require.LessOrEqual(t, summary.Drops[session.DropWaitKey], uint64(3))
		before, _ := server.session(0).packets()
		after, _ := server.session(1).packets()
		require.NotEmpty(t, before)
		require.True(t, pictures(t, after)[0].key)
	})
}
