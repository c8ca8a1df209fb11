// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// A whole push over real sockets on loopback, signalling included.
func TestPushOverLoopback(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.ts")
	s, err := Start(Config{Record: path, Token: "secret", LoggerFactory: quiet()})
	require.NoError(t, err)
	p := newPusher(t, pushSetup{token: "secret"})
	server, err := url.Parse(s.URL())
	require.NoError(t, err)
	p.publish(overHTTP{&url.URL{Scheme: server.Scheme, Host: server.Host}}, server.Path)
	frames := clip(t, 1)
	p.play(frames)
	p.stop()
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "twice does no harm")

	stats := s.Sessions()
	require.Len(t, stats, 1)
	require.Equal(t, StateEnded, stats[0].State)
	require.Equal(t, "deleted by the pusher", stats[0].EndReason)
	require.EqualValues(t, count(frames, true), stats[0].VideoFrames)
	require.EqualValues(t, count(frames, false), stats[0].AudioFrames)
	require.EqualValues(t, p.written.Load(), stats[0].PacketsReceived)
	checkRecording(t, frames, readTS(t, readFile(t, path)))
}

// overHTTP forwards requests to a real server.
type overHTTP struct{ server *url.URL }

func (o overHTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	httputil.NewSingleHostReverseProxy(o.server).ServeHTTP(w, r)
}

// runPush runs one push in virtual time over a link with a one-way delay, and returns
// what the server says about it.
func runPush(
	t *testing.T, delay time.Duration, cfg Config, setup pushSetup, during func(*pusher, *Server),
) (stats SessionStats) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, delay)
		s := n.newServer(t, cfg)
		setup.net = n.client
		p := newPusher(t, setup)
		p.publish(s.Handler(), "/whip/live")
		during(p, s)
		p.stop()
		require.NoError(t, s.Close())
		require.Len(t, s.Sessions(), 1)
		stats = s.Sessions()[0]
	})

	return stats
}

// dropEvery loses one packet in n, repeats included, by a fixed pattern. It spares the
// first packets: nothing shows that the start of an audio stream is missing.
func dropEvery(n uint32) func(bool, *rtp.Header, []byte) bool {
	state, packets := uint32(1), 0

	return func(bool, *rtp.Header, []byte) bool {
		if packets++; packets < 20 {
			return false
		}
		state = state*1664525 + 1013904223

		return state>>16%n == 0
	}
}

// Every frame arrives over a link that loses 5 %, by repeats on a stream of their own
// or on the media stream, with all counters about to wrap.
func TestEveryFrameArrivesByRetransmission(t *testing.T) {
	for _, c := range []struct {
		name  string
		setup pushSetup
	}{
		{"RTX", pushSetup{}},
		{"on the media SSRC", pushSetup{noRTX: true}},
		{"wraps", pushSetup{sequence: 65500, timestamp: 1<<32 - 100000}},
		{"with the round trip known", pushSetup{answerXR: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out.ts")
			frames := clip(t, 10)
			c.setup.drop = dropEvery(20)
			stats := runPush(t, 20*time.Millisecond, Config{Record: path}, c.setup, func(p *pusher, _ *Server) {
				p.play(frames)
			})
			require.EqualValues(t, count(frames, true), stats.VideoFrames)
			require.EqualValues(t, count(frames, false), stats.AudioFrames)
			require.Equal(t, stats.FramesReceived, stats.FramesDecodable)
			require.EqualValues(t, len(frames), stats.RecordedFrames)
			require.Zero(t, stats.Gaps)
			require.Zero(t, stats.PacketsLost)
			require.Zero(t, stats.PacketsIgnored)
			require.Positive(t, stats.PacketsRepaired)
			require.Less(t, stats.NACKedPackets, stats.PacketsRepaired*5/4, "asked for again without need")
			require.Equal(t, c.setup.noRTX, stats.RTXPackets == 0)
			require.Equal(t, c.setup.noRTX, stats.Tracks[0].RTXSSRC == 0)
			if c.setup.answerXR {
				require.InDelta(t, 40, stats.RTTMS, 1)
				require.Equal(t, stats.RRTRs, stats.DLRRs)
			}
			checkRecording(t, frames, readTS(t, readFile(t, path)))
		})
	}
}

// The end of a stream has no packet behind it that would show what is missing.
func TestLastPacketIsRepaired(t *testing.T) {
	frames := clip(t, 1)
	for i := len(frames) - 1; !frames[i].video; i-- {
		frames = frames[:i]
	}
	var sent, dropped int
	last := 0
	for _, p := range packetizedCount(t, frames) {
		last += p
	}
	stats := runPush(t, 20*time.Millisecond, Config{}, pushSetup{
		drop: func(media bool, h *rtp.Header, _ []byte) bool {
			if !media || h.PayloadType != 96 {
				return false
			}
			sent++
			if sent == last {
				dropped++
			}

			return sent == last
		},
	}, func(p *pusher, _ *Server) { p.play(frames) })
	require.Equal(t, 1, dropped)
	require.EqualValues(t, count(frames, true), stats.VideoFrames)
	require.EqualValues(t, 1, stats.PacketsRepaired)
}

func packetizedCount(t *testing.T, frames []clipFrame) (out []int) {
	for _, f := range frames {
		if f.video {
			p := pusher{t: t}
			out = append(out, len(p.payloads(f, webrtc.MimeTypeH264)))
		}
	}

	return out
}

// The first packets, too, are asked for.
func TestFirstPacketsAreRepaired(t *testing.T) {
	frames := clip(t, 1)
	var sent int
	stats := runPush(t, 20*time.Millisecond, Config{}, pushSetup{
		drop: func(media bool, h *rtp.Header, _ []byte) bool {
			if !media || h.PayloadType != 96 {
				return false
			}
			sent++

			return sent <= 3
		},
	}, func(p *pusher, _ *Server) { p.play(frames) })
	require.EqualValues(t, count(frames, true), stats.VideoFrames)
	require.EqualValues(t, count(frames, true), stats.KeyFrames+stats.VideoFrames-1)
	require.EqualValues(t, 3, stats.PacketsRepaired)
	require.Zero(t, stats.Gaps)
}

// Scripted losses that nothing repairs: each is one gap, and freezes last from the last
// decodable frame to the next one.
func TestGapsAndFreezes(t *testing.T) {
	frames := clip(t, 6)
	video := 0
	var keys []int
	for _, f := range frames {
		if f.video {
			if isKey(f) {
				keys = append(keys, video)
			}
			video++
		}
	}
	require.GreaterOrEqual(t, len(keys), 3)
	// A stretch of frames right behind the first key frame and up to the second.
	lost := keys[1] - keys[0] - 1
	var frame, dropped int
	stats := runPush(t, 20*time.Millisecond, Config{}, pushSetup{
		drop: func(media bool, h *rtp.Header, _ []byte) bool {
			if h.PayloadType != 96 {
				return h.PayloadType == 97 // no repair
			}
			hit := frame > keys[0] && frame < keys[1]
			if media && hit {
				dropped++
			}
			if media && h.Marker {
				frame++
			}

			return hit
		},
	}, func(p *pusher, _ *Server) { p.play(frames) })
	require.EqualValues(t, video-lost, stats.VideoFrames)
	require.EqualValues(t, 1, stats.Gaps)
	require.EqualValues(t, dropped, stats.PacketsLost)
	require.Equal(t, stats.FramesReceived, stats.FramesDecodable, "what came behind the gap began with a key frame")
	require.Equal(t, 1, stats.Freezes)
	// The key frame behind the gap waits for the jitter delay.
	frozen := time.Duration(lost+1)*time.Second/30 + 400*time.Millisecond
	require.InDelta(t, frozen.Milliseconds(), stats.FreezeMS, 60)
	require.Equal(t, stats.FreezeMS, stats.LongestFreezeMS)
}

// A lost reference frame costs all frames up to the next key frame, which is asked for.
func TestKeyFrameIsAskedFor(t *testing.T) {
	frames := clip(t, 4)
	var frame int
	stats := runPush(t, 20*time.Millisecond, Config{}, pushSetup{
		drop: func(media bool, h *rtp.Header, _ []byte) bool {
			if h.PayloadType != 96 {
				return h.PayloadType == 97 // no repair
			}
			hit := frame == 1 // the frame behind the key frame
			if media && h.Marker {
				frame++
			}

			return hit
		},
	}, func(p *pusher, _ *Server) { p.play(frames) })
	require.EqualValues(t, count(frames, true)-1, stats.VideoFrames)
	gop := 0
	for _, f := range frames[1:] {
		if f.video {
			gop++
			if isKey(f) {
				break
			}
		}
	}
	undecodable := stats.FramesReceived - stats.FramesDecodable
	require.EqualValues(t, gop-2, undecodable)
	require.Equal(t, 1, stats.Freezes)
	require.InDelta(t, time.Duration(gop-1)*time.Second/30/time.Millisecond, stats.FreezeMS, 100)
	require.InDelta(t, stats.FreezeMS/1000, stats.PLIs, 1)
	require.Positive(t, stats.PLIs)
}

// What the server sends: feedback every 50 ms, a reference time each second a track,
// NACK for audio and video on the media SSRC.
func TestFeedback(t *testing.T) {
	frames := clip(t, 5)
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, 20*time.Millisecond)
		s := n.newServer(t, Config{FeedbackInterval: 50 * time.Millisecond})
		p := newPusher(t, pushSetup{net: n.client, drop: dropEvery(20)})
		p.publish(s.Handler(), "/whip/live")
		p.play(frames)
		p.stop()
		require.NoError(t, s.Close())

		for _, line := range []string{
			"a=rtcp-fb:96 nack\r\n", "a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 transport-cc", "a=rtcp-fb:96 rrtr", "a=fmtp:97 apt=96",
			"a=rtcp-fb:111 nack\r\n", "a=rtcp-fb:111 transport-cc", "a=rtcp-fb:111 rrtr", "BFrame-enabled=1",
		} {
			require.Contains(t, p.answer, line)
		}
		require.Equal(t, 2, strings.Count(p.answer, "transport-wide-cc-extensions-01"), "on audio and video")

		_, at := heardOf[*rtcp.TransportLayerCC](p)
		require.InDelta(t, 100, len(at), 5, "20 a second")
		for i := 1; i < len(at); i++ {
			require.InDelta(t, 50, at[i].Sub(at[i-1]).Milliseconds(), 5)
		}
		stats := s.Sessions()[0]
		reports, _ := heardOf[*rtcp.ExtendedReport](p)
		bySSRC := map[uint32]int{}
		for _, r := range reports {
			bySSRC[r.SenderSSRC]++
		}
		require.Len(t, bySSRC, 2, "a sender SSRC each track")
		for _, count := range bySSRC {
			require.InDelta(t, 5, count, 1)
		}
		nacks, _ := heardOf[*rtcp.TransportLayerNack](p)
		asked := map[uint32]int{}
		for _, n := range nacks {
			require.Contains(t, bySSRC, n.SenderSSRC)
			asked[n.MediaSSRC]++
		}
		require.Len(t, asked, 2)
		for _, track := range stats.Tracks {
			require.Positive(t, asked[track.SSRC], track.Kind)
		}
	})
}

func TestPushH265(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.ts")
	frames, _ := h265Clip(t)
	stats := runPush(t, 20*time.Millisecond, Config{Record: path}, pushSetup{
		mime: webrtc.MimeTypeH265, drop: dropEvery(50),
	}, func(p *pusher, _ *Server) { p.play(frames) })
	require.EqualValues(t, count(frames, true), stats.VideoFrames)
	require.EqualValues(t, count(frames, false), stats.AudioFrames)
	checkRecording(t, frames, readTS(t, readFile(t, path)))
}
