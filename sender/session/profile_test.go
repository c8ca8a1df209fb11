// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sender/session"
	"github.com/rtmcc/rtmcc/sender/signalling"
)

// described is an offer or an answer in the JSON of a profile.
type described struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

// jsonServer answers offers in the JSON of a profile, with the answers of a receiver.
type jsonServer struct {
	*receiver

	// offer reads a request's offer, reply makes the reply; stop is the path at which a
	// session ends.
	offer func(*json.Decoder) (string, error)
	reply func(answer string) any
	stop  string

	mu       sync.Mutex
	requests []string
	stops    []map[string]string
	// refusals are given in place of the first replies after the first session.
	refusals []any
}

func (s *jsonServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Method+" "+r.URL.String())
	body := json.NewDecoder(r.Body)
	var out any
	sessions, _ := s.count()
	switch {
	case r.URL.Path == s.stop:
		var stop map[string]string
		assert.NoError(s.t, body.Decode(&stop))
		s.stops = append(s.stops, stop)
		out = map[string]any{"errcode": 0, "errmsg": ""}
	case sessions > 0 && len(s.refusals) > 0:
		out, s.refusals = s.refusals[0], s.refusals[1:]
	default:
		offer, err := s.offer(body)
		assert.NoError(s.t, err)
		answer, err := s.answer(offer)
		assert.NoError(s.t, err)
		out = s.reply(answer)
	}
	w.Header().Set("Content-Type", "application/json")
	assert.NoError(s.t, json.NewEncoder(w).Encode(out))
}

// profiles are the servers of all JSON profiles, with the URL of a stream and the
// requests that a push of it makes.
var profiles = map[string]struct {
	server    func(*receiver) *jsonServer
	url       string
	profile   session.Profile
	publish   string
	afterward []string
	refusal   any
}{
	"srs": {
		url: "webrtc://server.example/live/s?vhost=v", publish: "POST http://server.example:1985/rtc/v1/publish/?vhost=v",
		refusal: map[string]any{"code": 400},
		server: func(r *receiver) *jsonServer {
			return &jsonServer{receiver: r, offer: func(d *json.Decoder) (string, error) {
				var q struct{ API, TID, StreamURL, ClientIP, SDP string }
				err := d.Decode(&q)
				assert.Equal(r.t, "webrtc://server.example/live/s?vhost=v", q.StreamURL)
				assert.Equal(r.t, "http://server.example:1985/rtc/v1/publish/?vhost=v", q.API)
				assert.NotEmpty(r.t, q.TID)

				return q.SDP, err
			}, reply: func(answer string) any {
				return map[string]any{"code": 0, "server": "vid-1", "service": "s", "pid": "1", "sdp": answer, "sessionid": "a:b"}
			}}
		},
	},
	"tencent": {
		url: "webrtc://server.example/live/s?txSecret=1", profile: session.ProfileTencent,
		publish:   "POST https://webrtcpush.myqcloud.com/webrtc/v1/pushstream",
		afterward: []string{"POST https://webrtcpush.myqcloud.com/webrtc/v1/stopstream"},
		refusal:   map[string]any{"errcode": -5, "errmsg": "stream exists"},
		server: func(r *receiver) *jsonServer {
			return &jsonServer{receiver: r, stop: "/webrtc/v1/stopstream", offer: func(d *json.Decoder) (string, error) {
				var q struct {
					StreamURL, SessionID, ClientInfo string
					LocalSDP                         described
				}
				err := d.Decode(&q)
				assert.Equal(r.t, "webrtc://server.example/live/s?txSecret=1", q.StreamURL)
				assert.NotEmpty(r.t, q.SessionID)
				assert.NotEmpty(r.t, q.ClientInfo)
				assert.Equal(r.t, "offer", q.LocalSDP.Type)

				return q.LocalSDP.SDP, err
			}, reply: func(answer string) any {
				return map[string]any{"errcode": 0, "errmsg": "", "remotesdp": described{"answer", answer}, "svrsig": "sig"}
			}}
		},
	},
	"volcengine": {
		url: "webrtc://server.example/live/s?sign=1", profile: session.ProfileVolcengine,
		publish: "POST https://server.example/live/s.sdp?sign=1",
		refusal: map[string]any{"code": 403, "message": "no"},
		server: func(r *receiver) *jsonServer {
			return &jsonServer{receiver: r, offer: func(d *json.Decoder) (string, error) {
				var q struct {
					Version, SessionID string
					LocalSDP           described
				}
				err := d.Decode(&q)
				assert.Equal(r.t, "1.0", q.Version)
				assert.NotEmpty(r.t, q.SessionID)
				assert.Equal(r.t, "offer", q.LocalSDP.Type)

				return q.LocalSDP.SDP, err
			}, reply: func(answer string) any {
				return map[string]any{"code": 200, "message": "success", "remoteSdp": described{"answer", answer}}
			}}
		},
	},
}

func TestProfiles(t *testing.T) {
	for name, p := range profiles {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				receiver, n, d, o := bench(t, newScript(2*time.Second, h264Track(), opusTrack()))
				server := p.server(receiver)
				o.URL, o.Signalling, o.HTTPClient = p.url, p.profile, &http.Client{Transport: inProcess{server}}
				// There is no trickle: the offer waits for what the STUN server says.
				o.ICEServers = serveSTUN(t, n, time.Second)
				summary, err := session.Push(t.Context(), o)
				require.NoError(t, err)
				require.EqualValues(t, 160, summary.FramesSent)
				require.Empty(t, d.texts)
				require.Contains(t, receiver.session(0).offer, reflexive)
				video, audio := receiver.session(0).frames()
				require.Equal(t, 60, video)
				require.Equal(t, 100, audio)
				require.Equal(t, append([]string{p.publish}, p.afterward...), server.requests)
				if server.stop != "" {
					require.Equal(t, []map[string]string{{"streamurl": p.url, "svrsig": "sig"}}, server.stops)
				}
				// The server learns of the end from DTLS where nobody tells it.
				synctest.Wait()
				require.Equal(t, webrtc.PeerConnectionStateClosed, receiver.session(0).pc.ConnectionState())
			})
		})
	}
}

// TestProfileRefuses: with a code for an answer, a first offer ends the push, and one
// after an outage is tried again, as the server may hold on to the lost session.
func TestProfileRefuses(t *testing.T) {
	for name, p := range profiles {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				receiver, _, d, o := bench(t, newScript(8*time.Second, h264Track()))
				server := p.server(receiver)
				server.refusals = []any{p.refusal, p.refusal}
				o.URL, o.Signalling, o.HTTPClient = p.url, p.profile, &http.Client{Transport: inProcess{server}}
				time.AfterFunc(2*time.Second, func() { assert.NoError(t, receiver.session(0).pc.Close()) })
				summary, err := session.Push(t.Context(), o)
				require.NoError(t, err)
				require.EqualValues(t, 1, summary.Reconnects)
				require.Len(t, d.tries, 2)
				require.NotContains(t, d.states, session.StateRestarting)

				server.refusals = []any{p.refusal, p.refusal}
				o.Open = again(newScript(time.Second, h264Track()))
				_, err = session.Push(t.Context(), o)
				var code *signalling.CodeError
				require.ErrorAs(t, err, &code)
				require.Len(t, server.refusals, 1, "asked once")
			})
		})
	}
}

func TestProfileOfURL(t *testing.T) {
	for name, c := range map[string]struct {
		url     string
		profile session.Profile
		says    string
	}{
		"WHIP at a webrtc URL":  {"webrtc://h/live/s", session.ProfileWHIP, "http:// or https://"},
		"case of the scheme":    {"WebRTC://h/live/s", session.ProfileWHIP, "http:// or https://"},
		"no such profile":       {"http://h/", "rtmp", "none of whip, srs, tencent, volcengine"},
		"SRS without a stream":  {"webrtc://h/live", session.ProfileAuto, "webrtc://host/app/stream"},
		"another scheme":        {"rtmp://h/live/s", session.ProfileAuto, "http:// or https://"},
		"another, for SRS":      {"rtmp://h/live/s", session.ProfileSRS, "webrtc://"},
		"Tencent, no stream":    {"https://h/", session.ProfileTencent, "webrtc://host/app/stream"},
		"Volcengine, no stream": {"webrtc:///live/s", session.ProfileVolcengine, "webrtc://host/app/stream"},
		"nothing":               {"", session.ProfileAuto, "http:// or https://"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := session.Push(t.Context(), session.Options{URL: c.url, Signalling: c.profile, Open: again(nil)})
			require.ErrorContains(t, err, c.says)
		})
	}
	_, err := session.Push(t.Context(), session.Options{URL: "http://h", Trickle: "full", Open: again(nil)})
	require.ErrorIs(t, err, session.ErrOptions)
}
