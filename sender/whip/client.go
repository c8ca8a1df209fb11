// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package whip

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/rtmcc/rtmcc/sender/internal/exchange"
	"github.com/rtmcc/rtmcc/sender/signalling"
)

const sdpType = "application/sdp"

// Client publishes to one WHIP endpoint. It is safe for concurrent use.
type Client struct {
	endpoint *url.URL
	exchange *exchange.Exchanger
}

var _ signalling.Client = (*Client)(nil)

// New returns a client of the endpoint, an absolute http or https URL. It fails with
// [signalling.ErrConfig].
func New(endpoint string, opts ...signalling.Option) (*Client, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("%w: endpoint: %w", signalling.ErrConfig, err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("%w: endpoint %q must start with http:// or https:// and a host", signalling.ErrConfig, u.Redacted())
	}
	settings, err := signalling.NewSettings(opts...)
	if err != nil {
		return nil, err
	}

	return &Client{endpoint: u, exchange: exchange.New(u, settings)}, nil
}

// Trickles implements [signalling.Client].
func (c *Client) Trickles() bool { return true }

// Publish implements [signalling.Client]; the session is a [*Resource].
func (c *Client) Publish(ctx context.Context, offer string) (signalling.Session, error) {
	rsp, err := c.exchange.Do(ctx, exchange.Request{Method: http.MethodPost, URL: c.endpoint, Type: sdpType, Body: offer})
	if err != nil {
		return nil, fmt.Errorf("whip: POST %s: %w", c.endpoint.Redacted(), err)
	}
	if err := checkAnswer(rsp); err != nil {
		return nil, fmt.Errorf("whip: POST %s: %w", exchange.Address(rsp.URL), err)
	}
	res := &Resource{exchange: c.exchange, answer: string(rsp.Body), etag: rsp.Header.Get("ETag")}
	res.iceServers, res.ignoredLinks = ParseLinks(rsp.Header.Values("Link"))
	if location := rsp.Header.Get("Location"); location != "" {
		ref, err := rsp.URL.Parse(location)
		if err != nil || (ref.Scheme != "http" && ref.Scheme != "https") || ref.Host == "" {
			res.badLocation = exchange.Quote(location)
		} else {
			res.location = ref
		}
	}

	return res, nil
}

// checkAnswer makes sure of an SDP answer. A response without a type passes where
// it reads as SDP.
func checkAnswer(rsp *exchange.Response) error {
	if rsp.Status != http.StatusCreated && rsp.Status != http.StatusOK {
		return rsp.StatusError()
	}
	kind := rsp.MediaType()
	looksRight := strings.HasPrefix(strings.TrimSpace(string(rsp.Body)), "v=")
	if looksRight && (kind == "" || strings.EqualFold(kind, sdpType)) {
		return nil
	}

	return rsp.AnswerError("an SDP answer")
}
