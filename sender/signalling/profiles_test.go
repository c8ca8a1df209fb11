// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package signalling_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/sender/signalling"
	"github.com/rtmcc/rtmcc/sender/srs"
	"github.com/rtmcc/rtmcc/sender/tencent"
	"github.com/rtmcc/rtmcc/sender/volcengine"
	"github.com/rtmcc/rtmcc/sender/whip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	offer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	// answer is one in JSON too.
	answer = `v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n`
)

// profiles are all profiles, with a good reply of each.
var profiles = map[string]struct {
	make  func(url string, opts ...signalling.Option) (signalling.Client, error)
	kind  string
	reply string
	json  bool
}{
	"whip":       {adapt(whip.New), "application/sdp", strings.ReplaceAll(answer, `\r\n`, "\r\n"), false},
	"srs":        {adapt(srs.New), "application/json", `{"code":0,"sdp":"` + answer + `"}`, true},
	"tencent":    {adapt(tencent.New), "application/json", `{"errcode":0,"remotesdp":{"type":"answer","sdp":"` + answer + `"},"svrsig":"x"}`, true},
	"volcengine": {adapt(volcengine.New), "application/json", `{"code":200,"remoteSdp":{"type":"answer","sdp":"` + answer + `"}}`, true},
}

func adapt[C signalling.Client](construct func(string, ...signalling.Option) (C, error)) func(string, ...signalling.Option) (signalling.Client, error) {
	return func(url string, opts ...signalling.Option) (signalling.Client, error) { return construct(url, opts...) }
}

// forEach runs test on each profile, with a client of the server that serves handler.
func forEach(t *testing.T, handler func(kind, reply string) http.HandlerFunc, test func(*testing.T, signalling.Client, bool)) {
	t.Helper()
	for name, p := range profiles {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handler(p.kind, p.reply))
			t.Cleanup(server.Close)
			client, err := p.make(server.URL+"/live/stream?key=1", signalling.WithToken("secret"))
			require.NoError(t, err)
			test(t, client, p.json)
		})
	}
}

func respond(status int, kind, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestGoodReply(t *testing.T) {
	forEach(t, func(kind, reply string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "Bearer secret" && r.Header.Get("Content-Type") == kind && r.Header.Get("Accept") == kind {
				respond(http.StatusOK, kind, reply)(w, r)
			}
		}
	}, func(t *testing.T, c signalling.Client, _ bool) {
		s, err := c.Publish(t.Context(), offer)
		require.NoError(t, err)
		require.Equal(t, strings.ReplaceAll(answer, `\r\n`, "\r\n"), s.Answer())
		require.Empty(t, s.ICEServers())
		_, trickles := s.(signalling.Trickler)
		require.Equal(t, c.Trickles(), trickles)
	})
}

func TestWrongReplies(t *testing.T) {
	page := "<!DOCTYPE html>\n<html>\x00<title>Welcome</title>" + strings.Repeat("x", 1000)
	for name, c := range map[string]struct {
		handler   http.HandlerFunc
		retryable bool
		says      string
		is        error
	}{
		"HTML page":         {handler: respond(200, "text/html", page), says: "HTML page"},
		"HTML, typed wrong": {handler: respond(200, "application/json", page), says: "DOCTYPE"},
		"empty":             {handler: respond(200, "", ""), says: "sent nothing"},
		"text":              {handler: respond(200, "text/plain", "ok"), says: "text/plain"},
		"not found":         {handler: respond(404, "text/plain", "404 page not found"), says: "check the URL"},
		"unauthorized":      {handler: respond(401, "text/plain", ""), says: "token"},
		"unavailable":       {handler: respond(503, "text/plain", ""), retryable: true, says: "503"},
		"moved":             {handler: respond(302, "text/plain", "", "Location", "/elsewhere"), says: "/elsewhere"},
		"redirected for ever": {handler: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/again", http.StatusTemporaryRedirect)
		}, says: "redirect", is: signalling.ErrRedirects},
		"redirected nowhere": {handler: respond(308, "text/plain", "", "Location", "ftp://h/"), says: "redirect", is: signalling.ErrRedirects},
		"a huge body":        {handler: respond(200, "application/json", strings.Repeat("[", 1<<20)), says: "too long", is: signalling.ErrTooLong},
		"no reply": {handler: func(w http.ResponseWriter, _ *http.Request) {
			if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
				_ = conn.Close()
			}
		}, retryable: true, says: "without a reply", is: signalling.ErrNoReply},
		"half a reply": {handler: func(w http.ResponseWriter, _ *http.Request) {
			if conn, out, err := w.(http.Hijacker).Hijack(); err == nil {
				_, _ = out.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
				_ = out.Flush()
				_ = conn.Close()
			}
		}, retryable: true, says: "without a reply", is: signalling.ErrNoReply},
	} {
		t.Run(name, func(t *testing.T) {
			forEach(t, func(string, string) http.HandlerFunc { return c.handler }, func(t *testing.T, client signalling.Client, _ bool) {
				s, err := client.Publish(t.Context(), offer)
				require.ErrorContains(t, err, c.says)
				require.Nil(t, s)
				require.Less(t, len(err.Error()), 1000)
				require.NotContains(t, err.Error(), "\n")
				require.Equal(t, c.retryable, signalling.Retryable(err), "%v", err)
				if c.is != nil {
					require.ErrorIs(t, err, c.is)
				}
			})
		})
	}
}

func TestWrongJSON(t *testing.T) {
	sdp := `"sdp":"` + answer + `","remoteSdp":{"sdp":"` + answer + `"},"remotesdp":{"sdp":"` + answer + `"}`
	for name, body := range map[string]string{
		"another type":     `[0]`,
		"a string code":    `{"code":"0","errcode":"0",` + sdp + `}`,
		"a broken code":    `{"code":1.5,"errcode":1.5,` + sdp + `}`,
		"a huge code":      `{"code":1e99,"errcode":1e99,` + sdp + `}`,
		"no code":          `{` + sdp + `}`,
		"null":             `null`,
		"cut off":          `{"code":0,"errcode":0,"sdp":"v=0`,
		"garbage behind":   `{} {}`,
		"SDP of no type":   `{"code":0,"errcode":0,"sdp":5,"remotesdp":5,"remoteSdp":5}`,
		"descriptions off": `{"code":0,"errcode":0,"sdp":["v=0"],"remotesdp":"v=0","remoteSdp":["v=0"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			forEach(t, func(string, string) http.HandlerFunc { return respond(200, "application/json", body) },
				func(t *testing.T, client signalling.Client, json bool) {
					if !json {
						t.Skip("not a JSON profile")
					}
					_, err := client.Publish(t.Context(), offer)
					var wrong *signalling.AnswerError
					require.ErrorAs(t, err, &wrong)
					require.ErrorContains(t, err, "a JSON reply")
					require.False(t, signalling.Retryable(err))
				})
		})
	}
}

func TestRedirected(t *testing.T) {
	for _, status := range []int{http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			forEach(t, func(kind, reply string) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					switch {
					case r.URL.Path != "/moved":
						http.Redirect(w, r, "/moved", status)
					case r.Method == http.MethodPost && len(body) >= len(offer) && r.Header.Get("Authorization") == "Bearer secret":
						respond(http.StatusOK, kind, reply)(w, r)
					}
				}
			}, func(t *testing.T, c signalling.Client, _ bool) {
				_, err := c.Publish(t.Context(), offer)
				require.NoError(t, err)
			})
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// silent is a server that never answers.
func silent(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()

	return nil, r.Context().Err()
}

func TestHang(t *testing.T) {
	for name, p := range profiles {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, err := p.make("http://h/live/s", signalling.WithHTTPClient(&http.Client{Transport: roundTripper(silent)}))
				require.NoError(t, err)
				start := time.Now()
				_, err = c.Publish(t.Context(), offer)
				require.ErrorIs(t, err, signalling.ErrTimeout)
				require.True(t, signalling.Retryable(err))
				require.Equal(t, signalling.Default().ResponseTimeout, time.Since(start))

				stop := errors.New("stopped by the user")
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(stop) })
				_, err = c.Publish(ctx, offer)
				require.ErrorIs(t, err, stop)
				require.False(t, signalling.Retryable(err))
			})
		})
	}
}

func TestWrongConfig(t *testing.T) {
	for name, p := range profiles {
		t.Run(name, func(t *testing.T) {
			for _, url := range []string{"", "rtmp://h/live/s", "http://[::1", "h/live/s", "http:///live/s"} {
				c, err := p.make(url)
				require.ErrorIs(t, err, signalling.ErrConfig, "%q", url)
				require.Nil(t, c)
			}
			_, err := p.make("http://h/live/s", signalling.WithConfig(signalling.Config{}))
			require.ErrorIs(t, err, signalling.ErrConfig)
		})
	}
}

func TestCodeError(t *testing.T) {
	for code, retryable := range map[int64]bool{-1: false, 1: false, 400: false, 429: true, 499: false, 500: true, 599: true, 600: false} {
		err := fmt.Errorf("wrapped: %w", &signalling.CodeError{Field: "errcode", Code: code, Message: "no", Hint: "do this"})
		require.Equal(t, retryable, signalling.Retryable(err), code)
		require.EqualError(t, err, fmt.Sprintf("wrapped: the server answered errcode %d (do this): \"no\"", code))
	}
}
