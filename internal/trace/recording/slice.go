// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package recording

import (
	"io"

	"github.com/rtmcc/rtmcc/bwe"
)

// Slice is a recording in memory, such as one that a simulation made.
type Slice struct {
	About  Info
	Events []bwe.Event

	next int
}

// Next implements [Source].
func (s *Slice) Next() (bwe.Event, error) {
	if s.next >= len(s.Events) {
		return nil, io.EOF
	}
	s.next++

	return s.Events[s.next-1], nil
}

// Info implements [Source].
func (s *Slice) Info() Info { return s.About }

// Damage implements [Source].
func (*Slice) Damage() Damage { return Damage{} }

// Close implements [Source].
func (*Slice) Close() error { return nil }
