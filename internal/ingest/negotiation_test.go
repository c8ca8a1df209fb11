// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/sdp/v3"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sdpext"
	"github.com/rtmcc/rtmcc/sdpext/aac"
)

// heAAC is stereo HE-AAC of 48 kHz.
func heAAC() aac.Config {
	return aac.Config{Signalling: aac.Hierarchical, Core: mpeg4audio.AudioSpecificConfig{
		Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 24000, ChannelConfig: 2,
		ExtensionType: mpeg4audio.ObjectTypeSBR, ExtensionSampleRate: 48000,
	}}
}

// section returns the media section of a kind in a description.
func section(t testing.TB, description, kind string) *sdp.MediaDescription {
	t.Helper()
	var d sdp.SessionDescription
	require.NoError(t, d.UnmarshalString(description))
	for _, m := range d.MediaDescriptions {
		if m.MediaName.Media == kind {
			return m
		}
	}
	require.Fail(t, "no such section", kind)

	return nil
}

// What a push meets with: each extra taken or, at a poorer server, not.
func TestEveryFormArrives(t *testing.T) {
	formats := []*aac.Format{nil}
	for _, form := range []aac.Form{aac.ADTS, aac.LATM, aac.Generic} {
		f := aac.NewFormat(form, 111, heAAC())
		formats = append(formats, &f)
	}
	uris := append([]string{""}, sdpext.CompositionTimeURIs()...)
	for i, format := range formats {
		name := "opus"
		if format != nil {
			name = format.Form.String()
		}
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out.ts")
			frames := clip(t, 2)
			setup := pushSetup{aac: format, composition: uris[i], drop: dropEvery(20)}
			var answer string
			stats := runPush(t, 20*time.Millisecond, Config{Record: path}, setup, func(p *pusher, _ *Server) {
				answer = p.answer
				require.Equal(t, uris[i] != "", p.composition != 0)
				p.play(frames)
			})
			require.Equal(t, sdpext.BFramesSupported, sdpext.MediaBFrames(section(t, answer, "video")))
			require.True(t, sdpext.HasRRTR(section(t, answer, "video"), 96))
			require.Equal(t, name, stats.Tracks[audioTrack(&stats)].Codec)
			require.EqualValues(t, count(frames, true), stats.VideoFrames)
			require.EqualValues(t, count(frames, false), stats.AudioFrames)
			require.EqualValues(t, len(frames), stats.RecordedFrames)
			require.Zero(t, stats.TimestampsAdjusted)
			video := stats.Tracks[1-audioTrack(&stats)]
			require.Equal(t, uris[i] != "", video.CompositionTimes >= uint64(count(frames, true))/2)
			got := readTS(t, readFile(t, path))
			checkRecording(t, frames, got)
			checkDTS(t, frames, got, 45*2)
		})
	}
}

// checkDTS compares decoding times with the source's, but for rounding.
func checkDTS(t testing.TB, want, got []clipFrame, within float64) {
	t.Helper()
	keep := func(frames []clipFrame) (dts []int64) {
		for _, f := range frames {
			if f.video {
				dts = append(dts, f.dts-f.pts)
			}
		}

		return dts
	}
	w, g := keep(want), keep(got)
	require.Len(t, g, len(w))
	for i := range w {
		require.InDelta(t, w[i], g[i], within, "DTS of frame %d", i)
	}
}

func audioTrack(s *SessionStats) int {
	for i, t := range s.Tracks {
		if t.Kind == "audio" {
			return i
		}
	}

	return 0
}

func TestPoorerServer(t *testing.T) {
	f := aac.NewFormat(aac.LATM, 111, heAAC())
	offer := newPusher(t, pushSetup{aac: &f, composition: sdpext.CompositionTimeURI}).offer()
	for _, c := range []struct {
		name             string
		cfg              Config
		b, cts, aac, rtt bool
	}{
		{"rich", Config{}, true, true, true, true},
		{"no B-frames", Config{NoBFrames: true}, false, true, true, true},
		{"no composition times", Config{NoCompositionTime: true}, true, false, true, true},
		{"no AAC", Config{NoAAC: true}, true, true, false, true},
		{"no reference times", Config{NoReferenceTimes: true}, true, true, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.cfg.LoggerFactory = quiet()
			s, err := New(c.cfg)
			require.NoError(t, err)
			w := do(s.Handler(), "POST", "/whip/live", "", offer)
			require.Equal(t, 201, w.Code, w.Body.String())
			video, audio := section(t, w.Body.String(), "video"), section(t, w.Body.String(), "audio")
			require.Equal(t, c.b, sdpext.MediaBFrames(video) == sdpext.BFramesSupported)
			_, cts := sdpext.AcceptedCompositionTime(video)
			require.Equal(t, c.cts, cts)
			require.Equal(t, c.rtt, sdpext.HasRRTR(video, 96))
			formats := aac.Formats(audio)
			require.Equal(t, c.aac, len(formats) == 1 && audio.MediaName.Port.Value != 0)
			if c.aac {
				require.Equal(t, heAAC(), formats[0].Mux.Config)
			}
			require.NoError(t, s.Close())
		})
	}
}
