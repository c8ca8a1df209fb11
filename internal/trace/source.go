// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// source is a trace as a [recording.Source].
type source struct {
	r       *Reader
	closer  io.Closer
	decoder decoder
	damage  recording.Damage
}

// Is tells by the first bytes whether a recording is a trace.
func Is(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte{'\n'})

	return bytes.HasPrefix(line, []byte{'{'}) && bytes.Contains(line, []byte(`"rtmcc_trace"`))
}

// New returns the events of the trace that in holds, uncompressed. The error wraps
// [recording.ErrFormat] where the header cannot be read. Close leaves in open.
func New(in io.Reader) (recording.Source, error) {
	r, err := NewReader(in)
	if errors.Is(err, ErrFormat) {
		return nil, fmt.Errorf("%w: %w", recording.ErrFormat, err)
	}
	if err != nil {
		return nil, err
	}

	return NewSource(r, nil), nil
}

// NewSource returns the events of a trace; closer, which may be nil, is closed with it.
// Lines that cannot be read are left out and counted.
func NewSource(r *Reader, closer io.Closer) recording.Source {
	return &source{r: r, closer: closer}
}

// Next implements [recording.Source].
func (s *source) Next() (bwe.Event, error) {
	for {
		l, err := s.r.Next()
		if errors.Is(err, ErrFormat) {
			s.damage.Note(err)

			continue
		}
		if err != nil {
			s.damage.Truncated = s.r.Truncated()

			return nil, err
		}
		ev, err := s.decoder.event(&l)
		if err != nil {
			s.damage.Note(err)

			continue
		}

		return ev, nil
	}
}

// Info implements [recording.Source].
func (s *source) Info() recording.Info {
	h := s.r.Header()

	return recording.Info{Format: "rtmcc trace", Tool: h.Tool, Start: h.Start, Recorder: "rtmcc"}
}

// Damage implements [recording.Source].
func (s *source) Damage() recording.Damage { return s.damage }

// Close implements [recording.Source].
func (s *source) Close() error {
	if s.closer == nil {
		return nil
	}

	return s.closer.Close()
}
