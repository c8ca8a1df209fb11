// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package tencent is a client of the push signalling of Tencent's live event
// broadcasting: JSON exchanges at /webrtc/v1/pushstream and /webrtc/v1/stopstream. A
// push has to be stopped, or the stream stays taken.
package tencent

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"

	"github.com/google/uuid"

	"github.com/rtmcc/rtmcc/sender/internal/exchange"
	"github.com/rtmcc/rtmcc/sender/signalling"
)

const (
	// apiHost takes the pushes of all domains.
	apiHost    = "webrtcpush.myqcloud.com"
	pushPath   = "/webrtc/v1/pushstream"
	stopPath   = "/webrtc/v1/stopstream"
	clientInfo = "rtmcc"

	pushHint = "check the signature in the URL, txSecret and txTime, and whether the domain takes pushes by WebRTC"
	stopHint = "the stream may stay taken for some time"
)

// Client publishes one stream. It is safe for concurrent use.
type Client struct {
	push, stop *url.URL
	stream     string
	exchange   *exchange.Exchanger
}

var _ signalling.Client = (*Client)(nil)

// New returns a client of the stream webrtc://domain/app/stream, whose parameters hold
// its signature (txSecret, txTime). The API is asked at webrtcpush.myqcloud.com; an
// http or https URL in place of webrtc names another host. It fails with
// [signalling.ErrConfig].
func New(stream string, opts ...signalling.Option) (*Client, error) {
	target, settings, err := exchange.Prepare(stream, opts)
	if err != nil {
		return nil, err
	}
	api := url.URL{Scheme: target.Scheme, Host: apiHost}
	if target.Direct {
		api.Host = target.Host
	}
	if api.Scheme == "" {
		api.Scheme = "https"
	}

	return &Client{
		push: api.JoinPath(pushPath), stop: api.JoinPath(stopPath),
		stream: target.Stream(), exchange: exchange.New(&api, settings),
	}, nil
}

// Trickles implements [signalling.Client].
func (c *Client) Trickles() bool { return false }

type pushRequest struct {
	StreamURL  string               `json:"streamurl"`
	SessionID  string               `json:"sessionid"`
	ClientInfo string               `json:"clientinfo"`
	LocalSDP   exchange.Description `json:"localsdp"`
}

type stopRequest struct {
	StreamURL string `json:"streamurl"`
	SvrSig    string `json:"svrsig"`
}

type reply struct {
	ErrCode   *int64               `json:"errcode"`
	ErrMsg    string               `json:"errmsg"`
	RemoteSDP exchange.Description `json:"remotesdp"`
	SvrSig    string               `json:"svrsig"`
}

// Publish implements [signalling.Client]. A push that the server began and whose answer
// is of no use is stopped again.
func (c *Client) Publish(ctx context.Context, offer string) (signalling.Session, error) {
	var got reply
	err := c.exchange.PostJSON(ctx, c.push, pushRequest{
		StreamURL: c.stream, SessionID: uuid.NewString(), ClientInfo: clientInfo, LocalSDP: exchange.Description{Type: "offer", SDP: offer},
	}, &got)
	if err == nil {
		err = got.check(pushHint)
	}
	if err != nil {
		return nil, fmt.Errorf("tencent: %w", err)
	}
	s := &Session{Session: exchange.Session{SDP: got.RemoteSDP.SDP}, client: c, svrsig: got.SvrSig}
	if err := exchange.CheckAnswer(s.SDP); err != nil {
		err = fmt.Errorf("tencent: POST %s: %w", c.push.Redacted(), err)
		if stopErr := s.Close(ctx); stopErr != nil && !errors.Is(stopErr, signalling.ErrNoHandle) {
			err = fmt.Errorf("%w; stopping it again failed: %w", err, stopErr)
		}

		return nil, err
	}

	return s, nil
}

func (r *reply) check(hint string) error {
	return exchange.CheckCode("errcode", r.ErrCode, 0, r.ErrMsg, hint)
}

// Session is what the server made of an offer.
type Session struct {
	exchange.Session

	client *Client
	svrsig string

	mu    sync.Mutex
	ended bool
}

// Close stops the push, with a second attempt where the first one failed for a reason
// that may pass. It fails with [signalling.ErrNoHandle] where the answer came without
// svrsig.
func (s *Session) Close(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil
	}
	if s.svrsig == "" {
		s.ended = true

		return fmt.Errorf("tencent: %w: its answer has no svrsig", signalling.ErrNoHandle)
	}
	err := s.stop(ctx)
	if err != nil && signalling.Retryable(err) && ctx.Err() == nil {
		err = s.stop(ctx)
	}
	if err != nil {
		return fmt.Errorf("tencent: %w", err)
	}
	s.ended = true

	return nil
}

func (s *Session) stop(ctx context.Context) error {
	var got reply
	if err := s.client.exchange.PostJSON(ctx, s.client.stop, stopRequest{StreamURL: s.client.stream, SvrSig: s.svrsig}, &got); err != nil {
		return err
	}

	return got.check(stopHint)
}
