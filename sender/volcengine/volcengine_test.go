// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package volcengine_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/sender/signalling"
	"github.com/rtmcc/rtmcc/sender/volcengine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const offer = "v=0\r\n"

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func reply(body string) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func client(t *testing.T, stream string, transport roundTripper) *volcengine.Client {
	t.Helper()
	c, err := volcengine.New(stream, signalling.WithHTTPClient(&http.Client{Transport: transport}))
	require.NoError(t, err)

	return c
}

func TestURLs(t *testing.T) {
	for stream, want := range map[string]string{
		"webrtc://d/live/s":                      "https://d/live/s.sdp",
		"webrtc://d:8443/live/s.sdp?sign=%2B":    "https://d:8443/live/s.sdp?sign=%2B",
		"webrtc://d/live/s?schema=http&sign=1":   "http://d/live/s.sdp?sign=1",
		"webrtc://d/live/a%2Fb":                  "https://d/live/a%2Fb.sdp",
		"https://d/live/s?sign=1":                "https://d/live/s?sign=1",
		"http://10.0.0.1:8080/live/s.sdp?sign=1": "http://10.0.0.1:8080/live/s.sdp?sign=1",
	} {
		t.Run(stream, func(t *testing.T) {
			var asked string
			var body map[string]any
			c := client(t, stream, func(r *http.Request) (*http.Response, error) {
				asked = r.URL.String()
				require.NoError(t, json.NewDecoder(r.Body).Decode(&body))

				return reply(`{"code":200,"message":"success","remoteSdp":{"type":"answer","sdp":"v=0\r\n"}}`)(r)
			})
			s, err := c.Publish(t.Context(), offer)
			require.NoError(t, err)
			require.Equal(t, offer, s.Answer())
			require.Equal(t, want, asked)
			require.Len(t, body["sessionId"], 36)
			delete(body, "sessionId")
			require.Equal(t, map[string]any{"version": "1.0", "localSdp": map[string]any{"type": "offer", "sdp": offer}}, body)
			require.NoError(t, s.Close(t.Context()))
		})
	}
}

func TestRefused(t *testing.T) {
	for body, retryable := range map[string]bool{
		`{"code":0,"message":"no","remoteSdp":{"sdp":"v=0"}}`: false,
		`{"code":403,"message":"bad sign"}`:                   false,
		`{"code":500,"message":"internal"}`:                   true,
	} {
		_, err := client(t, "webrtc://d/live/s", reply(body)).Publish(t.Context(), offer)
		var refusal *signalling.CodeError
		require.ErrorAs(t, err, &refusal, body)
		require.NotEmpty(t, refusal.Message)
		require.ErrorContains(t, err, "signature")
		require.Equal(t, retryable, signalling.Retryable(err))
	}
	for _, body := range []string{`{"code":200}`, `{"code":200,"remoteSdp":{"sdp":"<html>"}}`} {
		_, err := client(t, "webrtc://d/live/s", reply(body)).Publish(t.Context(), offer)
		var wrong *signalling.AnswerError
		require.ErrorAs(t, err, &wrong, body)
		require.ErrorContains(t, err, "an SDP answer")
	}
}

func FuzzReply(f *testing.F) {
	f.Add(`{"code":200,"message":"success","remoteSdp":{"type":"answer","sdp":"v=0\r\n"}}`)
	f.Add(`{"code":403,"message":"\u0000"}`)
	f.Add(`<html>`)
	f.Fuzz(func(t *testing.T, body string) {
		s, err := client(t, "webrtc://d/live/s", reply(body)).Publish(t.Context(), offer)
		if err != nil {
			require.Less(t, len(err.Error()), 8000)
			require.NotContains(t, err.Error(), "\n")

			return
		}
		require.True(t, strings.HasPrefix(strings.TrimSpace(s.Answer()), "v="))
	})
}
