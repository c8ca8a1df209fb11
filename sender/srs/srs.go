// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package srs is a client of the publish API of SRS and of the servers that took it
// over: one JSON exchange at /rtc/v1/publish/. The session ends with its transport.
package srs

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/rtmcc/rtmcc/sender/internal/exchange"
	"github.com/rtmcc/rtmcc/sender/signalling"
)

const (
	apiPath = "/rtc/v1/publish/"
	// apiPort is where SRS listens for plain HTTP requests unless configured otherwise.
	apiPort = "1985"

	refusalHint = "the server's log says why: a stream that is published already, a codec that it does not take, " +
		"WebRTC switched off for this vhost, or a wrong secret"
)

// Client publishes one stream. It is safe for concurrent use.
type Client struct {
	api      *url.URL
	stream   string
	exchange *exchange.Exchanger
}

var _ signalling.Client = (*Client)(nil)

// New returns a client of the stream webrtc://host[:port]/app/stream. The API is asked
// over http at port 1985, with schema=https among the parameters or port 443 over
// https; an http or https URL in place of webrtc names scheme and port itself. The other
// parameters go along, such as vhost, eip and a secret. It fails with
// [signalling.ErrConfig].
func New(stream string, opts ...signalling.Option) (*Client, error) {
	target, settings, err := exchange.Prepare(stream, opts)
	if err != nil {
		return nil, err
	}
	api := apiOf(target)

	return &Client{api: api, stream: target.Stream(), exchange: exchange.New(api, settings)}, nil
}

func apiOf(target *exchange.Target) *url.URL {
	api := &url.URL{Scheme: target.Scheme, Host: target.Host, Path: apiPath, RawQuery: target.Query}
	if api.Scheme == "" {
		api.Scheme = "http"
		if api.Port() == "443" {
			api.Scheme = "https"
		}
	}
	if api.Port() == "" && api.Scheme == "http" && !target.Direct {
		api.Host = net.JoinHostPort(api.Hostname(), apiPort)
	}

	return api
}

// Trickles implements [signalling.Client].
func (c *Client) Trickles() bool { return false }

type request struct {
	API       string `json:"api"`
	TID       string `json:"tid"`
	StreamURL string `json:"streamurl"`
	ClientIP  string `json:"clientip"`
	SDP       string `json:"sdp"`
}

type reply struct {
	Code      *int64 `json:"code"`
	SDP       string `json:"sdp"`
	SessionID string `json:"sessionid"`
}

// Publish implements [signalling.Client]. An offer of H.265 is announced by codec=hevc,
// without which SRS refuses it.
func (c *Client) Publish(ctx context.Context, offer string) (signalling.Session, error) {
	api := *c.api
	if offersHEVC(offer) && !api.Query().Has("codec") {
		api.RawQuery = strings.TrimPrefix(api.RawQuery+"&codec=hevc", "&")
	}
	var got reply
	err := c.exchange.PostJSON(ctx, &api, request{
		API: api.String(), TID: uuid.NewString(), StreamURL: c.stream, SDP: offer,
	}, &got)
	if err == nil {
		err = exchange.CheckCode("code", got.Code, 0, "", refusalHint)
	}
	if err == nil {
		err = exchange.CheckAnswer(got.SDP)
	}
	if err != nil {
		return nil, fmt.Errorf("srs: %w", err)
	}

	return &Session{Session: exchange.Session{SDP: got.SDP}, ID: got.SessionID}, nil
}

func offersHEVC(offer string) bool {
	offer = strings.ToUpper(offer)

	return strings.Contains(offer, " H265/90000") && !strings.Contains(offer, " H264/90000")
}

// Session is what the server made of an offer. Closing it does nothing: SRS ends it
// when DTLS is closed or the media stop.
type Session struct {
	exchange.Session

	// ID is the server's name of the session, empty for none.
	ID string
}
