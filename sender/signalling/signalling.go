// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package signalling is what the signalling profiles of a pusher have in common: the
// interface that a session is written against, the settings of the HTTP exchanges, the
// errors, and the fragments in which ICE candidates travel after the offer. The profiles
// are packages whip, srs, tencent and volcengine.
package signalling

import (
	"context"

	"github.com/pion/webrtc/v4"
)

// Client publishes offers to one server. It is safe for concurrent use.
type Client interface {
	// Publish sends an SDP offer and returns the session that the server made of it. It
	// fails with a [*StatusError] or a [*CodeError] where the server refuses, with an
	// [*AnswerError] where it sends something else than an answer, with [ErrTimeout]
	// where it takes too long; [Retryable] tells which failures are worth another try.
	// A cancelled ctx ends it at once.
	Publish(ctx context.Context, offer string) (Session, error)
	// Trickles tells whether the protocol can bring candidates after the offer; the
	// sessions are [Trickler] then, although the server may still refuse.
	Trickles() bool
}

// Session is what a server made of an offer. It is safe for concurrent use.
type Session interface {
	// Answer is the SDP answer.
	Answer() string
	// ICEServers are those that the server names. They arrive with the answer, so that
	// they serve the next connection.
	ICEServers() []webrtc.ICEServer
	// Close tells the server that the session is over. It returns [ErrNoHandle], once,
	// where the server gave nothing to tell it by, and nil after a success. Protocols
	// that end with the transport do nothing.
	Close(ctx context.Context) error
}

// Trickler is a [Session] whose ICE can change after the answer (RFC 9725 section 4.3).
type Trickler interface {
	Session
	// AddCandidates brings candidates that were found after the offer left.
	AddCandidates(ctx context.Context, f Fragment) error
	// Restarts tells whether the server said that it may restart ICE.
	Restarts() bool
	// RestartICE brings new credentials and candidates, and returns the server's. The
	// old ICE session lives on where it fails.
	RestartICE(ctx context.Context, f Fragment) (Fragment, error)
}
