// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package whip_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sender/signalling"
	"github.com/rtmcc/rtmcc/sender/whip"
)

func FuzzAnswer(f *testing.F) {
	f.Add(201, "application/sdp", answer, "/session/7")
	f.Add(200, "text/html", "<html>", "http://[::1")
	f.Add(307, "", "", "/again")
	f.Add(401, "text/plain; =", "\xff\x00no", "://")
	f.Fuzz(func(t *testing.T, status int, kind, body, location string) {
		if status < 200 || status > 999 {
			t.Skip()
		}
		transport := roundTripper(func(r *http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: status, Request: r, Body: io.NopCloser(strings.NewReader(body)),
				Header: http.Header{"Content-Type": {kind}, "Location": {location}, "Link": {body}, "Retry-After": {kind}},
			}, nil
		})
		c, err := whip.New("http://example.net/whip", signalling.WithHTTPClient(&http.Client{Transport: transport}))
		require.NoError(t, err)
		session, err := c.Publish(context.Background(), offer)
		if err != nil {
			// The text is quoted, bounded and has no control characters.
			require.Less(t, len(err.Error()), 8000)
			require.NotContains(t, err.Error(), "\n")

			return
		}
		res := session.(*whip.Resource)
		require.True(t, strings.HasPrefix(strings.TrimSpace(res.Answer()), "v="))
		if res.Location() != nil {
			_, err := url.Parse(res.Location().String())
			require.NoError(t, err)
		}
		if err := res.Close(context.Background()); err != nil {
			require.Less(t, len(err.Error()), 8000)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
