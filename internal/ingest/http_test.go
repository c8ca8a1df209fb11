// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// minimalOffer is an offer with one section and nothing that is not needed.
const minimalOffer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n" +
	"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=ice-ufrag:abcd\r\n" +
	"a=ice-pwd:0123456789abcdef0123456789abcdef\r\na=setup:actpass\r\na=rtcp-mux\r\na=sendonly\r\n" +
	"a=fingerprint:sha-256 AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA\r\n" +
	"a=rtpmap:111 opus/48000/2\r\n"

func TestRequests(t *testing.T) {
	const sdpType = "application/sdp"
	with := func(from, to string) string { return strings.Replace(minimalOffer, from, to, 1) }
	for _, c := range []struct {
		name        string
		method      string
		path        string
		contentType string
		token       string
		body        string
		status      int
		text        string
		header      map[string]string
	}{
		{"no token", "POST", "/whip/live", sdpType, "", minimalOffer, 401, "bearer token is needed", map[string]string{"WWW-Authenticate": `Bearer realm="whip"`}},
		{"another scheme", "POST", "/whip/live", sdpType, "Basic c2VjcmV0", minimalOffer, 401, "bearer token is needed", nil},
		{"wrong token", "POST", "/whip/live", sdpType, "Bearer secre", minimalOffer, 403, "wrong", nil},
		{"token in other case", "POST", "/whip/live", sdpType, "Bearer SECRET", minimalOffer, 403, "wrong", nil},
		{"DELETE without token", "DELETE", "/whip/live/x", "", "", "", 401, "", nil},
		{"sessions without token", "GET", "/sessions", "", "", "", 401, "", nil},
		{"scheme in other case", "POST", "/whip/live", sdpType, "bearer secret", minimalOffer, 201, "a=recvonly", map[string]string{"Content-Type": sdpType}},
		{"content type with parameters", "POST", "/whip/live", "Application/SDP; charset=utf-8", "Bearer secret", minimalOffer, 201, "", nil},
		{"no content type", "POST", "/whip/live", "", "Bearer secret", minimalOffer, 415, "application/sdp", nil},
		{"JSON", "POST", "/whip/live", "application/json", "Bearer secret", "{}", 415, "application/sdp", map[string]string{"Accept-Post": sdpType}},
		{"empty", "POST", "/whip/live", sdpType, "Bearer secret", "", 400, "is empty", nil},
		{"garbage", "POST", "/whip/live", sdpType, "Bearer secret", "<html>", 400, "no SDP", nil},
		{"no media", "POST", "/whip/live", sdpType, "Bearer secret", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", 400, "no media section", nil},
		{"no fingerprint", "POST", "/whip/live", sdpType, "Bearer secret", with("a=fingerprint", "a=x"), 400, "fingerprint", nil},
		{"no ufrag", "POST", "/whip/live", sdpType, "Bearer secret", with("a=ice-ufrag", "a=x"), 400, "ice-ufrag", nil},
		{"no password", "POST", "/whip/live", sdpType, "Bearer secret", with("a=ice-pwd", "a=x"), 400, "cannot be used", nil},
		{"no known codec", "POST", "/whip/live", sdpType, "Bearer secret", with("opus/48000/2", "speex/8000"), 406, "known codec", nil},
		{"nothing is sent", "POST", "/whip/live", sdpType, "Bearer secret", with("a=sendonly", "a=recvonly"), 406, "that is sent", nil},
		{"too large", "POST", "/whip/live", sdpType, "Bearer secret", minimalOffer + strings.Repeat("a=x\r\n", maxOfferSize/5), 413, "too large", nil},
		{"GET on the endpoint", "GET", "/whip/live", "", "Bearer secret", "", 405, "POST", map[string]string{"Allow": "POST, OPTIONS"}},
		{"PUT on a resource", "PUT", "/whip/live/x", "", "Bearer secret", "a=x", 405, "DELETE", map[string]string{"Allow": "PATCH, DELETE, OPTIONS"}},
		{"PATCH of an unknown one", "PATCH", "/whip/live/x", "application/trickle-ice-sdpfrag", "Bearer secret", "a=x", 404, "no such session", nil},
		{"POST on the sessions", "POST", "/sessions", "", "Bearer secret", "", 405, "GET", nil},
		{"unknown resource", "DELETE", "/whip/live/x", "", "Bearer secret", "", 404, "no such session", nil},
		{"unknown path", "GET", "/", "", "Bearer secret", "", 404, "", nil},
		{"preflight", "OPTIONS", "/whip/live", "", "", "", 204, "", map[string]string{
			"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "POST, OPTIONS", "Accept-Post": sdpType,
		}},
		{"preflight of a resource", "OPTIONS", "/whip/live/x", "", "", "", 204, "", map[string]string{
			"Access-Control-Allow-Methods": "PATCH, DELETE, OPTIONS", "Accept-Post": "",
		}},
		{"sessions", "GET", "/sessions", "", "Bearer secret", "", 200, "[", map[string]string{"Content-Type": "application/json"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, time.Millisecond)
				s := n.newServer(t, Config{Token: "secret"})
				r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
				r.Header.Set("Content-Type", c.contentType)
				if c.token != "" {
					r.Header.Set("Authorization", c.token)
				}
				w := httptest.NewRecorder()
				s.Handler().ServeHTTP(w, r)
				require.Equal(t, c.status, w.Code, w.Body.String())
				require.Contains(t, w.Body.String(), c.text)
				require.Equal(t, "*", orDefault(w.Header().Get("Access-Control-Allow-Origin"), map[bool]string{true: "*"}[c.path == "/"]))
				for k, v := range c.header {
					require.Equal(t, v, w.Header().Get(k), k)
				}
				sessions := 0
				if c.status == http.StatusCreated {
					sessions = 1
				}
				require.Len(t, s.Sessions(), sessions, "a refused offer leaves nothing behind")
				require.NoError(t, s.Close())
			})
		})
	}
}

// A session's resource can be deleted once, by its own path.
func TestResource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, time.Millisecond)
		s := n.newServer(t, Config{})
		w := do(s.Handler(), http.MethodPost, "/whip/a%2Fb", "", minimalOffer)
		require.Equal(t, http.StatusCreated, w.Code)
		id := s.Sessions()[0].ID
		require.Equal(t, "a/b", s.Sessions()[0].Stream)
		require.Equal(t, "/whip/a%2Fb/"+id, w.Header().Get("Location"))
		require.Regexp(t, `^"[^"]+"$`, w.Header().Get("ETag"))
		require.Contains(t, w.Header().Get("Access-Control-Expose-Headers"), "Location")
		require.Contains(t, w.Body.String(), "a=end-of-candidates", "gathering is complete")
		require.Equal(t, http.StatusNotFound, do(s.Handler(), http.MethodDelete, "/whip/other/"+id, "", "").Code)
		require.Equal(t, http.StatusOK, do(s.Handler(), http.MethodDelete, w.Header().Get("Location"), "", "").Code)
		require.Equal(t, http.StatusNotFound, do(s.Handler(), http.MethodDelete, w.Header().Get("Location"), "", "").Code)
		require.Equal(t, StateEnded, s.Sessions()[0].State)
		require.NoError(t, s.Close())
	})
}

func TestConfigBounds(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		ok   bool
	}{
		{"zero", Config{}, true},
		{"fastest feedback", Config{FeedbackInterval: 20 * time.Millisecond}, true},
		{"feedback too fast", Config{FeedbackInterval: 19 * time.Millisecond}, false},
		{"slowest feedback", Config{FeedbackInterval: 500 * time.Millisecond}, true},
		{"feedback too slow", Config{FeedbackInterval: 501 * time.Millisecond}, false},
		{"negative delay", Config{JitterDelay: -1}, false},
		{"least delay", Config{MinJitterDelay: 400 * time.Millisecond}, true},
		{"least delay over the longest", Config{MinJitterDelay: 401 * time.Millisecond}, false},
		{"negative least delay", Config{MinJitterDelay: -1}, false},
		{"longest delay", Config{JitterDelay: 5 * time.Second}, true},
		{"delay too long", Config{JitterDelay: 5*time.Second + 1}, false},
		{"reports too fast", Config{ReportInterval: 99 * time.Millisecond}, false},
		{"connect timeout too short", Config{ConnectTimeout: 1}, false},
		{"negative sessions", Config{MaxSessions: -1}, false},
		{"negative history", Config{History: -1}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := New(c.cfg)
			if !c.ok {
				require.ErrorContains(t, err, "ingest: ")

				return
			}
			require.NoError(t, err)
			require.Empty(t, s.URL())
			require.NoError(t, s.Close())
		})
	}
}

func TestListenErrorsAndURL(t *testing.T) {
	_, err := Start(Config{Listen: "256.0.0.1:0", LoggerFactory: quiet()})
	require.ErrorContains(t, err, "ingest: ")
	for listen, prefix := range map[string]string{
		"127.0.0.1:0": "http://127.0.0.1:", ":0": "http://127.0.0.1:",
	} {
		s, err := Start(Config{Listen: listen, LoggerFactory: quiet()})
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(s.URL(), prefix), s.URL())
		require.True(t, strings.HasSuffix(s.URL(), "/whip/live"), s.URL())
		require.NoError(t, s.Close())
	}
}

func TestRecordingNames(t *testing.T) {
	dir := t.TempDir()
	s, err := New(Config{Record: filepath.Join(dir, "a.b.ts"), LoggerFactory: quiet()})
	require.NoError(t, err)
	for _, want := range []string{"a.b.ts", "a.b-2.ts", "a.b-3.ts"} {
		f, path, err := s.createRecording()
		require.NoError(t, err)
		require.NoError(t, f.Close())
		require.Equal(t, filepath.Join(dir, want), path)
	}
}

// Arbitrary offers: an answer of the right kind, and nothing left behind.
func FuzzOffer(f *testing.F) {
	f.Add(minimalOffer)
	f.Add("")
	f.Add(strings.Replace(minimalOffer, "audio", "video", 1))
	f.Add(minimalOffer + "a=ssrc-group:FID 1 2\r\na=ssrc:1 cname:x\r\na=ssrc:2 cname:x\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=111\r\n")
	f.Add(minimalOffer + "a=rid:0 send\r\na=simulcast:send 0\r\na=extmap:300 urn:x\r\na=candidate:1 1 udp 1 256.1.1.1 x typ host\r\n")
	f.Fuzz(func(t *testing.T, offer string) {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, time.Millisecond)
			s := n.newServer(t, Config{})
			w := do(s.Handler(), http.MethodPost, "/whip/live", "", offer)
			switch w.Code {
			case http.StatusCreated, http.StatusBadRequest, http.StatusNotAcceptable, http.StatusRequestEntityTooLarge,
				http.StatusUnsupportedMediaType:
			default:
				require.Fail(t, "unexpected answer", "%d %s", w.Code, w.Body.String())
			}
			require.NotEmpty(t, w.Body.String())
			require.NoError(t, s.Close())
		})
	})
}
