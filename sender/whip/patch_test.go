// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package whip_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sender/signalling"
	"github.com/rtmcc/rtmcc/sender/whip"
)

var ours = signalling.Fragment{
	Ufrag: "EsAw", Pwd: "P2uYro0UCOQ4zxjKXaWCBui1", Group: "BUNDLE 0 1", Media: "audio 9 UDP/TLS/RTP/SAVPF 111", Mid: "0",
	Candidates: []string{"1387637174 1 udp 2122260223 192.0.2.1 61764 typ host"},
}

// Of the form of RFC 9725 section 4.3.3.
const theirs = "a=ice-lite\r\na=ice-options:trickle ice2\r\na=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n" +
	"a=ice-ufrag:289b31b754eaa438\r\na=ice-pwd:0b66f472495ef0ccac7bda653ab6be49ea13114472a5d10a\r\n" +
	"a=candidate:1 1 udp 2130706431 198.51.100.1 39132 typ host\r\na=end-of-candidates\r\n"

// patched is one PATCH request.
type patched struct{ path, match, kind, token, body string }

// patchable serves a session whose PATCH requests are answered one after the other.
func patchable(t *testing.T, tag string, replies ...http.HandlerFunc) (*whip.Resource, *[]patched) {
	t.Helper()
	var got []patched
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPatch {
			respond(http.StatusCreated, "application/sdp", answer, "Location", "/s/7", "ETag", tag)(w, r)

			return
		}
		body, _ := io.ReadAll(r.Body)
		h := r.Header
		got = append(got, patched{r.URL.Path, h.Get("If-Match"), h.Get("Content-Type"), h.Get("Authorization"), string(body)})
		replies[min(len(got), len(replies))-1](w, r)
	})
	res, err := publish(t, client(t, at, signalling.WithToken("secret")))
	require.NoError(t, err)

	return res, &got
}

func TestAddCandidates(t *testing.T) {
	for name, c := range map[string]struct {
		tag     string
		replies []http.HandlerFunc
		tags    []string
		status  int
	}{
		"taken":               {tag: `"a"`, replies: []http.HandlerFunc{respond(204, "", "")}, tags: []string{`"a"`}},
		"any tag":             {tag: "*", replies: []http.HandlerFunc{respond(204, "", "")}, tags: []string{"*"}},
		"no tag":              {replies: []http.HandlerFunc{respond(200, "", "")}, tags: []string{""}},
		"a newer tag":         {tag: `"a"`, replies: []http.HandlerFunc{respond(412, "", "", "ETag", `"b"`), respond(204, "", "")}, tags: []string{`"a"`, `"b"`}},
		"a newer tag, always": {tag: `"a"`, replies: []http.HandlerFunc{respond(412, "", "", "ETag", `"b"`)}, tags: []string{`"a"`, `"b"`}, status: 412},
		"the same tag":        {tag: `"a"`, replies: []http.HandlerFunc{respond(412, "", "", "ETag", `"a"`)}, tags: []string{`"a"`}, status: 412},
		"another, unnamed":    {tag: `"a"`, replies: []http.HandlerFunc{respond(412, "", "")}, tags: []string{`"a"`}, status: 412},
		"no such method":      {tag: `"a"`, replies: []http.HandlerFunc{respond(405, "", "")}, tags: []string{`"a"`}, status: 405},
		"not implemented":     {tag: `"a"`, replies: []http.HandlerFunc{respond(501, "", "")}, tags: []string{`"a"`}, status: 501},
		"gone":                {tag: `"a"`, replies: []http.HandlerFunc{respond(404, "", "")}, tags: []string{`"a"`}, status: 404},
	} {
		t.Run(name, func(t *testing.T) {
			res, got := patchable(t, c.tag, c.replies...)
			err := res.AddCandidates(t.Context(), ours)
			var tags []string
			for _, p := range *got {
				tags = append(tags, p.match)
				require.Equal(t, patched{"/s/7", p.match, "application/trickle-ice-sdpfrag", "Bearer secret", ours.String()}, p)
			}
			require.Equal(t, c.tags, tags)
			if c.status == 0 {
				require.NoError(t, err)

				return
			}
			var status *signalling.StatusError
			require.ErrorAs(t, err, &status)
			require.Equal(t, c.status, status.Status)
		})
	}
}

func TestRestartICE(t *testing.T) {
	res, got := patchable(t, `"a"`, respond(200, signalling.FragmentType, theirs, "ETag", `"b"`), respond(204, "", ""))
	f, err := res.RestartICE(t.Context(), ours)
	require.NoError(t, err)
	require.Equal(t, signalling.Fragment{
		Ufrag: "289b31b754eaa438", Pwd: "0b66f472495ef0ccac7bda653ab6be49ea13114472a5d10a", Group: "BUNDLE 0 1",
		Media: "audio 9 UDP/TLS/RTP/SAVPF 111", Mid: "0", Complete: true,
		Candidates: []string{"1 1 udp 2130706431 198.51.100.1 39132 typ host"},
	}, f)
	require.Equal(t, []patched{{"/s/7", "*", "application/trickle-ice-sdpfrag", "Bearer secret", ours.String()}}, *got)
	require.Equal(t, `"b"`, res.ETag())
	require.True(t, res.Restarts())
	require.NoError(t, res.AddCandidates(t.Context(), ours))
	require.Equal(t, `"b"`, (*got)[1].match, "candidates are for the new ICE session")
}

func TestRestartRefused(t *testing.T) {
	for name, c := range map[string]struct {
		reply http.HandlerFunc
		says  string
		is    error
	}{
		"taken for candidates": {reply: respond(204, "", ""), is: signalling.ErrNoRestart},
		"no such method":       {reply: respond(405, "", ""), says: "405"},
		"no match":             {reply: respond(412, "", ""), says: "412"},
		"no restarts":          {reply: respond(422, "", ""), says: "422"},
		"not implemented":      {reply: respond(501, "", ""), says: "501"},
		"empty":                {reply: respond(200, "", ""), says: "sent nothing where ICE credentials belong"},
		"HTML":                 {reply: respond(200, "text/html", "<html>"), says: "HTML page"},
		"no password":          {reply: respond(200, signalling.FragmentType, "a=ice-ufrag:x\r\n"), says: "ice-pwd"},
		"huge":                 {reply: respond(200, signalling.FragmentType, strings.Repeat("a=x\r\n", 1<<17)), is: signalling.ErrTooLong},
		"in a circle":          {reply: respond(307, "", "", "Location", "/s/7"), is: signalling.ErrRedirects},
		"closed": {reply: func(w http.ResponseWriter, _ *http.Request) {
			if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
				_ = conn.Close()
			}
		}, is: signalling.ErrNoReply},
	} {
		t.Run(name, func(t *testing.T) {
			res, _ := patchable(t, `"a"`, c.reply)
			_, err := res.RestartICE(t.Context(), ours)
			require.ErrorContains(t, err, c.says)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			require.Equal(t, `"a"`, res.ETag(), "the old ICE session lives on")
		})
	}
}

func TestRestartWithoutTag(t *testing.T) {
	res, got := patchable(t, "", respond(200, signalling.FragmentType, theirs))
	require.False(t, res.Restarts())
	_, err := res.RestartICE(t.Context(), ours)
	require.ErrorIs(t, err, signalling.ErrNoRestart)
	require.Empty(t, *got)
}

func TestPatchNeedsASession(t *testing.T) {
	at := serve(t, respond(201, "application/sdp", answer, "ETag", "*"))
	res, err := publish(t, client(t, at))
	require.NoError(t, err)
	require.ErrorIs(t, res.AddCandidates(t.Context(), ours), signalling.ErrNoHandle)
	_, err = res.RestartICE(t.Context(), ours)
	require.ErrorIs(t, err, signalling.ErrNoHandle)

	ended, got := patchable(t, "*", respond(204, "", ""))
	require.NoError(t, ended.Close(t.Context()))
	require.ErrorContains(t, ended.AddCandidates(t.Context(), ours), "has ended")
	require.Empty(t, *got)
}

func TestPatchIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPatch {
				return silent(r)
			}

			return &http.Response{
				StatusCode: http.StatusCreated, Header: http.Header{"Content-Type": {"application/sdp"}, "Location": {"/7"}, "Etag": {"*"}},
				Body: io.NopCloser(strings.NewReader(answer)),
			}, nil
		})
		res, err := publish(t, client(t, "http://example.net/whip", signalling.WithHTTPClient(&http.Client{Transport: server})))
		require.NoError(t, err)
		start := time.Now()
		require.ErrorIs(t, res.AddCandidates(t.Context(), ours), signalling.ErrTimeout)
		_, err = res.RestartICE(t.Context(), ours)
		require.ErrorIs(t, err, signalling.ErrTimeout)
		require.Equal(t, 2*signalling.Default().ResponseTimeout, time.Since(start))
	})
}

func FuzzRestartICE(f *testing.F) {
	f.Add(200, `"b"`, theirs)
	f.Add(200, "", "a=ice-ufrag:x\r\na=ice-pwd:\r\n")
	f.Add(412, "*", "<html>\x00")
	f.Fuzz(func(t *testing.T, status int, tag, body string) {
		if status < 200 || status > 999 {
			t.Skip()
		}
		transport := roundTripper(func(r *http.Request) (*http.Response, error) {
			rsp := &http.Response{StatusCode: status, Request: r, Header: http.Header{"Etag": {tag}, "Location": {tag}}}
			rsp.Body = io.NopCloser(strings.NewReader(body))
			if r.Method == http.MethodPost {
				rsp.StatusCode, rsp.Header = http.StatusCreated, http.Header{"Location": {"/s"}, "Etag": {"*"}}
				rsp.Body = io.NopCloser(strings.NewReader(answer))
			}

			return rsp, nil
		})
		res, err := publish(t, client(t, "http://example.net/whip", signalling.WithHTTPClient(&http.Client{Transport: transport})))
		require.NoError(t, err)
		got, err := res.RestartICE(t.Context(), ours)
		if err != nil {
			require.Less(t, len(err.Error()), 8000)
			require.NotContains(t, fmt.Sprint(err), "\n")

			return
		}
		require.NotEmpty(t, got.Ufrag)
		require.NotEmpty(t, got.Pwd)
		_ = res.AddCandidates(t.Context(), got)
	})
}
