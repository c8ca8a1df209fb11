// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package minisdp

import (
	"errors"
	"fmt"
)

// ErrForeign says that a datagram answers another request. It is to be passed over,
// the wait goes on.
var ErrForeign = errors.New("minisdp: reply to another request")

// Exchange is one request and what answers it. UDP loses datagrams, and the server
// tells a repeated request from a new one by its seq: each try sends the same bytes.
type Exchange struct {
	seq      uint16
	datagram []byte
}

// NewExchange returns the exchange that m begins, an offer with its seq set. It fails
// as [Message.Marshal] does.
func NewExchange(m *Message) (Exchange, error) {
	b, err := m.Marshal()

	return Exchange{seq: m.Seq, datagram: b}, err
}

// NewStopExchange returns the exchange that s begins. It fails as [Stop.Marshal]
// does.
func NewStopExchange(s *Stop) (Exchange, error) {
	b, err := s.Marshal()

	return Exchange{seq: s.Seq, datagram: b}, err
}

// Datagram returns what to send, at every try. It must not be changed.
func (e Exchange) Datagram() []byte { return e.datagram }

// Answer reads a received datagram. It fails with [ErrMalformed], [ErrVersion], with
// [ErrForeign] where it answers another request or is no answer, and with a
// [*StatusError] where the server refuses.
func (e Exchange) Answer(b []byte) (*Message, error) {
	var m Message
	if err := m.Unmarshal(b); err != nil {
		return nil, err
	}
	if m.Seq != e.seq {
		return nil, fmt.Errorf("%w: seq %d, want %d", ErrForeign, m.Seq, e.seq)
	}
	if err := m.Err(); err != nil {
		return nil, err
	}
	if m.Kind != Answer {
		return nil, fmt.Errorf("%w: no answer", ErrForeign)
	}

	return &m, nil
}

// Stopped reads a received datagram, and returns nil where the server has stopped
// the stream. It fails as [Exchange.Answer] does.
func (e Exchange) Stopped(b []byte) error {
	var s Stop
	if err := s.Unmarshal(b); err != nil {
		return err
	}
	if s.Seq != e.seq {
		return fmt.Errorf("%w: seq %d, want %d", ErrForeign, s.Seq, e.seq)
	}

	return s.Err()
}
