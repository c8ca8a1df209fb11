// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package whip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// response is a response that was read to its end.
type response struct {
	status   int
	header   http.Header
	body     []byte
	url      *url.URL
	withheld bool
}

// exchange sends one request, follows the redirects that keep the method (RFC 9725
// section 4.5) and reads the response, all within the limits of the config.
func (c *Client) exchange(ctx context.Context, method string, to *url.URL, body string) (*response, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.cfg.Timeout,
		fmt.Errorf("%w: no complete response within %v", ErrTimeout, c.cfg.Timeout))
	defer cancel()
	for hop := 0; ; hop++ {
		rsp, err := c.roundTrip(ctx, method, to, body)
		if err != nil {
			return nil, err
		}
		if rsp.status != http.StatusTemporaryRedirect && rsp.status != http.StatusPermanentRedirect {
			return rsp, nil
		}
		if hop == c.cfg.MaxRedirects {
			return nil, fmt.Errorf("%w: more than %d, the last from %s", ErrRedirects, c.cfg.MaxRedirects, to.Redacted())
		}
		next, err := to.Parse(rsp.header.Get("Location"))
		if err != nil || rsp.header.Get("Location") == "" || (next.Scheme != "http" && next.Scheme != "https") || next.Host == "" {
			return nil, fmt.Errorf("%w: status %d leads to %q, which is no http address",
				ErrRedirects, rsp.status, quote(rsp.header.Get("Location")))
		}
		to = next
	}
}

func (c *Client) roundTrip(ctx context.Context, method string, to *url.URL, body string) (*response, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := http.NewRequestWithContext(ctx, method, to.String(), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		req.Header.Set("Content-Type", sdpType)
		req.Header.Set("Accept", sdpType)
	}
	withheld := c.authorize(req)
	timer := time.AfterFunc(c.cfg.ResponseTimeout, func() {
		cancel(fmt.Errorf("%w: no response within %v", ErrTimeout, c.cfg.ResponseTimeout))
	})
	rsp, err := c.http.Do(req)
	timer.Stop()
	if err != nil {
		return nil, explain(ctx, err)
	}
	defer func() { _ = rsp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(rsp.Body, c.cfg.MaxBody+1))
	if err != nil {
		return nil, explain(ctx, err)
	}
	// The start of an overlong page still serves an error's text.
	if int64(len(text)) > c.cfg.MaxBody && rsp.StatusCode < 300 {
		return nil, fmt.Errorf("%w: more than %d bytes, starting with %q", ErrTooLong, c.cfg.MaxBody, quote(string(text)))
	}

	return &response{status: rsp.StatusCode, header: rsp.Header, body: text, url: to, withheld: withheld}, nil
}

// authorize adds the token where the request stays with the endpoint's origin, and
// tells whether it held one back.
func (c *Client) authorize(req *http.Request) (withheld bool) {
	if c.token == "" {
		return false
	}
	if !c.cfg.ForwardToken && !sameOrigin(c.endpoint, req.URL) {
		return true
	}
	req.Header.Set("Authorization", "Bearer "+c.token)

	return false
}

// sameOrigin compares scheme, host and port (RFC 6454); the step from http to https
// on the default ports of one host counts as the same.
func sameOrigin(a, b *url.URL) bool {
	if !strings.EqualFold(a.Hostname(), b.Hostname()) {
		return false
	}
	if a.Scheme == b.Scheme {
		return port(a) == port(b)
	}

	return a.Scheme == "http" && b.Scheme == "https" && port(a) == "80" && port(b) == "443"
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}

// explain replaces what the HTTP library makes of a limit or of a closed connection.
func explain(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) {
		return fmt.Errorf("%w: check path, stream name and token (SRS refuses a request that way, "+
			"and H.265 unless its URL has codec=hevc): %w", ErrNoReply, err)
	}
	// The caller names method and address itself.
	if outer := (*url.Error)(nil); errors.As(err, &outer) {
		return outer.Err
	}

	return err
}
