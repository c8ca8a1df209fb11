// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender"
	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/sender/session"
)

func TestPushToThePlainReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(3*time.Second, h264Track(), opusTrack())
		server, _, d, o := bench(t, source)
		var statuses []session.Status
		o.OnStatus = func(s session.Status) { statuses = append(statuses, s) }
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		require.True(t, source.closed)

		video, audio := server.session(0).frames()
		require.Equal(t, 90, video)
		require.Equal(t, 150, audio)
		require.EqualValues(t, 240, summary.FramesSent)
		require.EqualValues(t, 90, summary.VideoFramesSent)
		require.EqualValues(t, 150, summary.AudioFramesSent)
		require.Zero(t, summary.FramesDropped)
		sessions, deletes := server.count()
		require.Equal(t, 1, sessions)
		require.Equal(t, 1, deletes)
		require.Equal(t, []session.ConnectionState{session.StateConnecting, session.StateConnected, session.StateClosed}, d.states)
		require.Len(t, statuses, 3)
		require.Equal(t, session.StateConnected, statuses[0].State)
	})
}

func TestDurationAndLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _, _, o := bench(t, nil)
		var opened []*script
		o.Open = func(context.Context) (media.Source, error) {
			opened = append(opened, newScript(time.Second, h264Track(), opusTrack()))

			return opened[len(opened)-1], nil
		}
		o.Loop, o.Duration = true, 2500*time.Millisecond
		start := time.Now()
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		require.InDelta(t, 2.5, time.Since(start).Seconds(), 1)
		require.EqualValues(t, 75, summary.VideoFramesSent)
		require.EqualValues(t, 125, summary.AudioFramesSent)
		require.Len(t, opened, 3)
		for _, s := range opened {
			require.True(t, s.closed)
		}
		// Timestamps go on over the ends of the source.
		packets, _ := server.session(0).packets()
		require.InDelta(t, 74*3000, float64(packets[len(packets)-1].Timestamp-packets[0].Timestamp), 100)
	})
}

// TestAboveTarget: a source of 4 Mbps over a limit of 500 kbps loses pictures, and no
// audio.
func TestAboveTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newScript(15*time.Second, h264Track(), opusTrack())
		source.frameSize = 16000
		server, _, d, o := bench(t, source)
		o.Config.BWE.StartBitrate, o.Config.BWE.MaxBitrate = 500*bwe.Kbps, 500*bwe.Kbps
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		video, audio := server.session(0).frames()
		require.Equal(t, 750, audio)
		require.EqualValues(t, 750, summary.AudioFramesSent)
		require.EqualValues(t, 450, summary.VideoFramesSent+summary.FramesDropped)
		require.EqualValues(t, summary.VideoFramesSent, video)
		require.Positive(t, video)
		require.Greater(t, summary.FramesDropped, uint64(225))
		require.Positive(t, summary.Drops[ratecontrol.DropUntilKey])
		var told uint64
		for reason, n := range d.drops {
			require.EqualValues(t, summary.Drops[reason], n)
			told += uint64(n)
		}
		require.Equal(t, summary.FramesDropped, told)
	})
}

func TestKeyFrameRequestsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _, _, o := bench(t, newScript(3*time.Second, h264Track()))
		time.AfterFunc(2*time.Second, func() {
			got := server.session(0)
			video, _ := got.packets()
			ssrc := video[0].SSRC
			assert.NoError(t, got.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}}))
			assert.NoError(t, got.pc.WriteRTCP([]rtcp.Packet{&rtcp.FullIntraRequest{MediaSSRC: ssrc, FIR: []rtcp.FIREntry{{SSRC: ssrc}}}}))
		})
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		require.EqualValues(t, 2, summary.KeyFrameRequests)
	})
}

func TestOffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _, _, o := bench(t, newScript(time.Second, h264Track(), opusTrack()))
		_, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		var offer sdp.SessionDescription
		require.NoError(t, offer.UnmarshalString(server.session(0).offer))
		require.Len(t, offer.MediaDescriptions, 2)
		var streams []string
		for i, want := range [][]string{
			{
				"rtpmap:96 H264/90000", "fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001e",
				"rtpmap:97 rtx/90000", "fmtp:97 apt=96", "fmtp:98 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
				"rtpmap:99 rtx/90000", "fmtp:99 apt=98",
				"rtcp-fb:96 transport-cc", "rtcp-fb:96 nack", "rtcp-fb:96 nack pli", "rtcp-fb:96 rrtr",
			},
			{
				"rtpmap:111 opus/48000/2", "fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1",
				"rtcp-fb:111 transport-cc", "rtcp-fb:111 nack", "rtcp-fb:111 rrtr",
			},
		} {
			var lines []string
			for _, a := range offer.MediaDescriptions[i].Attributes {
				lines = append(lines, a.Key+":"+a.Value)
				if a.Key == "rtcp-fb" {
					require.NotContains(t, a.Value, "97 ", "retransmissions have no feedback of their own")
				}
				if a.Key == "msid" {
					stream, _, _ := strings.Cut(a.Value, " ")
					streams = append(streams, stream)
				}
			}
			for _, line := range want {
				require.Contains(t, lines, line)
			}
			joined := strings.Join(lines, "\n")
			require.Equal(t, i == 0, strings.Contains(joined, "ssrc-group:FID"), "libwebrtc refuses audio with two SSRCs")
			require.Equal(t, i == 0, strings.Contains(joined, "rtx"))
			require.Contains(t, joined, "sendonly")
			require.Contains(t, joined, "draft-holmer-rmcat-transport-wide-cc-extensions-01")
		}
		require.Contains(t, server.session(0).offer, "a=candidate:")
		require.Len(t, streams, 2)
		require.Equal(t, streams[0], streams[1], "one stream")
	})
}

func TestInvalidOptions(t *testing.T) {
	for name, change := range map[string]func(*session.Options){
		"no URL":            func(o *session.Options) { o.URL = "" },
		"no source":         func(o *session.Options) { o.Open = nil },
		"negative duration": func(o *session.Options) { o.Duration = -1 },
		"congestion":        func(o *session.Options) { o.Config = sender.Default(); o.Config.BWE.MinBitrate = -1 },
		"delays":            func(o *session.Options) { o.Reconnect.MaxDelay = time.Millisecond },
		"jitter":            func(o *session.Options) { o.Reconnect.Jitter = 1.1 },
		"linger":            func(o *session.Options) { o.Limits.LingerMax = time.Millisecond },
		"ICE server":        func(o *session.Options) { o.ICEServers = []webrtc.ICEServer{{URLs: []string{"stun:[::1]x"}}} },
		"limit":             func(o *session.Options) { o.Limits.Connect = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			o := session.Options{
				URL: "http://server.example/", LoggerFactory: quiet(),
				Open: func(context.Context) (media.Source, error) { return nil, errors.New("opened all the same") },
			}
			change(&o)
			_, err := session.Push(t.Context(), o)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "opened all the same")
		})
	}
}

func TestUnusableSources(t *testing.T) {
	aac := media.Track{Codec: media.AAC, ClockRate: 48000, Channels: 2}
	t.Run("nothing to push", func(t *testing.T) {
		source := newScript(time.Second, aac)
		_, err := session.Push(t.Context(), session.Options{
			URL: "http://server.example/", LoggerFactory: quiet(), Open: func(context.Context) (media.Source, error) { return source, nil },
		})
		require.ErrorIs(t, err, media.ErrUnsupported)
		require.True(t, source.closed)
	})
	t.Run("does not open", func(t *testing.T) {
		missing := errors.New("no such file")
		_, err := session.Push(t.Context(), session.Options{
			URL: "http://server.example/", LoggerFactory: quiet(), Open: func(context.Context) (media.Source, error) { return nil, missing },
		})
		require.ErrorIs(t, err, missing)
	})
	t.Run("AAC beside video", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			server, _, d, o := bench(t, newScript(time.Second, aac, h264Track(), h264Track()))
			summary, err := session.Push(t.Context(), o)
			require.NoError(t, err)
			video, audio := server.session(0).frames()
			require.Equal(t, 30, video)
			require.Zero(t, audio)
			require.Zero(t, summary.FramesDropped)
			require.Len(t, d.texts, 2)
			require.Contains(t, strings.Join(d.texts, "\n"), "AAC")
			require.Contains(t, strings.Join(d.texts, "\n"), "more than one video track")
		})
	})
	t.Run("breaks off", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			broken := errors.New("bad block")
			server, _, _, o := bench(t, &breaking{newScript(2*time.Second, h264Track()), 30, broken})
			summary, err := session.Push(t.Context(), o)
			require.ErrorIs(t, err, broken)
			require.EqualValues(t, 30, summary.FramesSent)
			_, deletes := server.count()
			require.Equal(t, 1, deletes)
		})
	})
}

// breaking fails after some access units.
type breaking struct {
	*script
	left int
	err  error
}

func (b *breaking) Next() (media.AccessUnit, error) {
	if b.left--; b.left < 0 {
		return media.AccessUnit{}, b.err
	}

	return b.script.Next()
}

// TestFiles: the codecs of real files.
func TestFiles(t *testing.T) {
	for _, name := range []string{"tiny.h264", "tiny.h265", "tiny-vp8.ivf", "tiny-vp9.ivf", "tiny-av1.ivf", "tiny.ogg"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source, err := media.Open(t.Context(), filepath.Join("../../testdata", name))
				require.NoError(t, err)
				server, _, _, o := bench(t, source)
				o.Config.BWE.StartBitrate = 10 * bwe.Mbps
				summary, err := session.Push(t.Context(), o)
				require.NoError(t, err)
				require.Zero(t, summary.FramesDropped, "%v", summary.Drops)
				require.Positive(t, summary.FramesSent)
				video, audio := server.session(0).frames()
				require.EqualValues(t, summary.VideoFramesSent, video)
				require.EqualValues(t, summary.AudioFramesSent, audio)
			})
		})
	}
}
