// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sender/session"
	"github.com/rtmcc/rtmcc/sender/signalling"
)

func TestRefusalEndsAtOnce(t *testing.T) {
	for _, status := range []int{401, 404, 409} {
		synctest.Test(t, func(t *testing.T) {
			server, _, d, o := bench(t, newScript(time.Second, h264Track()))
			posts := 0
			server.intercept = func(w http.ResponseWriter, _ *http.Request) bool {
				posts++
				w.WriteHeader(status)

				return true
			}
			_, err := session.Push(t.Context(), o)
			var refusal *signalling.StatusError
			require.ErrorAs(t, err, &refusal)
			require.Equal(t, status, refusal.Status)
			require.Equal(t, 1, posts)
			require.Empty(t, d.tries)
			require.Equal(t, []session.ConnectionState{session.StateConnecting, session.StateFailed, session.StateClosed}, d.states)
		})
	}
}

func TestServerComesUpLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _, d, o := bench(t, newScript(time.Second, h264Track()))
		posts := 0
		server.intercept = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPost {
				posts++
			}
			if posts == 2 {
				w.Header().Set("Retry-After", "7")
			}
			if posts > 3 {
				return false
			}
			w.WriteHeader(http.StatusServiceUnavailable)

			return true
		}
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		require.EqualValues(t, 30, summary.FramesSent, "the source waits for the first connection")
		require.Zero(t, summary.Reconnects)
		require.Len(t, d.tries, 3)
		require.InDelta(t, 0.5, d.tries[0].Delay.Seconds(), 0.126)
		require.Equal(t, 7*time.Second, d.tries[1].Delay)
		require.InDelta(t, 2, d.tries[2].Delay.Seconds(), 0.501)
	})
}

func TestGivesUp(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*session.ReconnectConfig)
		posts  int
	}{
		"after ten attempts": {posts: 10},
		"after three":        {change: func(r *session.ReconnectConfig) { r.MaxAttempts = 3 }, posts: 3},
		// Pauses of 1, 2 and 4 s fit, another 8 s do not.
		"after ten seconds": {change: func(r *session.ReconnectConfig) {
			r.InitialDelay, r.Jitter, r.MaxOutage = time.Second, 1e-9, 10*time.Second
		}, posts: 4},
		"switched off": {change: func(r *session.ReconnectConfig) { r.Disabled = true }, posts: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, _, _, o := bench(t, newScript(time.Second, h264Track()))
				posts := 0
				server.intercept = func(w http.ResponseWriter, _ *http.Request) bool {
					posts++
					w.WriteHeader(http.StatusInternalServerError)

					return true
				}
				if c.change != nil {
					c.change(&o.Reconnect)
				}
				_, err := session.Push(t.Context(), o)
				var refusal *signalling.StatusError
				require.ErrorAs(t, err, &refusal)
				require.ErrorContains(t, err, "gave up")
				require.Equal(t, c.posts, posts)
			})
		})
	}
}

func only(mime string, kind webrtc.RTPCodecType, rate uint32, channels uint16) func(*webrtc.MediaEngine) error {
	return func(m *webrtc.MediaEngine) error {
		return m.RegisterCodec(webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: mime, ClockRate: rate, Channels: channels}, PayloadType: 120,
		}, kind)
	}
}

func TestVideoRejected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _, _, o := bench(t, newScript(time.Second, h264Track(), opusTrack()))
		server.codecs = only(webrtc.MimeTypeOpus, webrtc.RTPCodecTypeAudio, 48000, 2)
		_, err := session.Push(t.Context(), o)
		var rejected *session.RejectedError
		require.ErrorAs(t, err, &rejected)
		require.Equal(t, "H264", rejected.Codec)
		sessions, deletes := server.count()
		require.Equal(t, 1, sessions, "not tried again")
		require.Equal(t, 1, deletes, "and not left behind")
	})
}

func TestAudioRejected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _, d, o := bench(t, newScript(time.Second, h264Track(), opusTrack()))
		server.codecs = only(webrtc.MimeTypeH264, webrtc.RTPCodecTypeVideo, 90000, 0)
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		video, audio := server.session(0).frames()
		require.Equal(t, 30, video)
		require.Zero(t, audio)
		require.EqualValues(t, 30, summary.FramesSent)
		require.Zero(t, summary.FramesDropped)
		require.Len(t, d.texts, 1)
		require.Contains(t, d.texts[0], "does not take the opus track")
	})
}

func TestUnusableAnswers(t *testing.T) {
	for name, body := range map[string]string{
		"no SDP":        "v=0\r\nnonsense",
		"nothing in it": "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, _, _, o := bench(t, newScript(time.Second, h264Track()))
				requests := map[string]int{}
				server.intercept = func(w http.ResponseWriter, r *http.Request) bool {
					requests[r.Method]++
					w.Header().Set("Content-Type", "application/sdp")
					w.Header().Set("Location", "/session")
					w.WriteHeader(http.StatusCreated)
					_, _ = w.Write([]byte(body))

					return true
				}
				_, err := session.Push(t.Context(), o)
				require.Error(t, err)
				require.Equal(t, map[string]int{http.MethodPost: 1, http.MethodDelete: 1}, requests)
			})
		})
	}
}

// TestNoLocation: a server that names no session cannot be told of its end; the user
// hears of it once.
func TestNoLocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _, d, o := bench(t, newScript(time.Second, h264Track()))
		o.HTTPClient.Transport = withoutLocation{o.HTTPClient.Transport}
		_, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		_, deletes := server.count()
		require.Zero(t, deletes)
		require.Len(t, d.texts, 1)
		require.Contains(t, d.texts[0], "no session to end")
	})
}

type withoutLocation struct{ http.RoundTripper }

func (w withoutLocation) RoundTrip(r *http.Request) (*http.Response, error) {
	rsp, err := w.RoundTripper.RoundTrip(r)
	if err == nil {
		rsp.Header.Del("Location")
	}

	return rsp, err
}

func TestCancel(t *testing.T) {
	for name, c := range map[string]struct {
		after   time.Duration
		prepare func(*receiver, *network)
		deletes int
	}{
		"before the answer":    {after: time.Second, prepare: hang(http.MethodPost)},
		"while connecting":     {after: time.Second, prepare: func(_ *receiver, n *network) { n.setCut(true) }, deletes: 1},
		"between two attempts": {after: 10 * time.Second, prepare: refuse},
		"while playing":        {after: 1500 * time.Millisecond, deletes: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, n, d, o := bench(t, newScript(time.Minute, h264Track(), opusTrack()))
				if c.prepare != nil {
					c.prepare(server, n)
				}
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(c.after, cancel)
				start := time.Now()
				_, err := session.Push(ctx, o)
				require.NoError(t, err)
				require.InDelta(t, c.after.Seconds(), time.Since(start).Seconds(), 0.5)
				_, deletes := server.count()
				require.Equal(t, c.deletes, deletes)
				require.Equal(t, session.StateClosed, d.states[len(d.states)-1])
			})
		})
	}
}

func hang(method string) func(*receiver, *network) {
	return func(s *receiver, _ *network) {
		s.intercept = func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method == method {
				<-r.Context().Done()
			}

			return r.Method == method
		}
	}
}

func refuse(s *receiver, _ *network) {
	s.intercept = func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusBadGateway)

		return true
	}
}

func TestDeleteIsNotAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, n, d, o := bench(t, newScript(time.Second, h264Track()))
		hang(http.MethodDelete)(server, n)
		start := time.Now()
		summary, err := session.Push(t.Context(), o)
		require.NoError(t, err)
		require.EqualValues(t, 30, summary.FramesSent)
		require.Less(t, time.Since(start), 7*time.Second)
		require.Len(t, d.texts, 1)
		require.Contains(t, d.texts[0], "DELETE")
	})
}
