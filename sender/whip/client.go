// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package whip

import (
	"context"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
)

const sdpType = "application/sdp"

// Client publishes to one WHIP endpoint. It is safe for concurrent use.
type Client struct {
	endpoint *url.URL
	token    string
	cfg      Config
	http     *http.Client
}

// Option changes a [Client] while it is made.
type Option func(*Client)

// WithToken sends token as the bearer token of every request (RFC 9725 section 4.8).
// The empty token sends none.
func WithToken(token string) Option { return func(c *Client) { c.token = token } }

// WithHTTPClient uses h, whose redirect policy is replaced by that of RFC 9725, in
// place of a client that keeps no idle connections.
func WithHTTPClient(h *http.Client) Option {
	return func(c *Client) {
		if h != nil {
			own := *h
			c.http = &own
		}
	}
}

// WithConfig replaces [Default].
func WithConfig(cfg Config) Option { return func(c *Client) { c.cfg = cfg } }

// New returns a client of the endpoint, an absolute http or https URL. It fails with
// [ErrConfig].
func New(endpoint string, opts ...Option) (*Client, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("%w: endpoint: %w", ErrConfig, err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("%w: endpoint %q must start with http:// or https:// and a host", ErrConfig, u.Redacted())
	}
	c := &Client{endpoint: u, cfg: Default()}
	for _, opt := range opts {
		opt(c)
	}
	if err := c.cfg.Validate(); err != nil {
		return nil, err
	}
	if c.http == nil {
		c.http = ownClient(c.cfg)
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

	return c, nil
}

// ownClient keeps no connection alive: minutes or hours pass between a session's
// POST and its DELETE.
func ownClient(cfg Config) *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: cfg.ConnectTimeout}).DialContext,
		TLSHandshakeTimeout: cfg.ConnectTimeout,
		ForceAttemptHTTP2:   true,
		DisableKeepAlives:   true,
	}}
}

// Publish posts an SDP offer and returns the session that the server made of it. It
// fails with a [*StatusError] where the server refuses, with an [*AnswerError] where
// it sends something else than an answer, with [ErrTimeout] where it takes too long;
// [Retryable] tells which failures are worth another try. A cancelled ctx ends it at
// once.
func (c *Client) Publish(ctx context.Context, offer string) (*Resource, error) {
	rsp, err := c.exchange(ctx, http.MethodPost, c.endpoint, offer)
	if err != nil {
		return nil, fmt.Errorf("whip: POST %s: %w", c.endpoint.Redacted(), err)
	}
	if err := rsp.checkAnswer(); err != nil {
		return nil, fmt.Errorf("whip: POST %s: %w", rsp.url.Redacted(), err)
	}
	res := &Resource{client: c, Answer: string(rsp.body), ETag: rsp.header.Get("ETag")}
	res.ICEServers, res.IgnoredLinks = ParseLinks(rsp.header.Values("Link"))
	if location := rsp.header.Get("Location"); location != "" {
		ref, err := rsp.url.Parse(location)
		if err != nil || (ref.Scheme != "http" && ref.Scheme != "https") || ref.Host == "" {
			res.badLocation = quote(location)
		} else {
			res.Location = ref
		}
	}

	return res, nil
}

// checkAnswer makes sure of an SDP answer. A response without a type passes where
// it reads as SDP.
func (r *response) checkAnswer() error {
	if r.status != http.StatusCreated && r.status != http.StatusOK {
		return r.statusError()
	}
	header := r.header.Get("Content-Type")
	kind, _, err := mime.ParseMediaType(header)
	if err != nil && header != "" {
		kind = header
	}
	looksRight := strings.HasPrefix(strings.TrimSpace(string(r.body)), "v=")
	if looksRight && (kind == "" || strings.EqualFold(kind, sdpType)) {
		return nil
	}

	return &AnswerError{ContentType: quote(kind), Body: quote(string(r.body))}
}
