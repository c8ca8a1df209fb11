// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"errors"
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
