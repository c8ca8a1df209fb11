// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package captrace reads recorded link capacities, Mahimahi traces and
// `time_ms,capacity_bps` lines, as a [recording.Source] of [recording.Capacity] events.
package captrace

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/netsim/captrace"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// FormatName names the formats that the package reads.
const FormatName = "capacity trace, Mahimahi trace"

// Is tells whether head, the first bytes of a file, is of a capacity trace: after
// comments and at most one heading, lines of figures, of one column or of more.
func Is(head []byte) bool {
	if bytes.ContainsFunc(head, func(r rune) bool { return r < ' ' && r != '\t' && r != '\r' && r != '\n' }) {
		return false
	}
	f := filter{}
	good, bad := 0, 0
	for line := range bytes.Lines(head) {
		switch cut := good+bad > 0 && !bytes.HasSuffix(line, []byte{'\n'}); {
		case cut || len(columns(line)) == 0:
		case f.check(line) == nil:
			good++
		case good == 0 && !f.heading:
			f.heading = true
		default:
			bad++
		}
	}

	return good > 0 && bad <= good/maxBadShare
}

// maxBadShare is the share of good lines, as a divisor, that may be damaged in what is
// still taken for a capacity trace.
const maxBadShare = 4

type source struct {
	trace  *captrace.Trace
	format string
	damage recording.Damage
	next   int
	event  recording.Capacity
}

// New reads a trace to its end; of a Mahimahi trace, the capacity is the mean over
// windows of [captrace.DefaultBin]. Lines that cannot be read are left out and
// counted. The error wraps [recording.ErrFormat] where nothing is left.
func New(r io.Reader) (recording.Source, error) {
	s := &source{format: "capacity trace"}
	f := newFilter(r, &s.damage)
	var err error
	if s.trace, err = captrace.Read(f, 0); err != nil {
		if errors.Is(err, captrace.ErrFormat) {
			err = fmt.Errorf("%w: %w", recording.ErrFormat, err)
		}

		return nil, err
	}
	if f.columns == 1 {
		s.format = "Mahimahi trace"
	}

	return s, nil
}

// Next implements [recording.Source].
func (s *source) Next() (bwe.Event, error) {
	if s.next == len(s.trace.Points) {
		return nil, io.EOF
	}
	p := s.trace.Points[s.next]
	s.next++
	s.event = recording.Capacity{At: bwe.Time(p.At), Bitrate: p.Bitrate}

	return &s.event, nil
}

// Info implements [recording.Source].
func (s *source) Info() recording.Info { return recording.Info{Format: s.format} }

// Damage implements [recording.Source].
func (s *source) Damage() recording.Damage { return s.damage }

// Close implements [recording.Source].
func (*source) Close() error { return nil }
