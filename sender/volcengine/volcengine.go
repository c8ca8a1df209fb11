// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package volcengine is a client of the JSON signalling of Volcengine's RTM, which other
// CDNs speak too: one exchange at the stream's own URL, which ends in .sdp. The session
// ends with its transport.
package volcengine

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/rtmcc/rtmcc/sender/internal/exchange"
	"github.com/rtmcc/rtmcc/sender/signalling"
)

const (
	version = "1.0"
	suffix  = ".sdp"

	refusalHint = "check the URL and its signature, and whether the domain takes this codec"
)

// Client publishes one stream. It is safe for concurrent use.
type Client struct {
	endpoint *url.URL
	exchange *exchange.Exchanger
}

var _ signalling.Client = (*Client)(nil)

// New returns a client of the stream webrtc://domain/app/stream, which is asked for at
// https://domain/app/stream.sdp, with schema=http among the parameters over http. An
// http or https URL in place of webrtc is taken as it is. It fails with
// [signalling.ErrConfig].
func New(stream string, opts ...signalling.Option) (*Client, error) {
	target, settings, err := exchange.Prepare(stream, opts)
	if err != nil {
		return nil, err
	}
	scheme, path := target.Scheme, target.Path
	if scheme == "" {
		scheme = "https"
	}
	if !target.Direct && !strings.HasSuffix(path, suffix) {
		path += suffix
	}
	// The path is escaped already.
	endpoint, err := url.Parse(scheme + "://" + target.Host + path)
	if err != nil {
		return nil, fmt.Errorf("%w: URL: %w", signalling.ErrConfig, err)
	}
	endpoint.RawQuery = target.Query

	return &Client{endpoint: endpoint, exchange: exchange.New(endpoint, settings)}, nil
}

// Trickles implements [signalling.Client].
func (c *Client) Trickles() bool { return false }

type request struct {
	Version   string               `json:"version"`
	SessionID string               `json:"sessionId"`
	LocalSDP  exchange.Description `json:"localSdp"`
}

type reply struct {
	Code      *int64               `json:"code"`
	Message   string               `json:"message"`
	RemoteSDP exchange.Description `json:"remoteSdp"`
}

// Publish implements [signalling.Client]. Closing the session does nothing: it ends when
// DTLS is closed or the media stop.
func (c *Client) Publish(ctx context.Context, offer string) (signalling.Session, error) {
	var got reply
	err := c.exchange.PostJSON(ctx, c.endpoint, request{
		Version: version, SessionID: uuid.NewString(), LocalSDP: exchange.Description{Type: "offer", SDP: offer},
	}, &got)
	if err == nil {
		err = exchange.CheckCode("code", got.Code, http.StatusOK, got.Message, refusalHint)
	}
	if err == nil {
		err = exchange.CheckAnswer(got.RemoteSDP.SDP)
	}
	if err != nil {
		return nil, fmt.Errorf("volcengine: %w", err)
	}

	return &exchange.Session{SDP: got.RemoteSDP.SDP}, nil
}
