// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package minisdp

import (
	"encoding/binary"
	"fmt"
)

// Stop ends a stream, and is the server's reply to that.
type Stop struct {
	Status Status
	Seq    uint16
	// ServerSignature is that of the answer.
	ServerSignature string
}

// Marshal returns the datagram. It fails with [ErrTooLarge].
func (s *Stop) Marshal() ([]byte, error) {
	if n := len(s.ServerSignature); n > MaxSize {
		return nil, fmt.Errorf("%w: a signature of %d bytes", ErrTooLarge, n)
	}
	b := append([]byte(magicStop), version)
	b = binary.BigEndian.AppendUint16(b, uint16(s.Status))
	b = binary.BigEndian.AppendUint16(b, s.Seq)
	b = append(appendText(b, s.ServerSignature), make([]byte, footerSize)...)
	if len(b) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(b), MaxSize)
	}

	return b, nil
}

// Unmarshal reads a datagram and passes over what follows. It fails with
// [ErrMalformed] or [ErrVersion]; a refusal of the server is no failure, see
// [Stop.Err].
func (s *Stop) Unmarshal(b []byte) error {
	*s = Stop{}
	c := cursor{b: b}
	if string(c.take(len(magicStop))) != magicStop {
		return fmt.Errorf("%w: it does not begin with FF and STP", ErrMalformed)
	}
	if v := c.uint8(); v != version && !c.short {
		return fmt.Errorf("%w %d, want %d", ErrVersion, v, version)
	}
	s.Status, s.Seq, s.ServerSignature = Status(c.uint16()), c.uint16(), c.text()
	c.take(footerSize)
	if c.short {
		return c.err()
	}

	return nil
}

// Err returns a [*StatusError] where the server refused, else nil.
func (s *Stop) Err() error { return s.Status.err() }
