// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package whip_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sender/signalling"
)

// silent is a server that never answers.
func silent(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()

	return nil, r.Context().Err()
}

// trickle sends a byte a second for ever, until its request ends.
type trickle struct{ ctx context.Context }

func (b trickle) Read(p []byte) (int, error) {
	select {
	case <-b.ctx.Done():
		return 0, b.ctx.Err()
	case <-time.After(time.Second):
		p[0] = 'v'

		return 1, nil
	}
}

func slow(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusCreated, Header: http.Header{"Content-Type": {"application/sdp"}}, Body: io.NopCloser(trickle{r.Context()})}, nil
}

func TestTimeLimits(t *testing.T) {
	for name, c := range map[string]struct {
		server roundTripper
		want   time.Duration
	}{
		"never answering":  {server: silent, want: 3 * time.Second},
		"a byte a second":  {server: slow, want: 8 * time.Second},
		"endless redirect": {server: redirect(2 * time.Second), want: 8 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := signalling.Default()
				cfg.ResponseTimeout, cfg.Timeout, cfg.MaxRedirects = 3*time.Second, 8*time.Second, 100
				c8 := client(t, "http://example.net/whip", signalling.WithConfig(cfg), signalling.WithHTTPClient(&http.Client{Transport: c.server}))
				start := time.Now()
				_, err := publish(t, c8)
				require.ErrorIs(t, err, signalling.ErrTimeout)
				require.ErrorContains(t, err, c.want.String())
				require.True(t, signalling.Retryable(err))
				require.Equal(t, c.want, time.Since(start))
			})
		})
	}
}

func redirect(after time.Duration) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		select {
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-time.After(after):
			return &http.Response{StatusCode: http.StatusTemporaryRedirect, Header: http.Header{"Location": {"/again"}}, Body: http.NoBody}, nil
		}
	}
}

func TestDeleteIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodDelete {
				return silent(r)
			}

			return &http.Response{
				StatusCode: http.StatusCreated, Header: http.Header{"Content-Type": {"application/sdp"}, "Location": {"/7"}},
				Body: io.NopCloser(strings.NewReader(answer)),
			}, nil
		})
		res, err := publish(t, client(t, "http://example.net/whip", signalling.WithHTTPClient(&http.Client{Transport: server})))
		require.NoError(t, err)
		start := time.Now()
		require.ErrorIs(t, res.Close(t.Context()), signalling.ErrTimeout)
		require.Equal(t, signalling.Default().ResponseTimeout, time.Since(start))
	})
}

func TestCancel(t *testing.T) {
	for name, server := range map[string]roundTripper{"before the header": silent, "within the body": slow} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stop := errors.New("stopped by the user")
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(1500*time.Millisecond, func() { cancel(stop) })
				start := time.Now()
				_, err := client(t, "http://example.net/whip", signalling.WithHTTPClient(&http.Client{Transport: server})).Publish(ctx, offer)
				require.ErrorIs(t, err, stop)
				require.False(t, signalling.Retryable(err))
				require.Equal(t, 1500*time.Millisecond, time.Since(start))
			})
		})
	}
}
