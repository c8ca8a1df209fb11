// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package srs_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/sender/signalling"
	"github.com/rtmcc/rtmcc/sender/srs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	avc  = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 H264/90000\r\n"
	hevc = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 H265/90000\r\n"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func reply(body string) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func via(transport roundTripper) signalling.Option {
	return signalling.WithHTTPClient(&http.Client{Transport: transport})
}

func TestURLs(t *testing.T) {
	for name, c := range map[string]struct{ stream, offer, api, streamURL string }{
		"plain":          {"webrtc://h/live/s", avc, "http://h:1985/rtc/v1/publish/", "webrtc://h/live/s"},
		"a port":         {"webrtc://h:8080/live/s", avc, "http://h:8080/rtc/v1/publish/", "webrtc://h:8080/live/s"},
		"port 443":       {"webrtc://h:443/live/s", avc, "https://h:443/rtc/v1/publish/", "webrtc://h:443/live/s"},
		"schema":         {"webrtc://h/live/s?schema=https", avc, "https://h/rtc/v1/publish/", "webrtc://h/live/s"},
		"schema, port":   {"webrtc://h:443/live/s?a=1&schema=http&b=2", avc, "http://h:443/rtc/v1/publish/?a=1&b=2", "webrtc://h:443/live/s?a=1&b=2"},
		"http":           {"http://h/live/s", avc, "http://h/rtc/v1/publish/", "webrtc://h/live/s"},
		"https":          {"https://h:8443/live/s?vhost=v", avc, "https://h:8443/rtc/v1/publish/?vhost=v", "webrtc://h:8443/live/s?vhost=v"},
		"parameters":     {"webrtc://h/live/s?secret=%2B&eip=1.2.3.4", avc, "http://h:1985/rtc/v1/publish/?secret=%2B&eip=1.2.3.4", "webrtc://h/live/s?secret=%2B&eip=1.2.3.4"},
		"IPv6":           {"webrtc://[::1]/live/s", avc, "http://[::1]:1985/rtc/v1/publish/", "webrtc://[::1]/live/s"},
		"deeper":         {"webrtc://h/a/b/s/", avc, "http://h:1985/rtc/v1/publish/", "webrtc://h/a/b/s"},
		"H.265":          {"webrtc://h/live/s", hevc, "http://h:1985/rtc/v1/publish/?codec=hevc", "webrtc://h/live/s"},
		"H.265 and more": {"webrtc://h/live/s?a=1", hevc, "http://h:1985/rtc/v1/publish/?a=1&codec=hevc", "webrtc://h/live/s?a=1"},
		"H.265, said":    {"webrtc://h/live/s?codec=h265", hevc, "http://h:1985/rtc/v1/publish/?codec=h265", "webrtc://h/live/s?codec=h265"},
		"either":         {"webrtc://h/live/s", avc + hevc, "http://h:1985/rtc/v1/publish/", "webrtc://h/live/s"},
	} {
		t.Run(name, func(t *testing.T) {
			var asked string
			var body map[string]any
			client, err := srs.New(c.stream, via(func(r *http.Request) (*http.Response, error) {
				asked = r.URL.String()
				require.NoError(t, json.NewDecoder(r.Body).Decode(&body))

				return reply(`{"code":0,"sdp":"v=0","sessionid":"a:b"}`)(r)
			}))
			require.NoError(t, err)
			s, err := client.Publish(t.Context(), c.offer)
			require.NoError(t, err)
			require.Equal(t, "a:b", s.(*srs.Session).ID)
			require.Equal(t, c.api, asked)
			require.Len(t, body["tid"], 36)
			delete(body, "tid")
			require.Equal(t, map[string]any{"api": c.api, "streamurl": c.streamURL, "clientip": "", "sdp": c.offer}, body)
			require.NoError(t, s.Close(t.Context()))
		})
	}
}

func TestRefused(t *testing.T) {
	for body, code := range map[string]int64{`{"code":400}`: 400, `{"code":-1,"sdp":"v=0"}`: -1} {
		client, err := srs.New("webrtc://h/live/s", via(reply(body)))
		require.NoError(t, err)
		_, err = client.Publish(t.Context(), avc)
		var refusal *signalling.CodeError
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, code, refusal.Code)
		require.ErrorContains(t, err, "published already")
		require.False(t, signalling.Retryable(err))
	}
	for _, body := range []string{`{"code":0}`, `{"code":0,"sdp":""}`, `{"code":0,"sdp":"<html>"}`} {
		client, err := srs.New("webrtc://h/live/s", via(reply(body)))
		require.NoError(t, err)
		_, err = client.Publish(t.Context(), avc)
		var wrong *signalling.AnswerError
		require.ErrorAs(t, err, &wrong, body)
		require.ErrorContains(t, err, "an SDP answer")
	}
}

// TestClosesWithoutReply: SRS does so with what it does not understand.
func TestClosesWithoutReply(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = conn.Close()
		}
	}))
	defer server.Close()
	client, err := srs.New(server.URL + "/live/s")
	require.NoError(t, err)
	_, err = client.Publish(t.Context(), avc)
	require.ErrorIs(t, err, signalling.ErrNoReply)
	require.ErrorContains(t, err, "stream name")
}

func FuzzReply(f *testing.F) {
	f.Add(`{"code":0,"server":"vid","service":"x","pid":"1","sdp":"v=0\r\n","sessionid":"a:b"}`)
	f.Add(`{"code":400}`)
	f.Add(`<html>`)
	f.Fuzz(func(t *testing.T, body string) {
		client, err := srs.New("webrtc://h/live/s", via(reply(body)))
		require.NoError(t, err)
		s, err := client.Publish(t.Context(), avc)
		if err != nil {
			require.Less(t, len(err.Error()), 8000)
			require.NotContains(t, err.Error(), "\n")

			return
		}
		require.True(t, strings.HasPrefix(strings.TrimSpace(s.Answer()), "v="))
	})
}
