// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// source is a trace as a [recording.Source].
type source struct {
	r      *Reader
	closer io.Closer
	damage recording.Damage
}

// NewSource returns the events of a trace; closer, which may be nil, is closed with it.
// Lines that cannot be read are left out and counted.
func NewSource(r *Reader, closer io.Closer) recording.Source {
	return &source{r: r, closer: closer}
}

// decisions are the events beside the inputs that are read as their types; every other
// becomes a [recording.Note].
var decisions = map[string]func() bwe.Event{
	"estimate":     func() bwe.Event { return &bwe.Update{} },
	"decision":     func() bwe.Event { return &ratecontrol.Decision{} },
	"verdict":      func() bwe.Event { return &ratecontrol.Verdict{} },
	"stall":        func() bwe.Event { return &ratecontrol.Stall{} },
	"tier":         func() bwe.Event { return &ratecontrol.TierChange{} },
	"probe_result": func() bwe.Event { return &bwe.ProbeResult{} },
	"clock_reset":  func() bwe.Event { return &bwe.ClockReset{} },

	"capacity":            func() bwe.Event { return &recording.Capacity{} },
	"delay_based":         func() bwe.Event { return &recording.DelayBased{} },
	"loss_based":          func() bwe.Event { return &recording.LossBased{} },
	"target":              func() bwe.Event { return &recording.Target{} },
	"probe_started":       func() bwe.Event { return &recording.ProbeStarted{} },
	"probe_ended":         func() bwe.Event { return &recording.ProbeEnded{} },
	"application_limited": func() bwe.Event { return &recording.ApplicationLimited{} },
	"route":               func() bwe.Event { return &recording.Route{} },
	"freeze":              func() bwe.Event { return &recording.Freeze{} },
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
		ev, err := s.event(l)
		if err != nil {
			s.damage.Note(err)

			continue
		}

		return ev, nil
	}
}

func (s *source) event(l Line) (bwe.Event, error) {
	if l.Class == Input {
		return Decode(l)
	}
	fields := l.fields()
	if open := decisions[l.Name]; open != nil {
		ev := open()
		if err := json.Unmarshal(fields, ev); err != nil {
			return nil, fmt.Errorf("%w: line %d: %s: %w", ErrFormat, l.Number, l.Name, err)
		}

		return ev, nil
	}
	n := &recording.Note{Name: l.Name, Fields: fields}
	var v struct {
		At bwe.Time `json:"t"`
	}
	err := json.Unmarshal(fields, &v)
	n.At = v.At

	return n, err
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
