// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package tencent_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/sender/signalling"
	"github.com/rtmcc/rtmcc/sender/tencent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const offer = "v=0\r\n"

// server answers with the given replies, the last of them again and again; an empty one
// never comes.
type server struct {
	replies []string
	urls    []string
	bodies  []map[string]any
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, err
	}
	s.urls, s.bodies = append(s.urls, r.URL.String()), append(s.bodies, body)
	reply := s.replies[min(len(s.urls), len(s.replies))-1]
	if reply == "" {
		<-r.Context().Done()

		return nil, r.Context().Err()
	}
	status := http.StatusOK
	if reply == unavailable {
		status = http.StatusServiceUnavailable
	}

	return &http.Response{StatusCode: status, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(reply))}, nil
}

const (
	good        = `{"errcode":0,"errmsg":"","remotesdp":{"type":"answer","sdp":"v=0\r\n"},"svrsig":"sig"}`
	stopped     = `{"errcode":0,"errmsg":"ok"}`
	unavailable = "later"
)

func client(t *testing.T, stream string, replies ...string) (*tencent.Client, *server) {
	t.Helper()
	s := &server{replies: replies}
	c, err := tencent.New(stream, signalling.WithHTTPClient(&http.Client{Transport: s}))
	require.NoError(t, err)

	return c, s
}

func TestURLs(t *testing.T) {
	for stream, want := range map[string][2]string{
		"webrtc://d/live/s?txSecret=1&txTime=2":         {"https://webrtcpush.myqcloud.com/webrtc/v1/", "webrtc://d/live/s?txSecret=1&txTime=2"},
		"webrtc://d/live/s?schema=http":                 {"http://webrtcpush.myqcloud.com/webrtc/v1/", "webrtc://d/live/s"},
		"https://edge.example:8443/live/s?txSecret=%2F": {"https://edge.example:8443/webrtc/v1/", "webrtc://edge.example:8443/live/s?txSecret=%2F"},
		"http://10.0.0.1:8080/live/s":                   {"http://10.0.0.1:8080/webrtc/v1/", "webrtc://10.0.0.1:8080/live/s"},
	} {
		t.Run(stream, func(t *testing.T) {
			c, server := client(t, stream, good, stopped)
			s, err := c.Publish(t.Context(), offer)
			require.NoError(t, err)
			require.Equal(t, offer, s.Answer())
			require.NoError(t, s.Close(t.Context()))
			require.NoError(t, s.Close(t.Context()), "once")
			require.Equal(t, []string{want[0] + "pushstream", want[0] + "stopstream"}, server.urls)
			push := server.bodies[0]
			require.Len(t, push["sessionid"], 36)
			require.NotEmpty(t, push["clientinfo"])
			delete(push, "sessionid")
			delete(push, "clientinfo")
			require.Equal(t, map[string]any{"streamurl": want[1], "localsdp": map[string]any{"type": "offer", "sdp": offer}}, push)
			require.Equal(t, map[string]any{"streamurl": want[1], "svrsig": "sig"}, server.bodies[1])
		})
	}
}

func TestRefused(t *testing.T) {
	c, server := client(t, "webrtc://d/live/s", `{"errcode":-10,"errmsg":"auth\u0000 failed\n"}`)
	_, err := c.Publish(t.Context(), offer)
	var refusal *signalling.CodeError
	require.ErrorAs(t, err, &refusal)
	require.EqualValues(t, -10, refusal.Code)
	require.Equal(t, "auth failed", refusal.Message)
	require.ErrorContains(t, err, "txSecret")
	require.False(t, signalling.Retryable(err))
	require.Len(t, server.urls, 1)
}

// TestUselessAnswer: what the server began is stopped.
func TestUselessAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		reply    string
		requests int
	}{
		"no answer":                {`{"errcode":0,"svrsig":"sig"}`, 2},
		"HTML":                     {`{"errcode":0,"svrsig":"sig","remotesdp":{"sdp":"<html>"}}`, 2},
		"nothing to stop it by":    {`{"errcode":0}`, 1},
		"neither, and not stopped": {`{"errcode":0,"svrsig":"sig","remotesdp":null}`, 2},
	} {
		t.Run(name, func(t *testing.T) {
			client, server := client(t, "webrtc://d/live/s", c.reply, `{"errcode":7,"errmsg":"never heard of it"}`)
			_, err := client.Publish(t.Context(), offer)
			var wrong *signalling.AnswerError
			require.ErrorAs(t, err, &wrong)
			require.Len(t, server.urls, c.requests)
			if c.requests == 2 {
				require.ErrorContains(t, err, "never heard of it")
			}
		})
	}
}

func TestClose(t *testing.T) {
	for name, c := range map[string]struct {
		replies  []string
		requests int
		says     string
	}{
		"stopped":         {replies: []string{good, stopped}, requests: 2},
		"at the second":   {replies: []string{good, unavailable, stopped}, requests: 3},
		"never":           {replies: []string{good, unavailable}, requests: 3, says: "503"},
		"refused":         {replies: []string{good, `{"errcode":3,"errmsg":"no"}`}, requests: 2, says: "stay taken"},
		"a strange reply": {replies: []string{good, "<html>"}, requests: 2, says: "a JSON reply"},
	} {
		t.Run(name, func(t *testing.T) {
			client, server := client(t, "webrtc://d/live/s", c.replies...)
			s, err := client.Publish(t.Context(), offer)
			require.NoError(t, err)
			err = s.Close(t.Context())
			require.Len(t, server.urls, c.requests)
			if c.says != "" {
				require.ErrorContains(t, err, c.says)

				return
			}
			require.NoError(t, err)
		})
	}
}

func TestNothingToStopBy(t *testing.T) {
	client, server := client(t, "webrtc://d/live/s", `{"errcode":0,"remotesdp":{"sdp":"v=0"}}`)
	s, err := client.Publish(t.Context(), offer)
	require.NoError(t, err)
	require.ErrorIs(t, s.Close(t.Context()), signalling.ErrNoHandle)
	require.NoError(t, s.Close(t.Context()), "said once")
	require.Len(t, server.urls, 1)
}

func TestCloseIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := client(t, "webrtc://d/live/s", good, "")
		s, err := client.Publish(t.Context(), offer)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		require.ErrorIs(t, s.Close(ctx), context.DeadlineExceeded)
		require.Equal(t, 5*time.Second, time.Since(start))
		require.Len(t, server.urls, 2)
		require.ErrorIs(t, s.Close(t.Context()), signalling.ErrTimeout)
		require.Len(t, server.urls, 4, "a timeout may pass")
	})
}

func FuzzReply(f *testing.F) {
	f.Add(good, stopped)
	f.Add(`{"errcode":-10,"errmsg":"auth failed"}`, `<html>`)
	f.Add(`{"errcode":0,"svrsig":"x"}`, `{"errcode":1}`)
	f.Fuzz(func(t *testing.T, push, stop string) {
		if push == "" || stop == "" {
			t.Skip()
		}
		c, _ := client(t, "webrtc://d/live/s", push, stop)
		s, err := c.Publish(t.Context(), offer)
		if err == nil {
			require.True(t, strings.HasPrefix(strings.TrimSpace(s.Answer()), "v="))
			err = s.Close(t.Context())
		}
		if err != nil {
			require.Less(t, len(err.Error()), 8000)
			require.NotContains(t, err.Error(), "\n")
		}
	})
}
