// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package exchange does the HTTP exchanges of the signalling profiles. Every step has a
// time limit and every response a size limit, so that no server can hold its caller.
package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/rtmcc/rtmcc/sender/signalling"
)

// Exchanger talks to one server. It is safe for concurrent use.
type Exchanger struct {
	origin   *url.URL
	settings signalling.Settings
	http     *http.Client
}

// New returns an exchanger whose token belongs to the origin of endpoint.
func New(endpoint *url.URL, s signalling.Settings) *Exchanger {
	e := &Exchanger{origin: endpoint, settings: s}
	if s.HTTP != nil {
		own := *s.HTTP
		e.http = &own
	} else {
		e.http = ownClient(&s.Config)
	}
	e.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

	return e
}

// ownClient keeps no connection alive: minutes or hours pass between the first and the
// last request of a session.
func ownClient(cfg *signalling.Config) *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: cfg.ConnectTimeout}).DialContext,
		TLSHandshakeTimeout: cfg.ConnectTimeout,
		ForceAttemptHTTP2:   true,
		DisableKeepAlives:   true,
	}}
}

// Request is what to send. Empty fields are left out.
type Request struct {
	Method string
	URL    *url.URL
	// Type is the media type of Body and of the wanted response.
	Type string
	Body string
	// IfMatch is the value of the header of that name (RFC 9110 section 13.1.1).
	IfMatch string
}

// Do sends one request, follows the redirects that keep the method (RFC 9725
// section 4.5) and reads the response, all within the limits of the config.
func (e *Exchanger) Do(ctx context.Context, q Request) (*Response, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, e.settings.Config.Timeout,
		fmt.Errorf("%w: no complete response within %v", signalling.ErrTimeout, e.settings.Config.Timeout))
	defer cancel()
	for hop := 0; ; hop++ {
		rsp, err := e.roundTrip(ctx, q)
		if err != nil {
			return nil, err
		}
		if rsp.Status != http.StatusTemporaryRedirect && rsp.Status != http.StatusPermanentRedirect {
			return rsp, nil
		}
		if hop == e.settings.Config.MaxRedirects {
			return nil, fmt.Errorf("%w: more than %d, the last from %s", signalling.ErrRedirects, e.settings.Config.MaxRedirects, Address(q.URL))
		}
		next, err := q.URL.Parse(rsp.Header.Get("Location"))
		if err != nil || rsp.Header.Get("Location") == "" || (next.Scheme != "http" && next.Scheme != "https") || next.Host == "" {
			return nil, fmt.Errorf("%w: status %d leads to %q, which is no http address",
				signalling.ErrRedirects, rsp.Status, Quote(rsp.Header.Get("Location")))
		}
		q.URL = next
	}
}

func (e *Exchanger) roundTrip(ctx context.Context, q Request) (*Response, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := http.NewRequestWithContext(ctx, q.Method, q.URL.String(), strings.NewReader(q.Body))
	if err != nil {
		return nil, brief(err)
	}
	if q.Type != "" {
		req.Header.Set("Content-Type", q.Type)
		req.Header.Set("Accept", q.Type)
	}
	if q.IfMatch != "" {
		req.Header.Set("If-Match", q.IfMatch)
	}
	withheld := e.authorize(req)
	timer := time.AfterFunc(e.settings.Config.ResponseTimeout, func() {
		cancel(fmt.Errorf("%w: no response within %v", signalling.ErrTimeout, e.settings.Config.ResponseTimeout))
	})
	rsp, err := e.http.Do(req)
	timer.Stop()
	if err != nil {
		return nil, explain(ctx, err)
	}
	defer func() { _ = rsp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(rsp.Body, e.settings.Config.MaxBody+1))
	if err != nil {
		return nil, explain(ctx, err)
	}
	// The start of an overlong page still serves an error's text.
	if int64(len(text)) > e.settings.Config.MaxBody && rsp.StatusCode < 300 {
		return nil, fmt.Errorf("%w: more than %d bytes, starting with %q", signalling.ErrTooLong, e.settings.Config.MaxBody, Quote(string(text)))
	}

	return &Response{Status: rsp.StatusCode, Header: rsp.Header, Body: text, URL: q.URL, withheld: withheld}, nil
}

// authorize adds the token where the request stays with the endpoint's origin, and
// tells whether it held one back.
func (e *Exchanger) authorize(req *http.Request) (withheld bool) {
	if e.settings.Token == "" {
		return false
	}
	if !e.settings.Config.ForwardToken && !sameOrigin(e.origin, req.URL) {
		return true
	}
	req.Header.Set("Authorization", "Bearer "+e.settings.Token)

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
			"and H.265 unless its URL has codec=hevc): %w", signalling.ErrNoReply, err)
	}
	// The caller names method and address itself.
	if outer := (*url.Error)(nil); errors.As(err, &outer) {
		err = outer.Err
	}

	return brief(err)
}
