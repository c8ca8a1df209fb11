// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package whip_test

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/sender/signalling"
	"github.com/rtmcc/rtmcc/sender/whip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	offer  = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	answer = "v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
)

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)

	return s.URL
}

func respond(status int, kind, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		for i := 0; i < len(header); i += 2 {
			w.Header().Add(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func client(t *testing.T, endpoint string, opts ...signalling.Option) *whip.Client {
	t.Helper()
	c, err := whip.New(endpoint, opts...)
	require.NoError(t, err)

	return c
}

func publish(t *testing.T, c *whip.Client) (*whip.Resource, error) {
	t.Helper()
	s, err := c.Publish(t.Context(), offer)
	res, _ := s.(*whip.Resource)

	return res, err
}

func TestNewRejects(t *testing.T) {
	for name, endpoint := range map[string]string{
		"empty": "", "no scheme": "example.net/whip", "another scheme": "rtmp://example.net/live", "no host": "http:///whip", "garbage": "http://[::1",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := whip.New(endpoint)
			require.ErrorIs(t, err, signalling.ErrConfig)
		})
	}
	for name, change := range map[string]func(*signalling.Config){
		"connect": func(c *signalling.Config) { c.ConnectTimeout = 0 }, "response": func(c *signalling.Config) { c.ResponseTimeout = -1 },
		"whole": func(c *signalling.Config) { c.Timeout = 0 }, "body": func(c *signalling.Config) { c.MaxBody = 0 },
		"redirects": func(c *signalling.Config) { c.MaxRedirects = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := signalling.Default()
			change(&cfg)
			_, err := whip.New("http://example.net", signalling.WithConfig(cfg))
			require.ErrorIs(t, err, signalling.ErrConfig)
		})
	}
}

func TestPublish(t *testing.T) {
	var got *http.Request
	var body []byte
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			got = r
			body, _ = io.ReadAll(r.Body)
		}
		respond(http.StatusCreated, "application/SDP; charset=utf-8", answer,
			"LOCATION", "/session/7", "etag", `"abc"`, "link", `<stun:s.example>; rel="ice-server"`, "link", `<turn:x>; rel="ice-server"`)(w, r)
	})
	res, err := publish(t, client(t, at+"/live/whip?key=1", signalling.WithToken("secret")))
	require.NoError(t, err)
	require.Equal(t, "/live/whip?key=1", got.URL.String())
	require.Equal(t, "Bearer secret", got.Header.Get("Authorization"))
	require.Equal(t, "application/sdp", got.Header.Get("Content-Type"))
	require.Equal(t, offer, string(body))
	require.Equal(t, answer, res.Answer())
	require.Equal(t, at+"/session/7", res.Location().String())
	require.Equal(t, `"abc"`, res.ETag())
	require.Len(t, res.ICEServers(), 1)
	require.Equal(t, 1, res.IgnoredLinks())
}

func TestLocation(t *testing.T) {
	for location, want := range map[string]string{
		"/session/7":                     "%s/session/7",
		"session/7":                      "%s/live/session/7",
		"../s?x=y":                       "%s/s?x=y",
		"?session=7":                     "%s/live/whip?session=7",
		"https://media.example/s/7":      "https://media.example/s/7",
		"//media.example/s/7":            "http://media.example/s/7",
		"HTTP://media.example:8889/s/7":  "http://media.example:8889/s/7",
		"":                               "",
		"ftp://media.example/s/7":        "",
		"http://[::1":                    "",
		"http://":                        "",
		"mailto:somebody@media.example ": "",
	} {
		t.Run(location, func(t *testing.T) {
			at := serve(t, respond(http.StatusCreated, "application/sdp", answer, "Location", location))
			res, err := publish(t, client(t, at+"/live/whip?key=1"))
			require.NoError(t, err)
			if want != "" {
				require.Equal(t, strings.ReplaceAll(want, "%s", at), res.Location().String())

				return
			}
			require.Nil(t, res.Location())
			require.ErrorIs(t, res.Close(t.Context()), signalling.ErrNoHandle)
			require.NoError(t, res.Close(t.Context()), "said once")
		})
	}
}

func TestRefusals(t *testing.T) {
	page := "<!DOCTYPE html>\n<html>\x00<title>Welcome</title>" + strings.Repeat("x", 1000)
	for name, c := range map[string]struct {
		handler   http.HandlerFunc
		status    int
		retryable bool
		says      []string
	}{
		"unauthorized":    {handler: respond(401, "text/plain", "who are you?"), status: 401, says: []string{"401", "token", "who are you?"}},
		"not found":       {handler: respond(404, "text/plain", "404 page not found\n"), status: 404, says: []string{"404", "check the URL"}},
		"conflict":        {handler: respond(409, "", ""), status: 409, says: []string{"already"}},
		"too many":        {handler: respond(429, "", "", "Retry-After", "7"), status: 429, retryable: true},
		"internal error":  {handler: respond(500, "application/json", `{"status":"error"}`), status: 500, retryable: true, says: []string{"500", `{\"status\":\"error\"}`}},
		"unavailable":     {handler: respond(503, "", ""), status: 503, retryable: true},
		"no content":      {handler: respond(204, "", ""), status: 204},
		"see other":       {handler: respond(303, "", "", "Location", "/elsewhere"), status: 303, says: []string{"307", "/elsewhere"}},
		"found":           {handler: respond(302, "", "", "Location", "/elsewhere"), status: 302, says: []string{"307", "/elsewhere"}},
		"long error page": {handler: respond(404, "text/html", strings.Repeat("<p>gone", 1<<17)), status: 404, says: []string{"<p>gone"}},
		"HTML page":       {handler: respond(200, "text/html; charset=utf-8", page), says: []string{"HTML page", "<!DOCTYPE html> <html> <title>Welcome"}},
		"HTML as SDP":     {handler: respond(201, "application/sdp", page), says: []string{"application/sdp", "DOCTYPE"}},
		"JSON":            {handler: respond(200, "application/json", `{"code":400}`), says: []string{"application/json", "400"}},
		"broken type":     {handler: respond(201, "application/sdp; =", answer), says: []string{"in place of an SDP answer"}},
		"empty answer":    {handler: respond(201, "application/sdp", ""), says: []string{"nothing where an SDP answer belongs"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := publish(t, client(t, serve(t, c.handler)))
			require.Error(t, err)
			require.Less(t, len(err.Error()), 1000)
			for _, s := range c.says {
				require.Contains(t, err.Error(), s)
			}
			require.Equal(t, c.retryable, signalling.Retryable(err))
			if c.status == 0 {
				var other *signalling.AnswerError
				require.ErrorAs(t, err, &other)

				return
			}
			var status *signalling.StatusError
			require.ErrorAs(t, err, &status)
			require.Equal(t, c.status, status.Status)
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"7": 7 * time.Second, "0": 0, "-3": 0, "soon": 0, "": 0, "99999": time.Hour, "99999999999999999999": 0,
		now.Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second,
		now.Add(-time.Second).Format(http.TimeFormat):     0,
	} {
		t.Run(value, func(t *testing.T) {
			at := serve(t, respond(503, "", "", "Retry-After", value, "Date", now.Format(http.TimeFormat)))
			_, err := publish(t, client(t, at))
			var status *signalling.StatusError
			require.ErrorAs(t, err, &status)
			require.Equal(t, want, status.RetryAfter)
		})
	}
}

func TestBodyLimit(t *testing.T) {
	cfg := signalling.Default()
	cfg.MaxBody = int64(len(answer))
	at := serve(t, respond(201, "application/sdp", answer))
	_, err := publish(t, client(t, at, signalling.WithConfig(cfg)))
	require.NoError(t, err)
	cfg.MaxBody--
	_, err = publish(t, client(t, at, signalling.WithConfig(cfg)))
	require.ErrorIs(t, err, signalling.ErrTooLong)
	require.False(t, signalling.Retryable(err))
}

func TestEndlessBody(t *testing.T) {
	at := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/sdp")
		w.WriteHeader(http.StatusCreated)
		for {
			if _, err := io.WriteString(w, answer); err != nil {
				return
			}
		}
	})
	_, err := publish(t, client(t, at))
	require.ErrorIs(t, err, signalling.ErrTooLong)
}

func TestClosedWithoutReply(t *testing.T) {
	at := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	})
	_, err := publish(t, client(t, at))
	require.ErrorIs(t, err, signalling.ErrNoReply)
	require.ErrorContains(t, err, "codec=hevc")
	require.True(t, signalling.Retryable(err))
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	at := "http://" + l.Addr().String()
	require.NoError(t, l.Close())
	_, err = publish(t, client(t, at))
	require.Error(t, err)
	require.True(t, signalling.Retryable(err))
}

func TestUntrustedCertificate(t *testing.T) {
	s := httptest.NewUnstartedServer(respond(201, "application/sdp", answer))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	_, err := publish(t, client(t, s.URL))
	require.Error(t, err)
	require.False(t, signalling.Retryable(err), "%v", err)
	_, err = publish(t, client(t, s.URL, signalling.WithHTTPClient(s.Client())))
	require.NoError(t, err)
	s.Client().CloseIdleConnections()
}

func TestRedirects(t *testing.T) {
	for _, status := range []int{http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			at := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/a" {
					w.Header().Set("Location", "b/c")
					w.WriteHeader(status)

					return
				}
				body, _ := io.ReadAll(r.Body)
				ok := r.URL.Path == "/b/c" && r.Method == http.MethodPost && string(body) == offer &&
					r.Header.Get("Authorization") == "Bearer secret" && r.Header.Get("Content-Type") == "application/sdp"
				if !ok {
					w.WriteHeader(http.StatusBadRequest)

					return
				}
				respond(201, "application/sdp", answer, "Location", "session")(w, r)
			})
			res, err := publish(t, client(t, at+"/a", signalling.WithToken("secret")))
			require.NoError(t, err)
			require.Equal(t, at+"/b/session", res.Location().String(), "resolved against the last request")
		})
	}
}

func TestRedirectLimit(t *testing.T) {
	hops := 0
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if hops--; hops < 0 {
			respond(201, "application/sdp", answer)(w, r)

			return
		}
		http.Redirect(w, r, "/again", http.StatusTemporaryRedirect)
	})
	hops = 5
	_, err := publish(t, client(t, at))
	require.NoError(t, err)
	hops = 6
	_, err = publish(t, client(t, at))
	require.ErrorIs(t, err, signalling.ErrRedirects)
	require.False(t, signalling.Retryable(err))
}

func TestRedirectToNowhere(t *testing.T) {
	for _, location := range []string{"", "ftp://example.net/", "http://", "mailto:a@example.net"} {
		t.Run(location, func(t *testing.T) {
			_, err := publish(t, client(t, serve(t, respond(307, "", "", "Location", location))))
			require.ErrorIs(t, err, signalling.ErrRedirects)
		})
	}
}

func TestTokenStaysWithItsOrigin(t *testing.T) {
	var tokens []string
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		tokens = append(tokens, r.Header.Get("Authorization"))
		if r.Header.Get("Authorization") == "" {
			w.WriteHeader(http.StatusUnauthorized)

			return
		}
		respond(201, "application/sdp", answer, "Location", "/session")(w, r)
	})
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other+"/live", http.StatusPermanentRedirect)
	})
	_, err := publish(t, client(t, at, signalling.WithToken("secret")))
	require.ErrorContains(t, err, "to which the token was not sent")
	require.Equal(t, []string{""}, tokens)

	cfg := signalling.Default()
	cfg.ForwardToken = true
	res, err := publish(t, client(t, at, signalling.WithToken("secret"), signalling.WithConfig(cfg)))
	require.NoError(t, err)
	require.NoError(t, res.Close(t.Context()))
	require.Equal(t, []string{"", "Bearer secret", "Bearer secret"}, tokens)
}

func TestDelete(t *testing.T) {
	for status, fails := range map[int]bool{200: false, 202: false, 204: false, 404: false, 410: false, 401: true, 405: true, 500: true} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			deletes := 0
			at := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					respond(201, "application/sdp", answer, "Location", "/s/7")(w, r)

					return
				}
				if r.Method == http.MethodDelete && r.URL.Path == "/s/7" && r.Header.Get("Authorization") == "Bearer secret" {
					deletes++
				}
				w.WriteHeader(status)
			})
			res, err := publish(t, client(t, at, signalling.WithToken("secret")))
			require.NoError(t, err)
			err = res.Close(t.Context())
			require.Equal(t, 1, deletes)
			if fails {
				var status *signalling.StatusError
				require.ErrorAs(t, err, &status)

				return
			}
			require.NoError(t, err)
			require.NoError(t, res.Close(t.Context()))
			require.Equal(t, 1, deletes)
		})
	}
}
