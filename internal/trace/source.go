// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/compressed"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// FormatName names the format of a trace.
const FormatName = "rtmcc trace"

// ownRecorder is the recorder of a trace that was not made of another recording.
const ownRecorder = "rtmcc"

// source is a trace as a [recording.Source].
type source struct {
	r          *Reader
	closer     io.Closer
	decoder    decoder
	continuity continuity
	damage     recording.Damage
	line       []byte
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
// Lines that cannot be read are left out and counted, and so are those whose time or
// sequence number is far from all others. A trace of several connections makes one
// stream, whose times do not go back and whose sequence numbers do not come twice
// (docs/trace-format.md).
func NewSource(r *Reader, closer io.Closer) recording.Source {
	return &source{r: r, closer: closer, continuity: newContinuity()}
}

// Next implements [recording.Source].
func (s *source) Next() (bwe.Event, error) {
	for {
		l, err := s.r.Next()
		switch {
		case err == nil:
		case errors.Is(err, ErrFormat):
			s.leaveOut(err)

			continue
		case errors.Is(err, compressed.ErrDamaged):
			s.line, s.damage.Truncated = nil, true
			s.damage.Say(err)

			return nil, io.EOF
		default:
			s.line, s.damage.Truncated = nil, s.r.Truncated()

			return nil, err
		}
		ev, err := s.event(&l)
		if err != nil {
			s.leaveOut(err)

			continue
		}
		s.line = l.Text

		return ev, nil
	}
}

func (s *source) event(l *Line) (bwe.Event, error) {
	ev, err := s.decoder.event(l)
	if err != nil {
		return nil, err
	}
	if err = plausible(ev); err == nil {
		err = s.continuity.place(ev)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: line %d: %s: %w", ErrFormat, l.Number, l.Name, err)
	}

	return ev, nil
}

// leaveOut counts the line that was just read.
func (s *source) leaveOut(why error) {
	s.damage.Note(why)
	s.damage.Bytes += s.r.size
}

// Line implements [recording.Verbatim].
func (s *source) Line() []byte { return s.line }

// Info implements [recording.Source].
func (s *source) Info() recording.Info {
	h := s.r.Header()

	i := recording.Info{Format: FormatName, ConvertedFrom: h.ConvertedFrom, Tool: h.Tool, Start: h.Start, Recorder: h.Recorder, Freezes: h.Freezes}
	if h.ConvertedFrom == "" {
		i.Recorder = ownRecorder
	}

	return i
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
