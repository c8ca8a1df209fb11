// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package convert writes recordings of any format as rtmcc traces, or what they know of
// the path's capacity as a capacity trace.
package convert

import (
	"context"
	"errors"
	"io"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// Result is what a conversion read and wrote.
type Result struct {
	// Source tells where the recording comes from.
	Source recording.Info `json:"source"`
	// Events counts what was read by name.
	Events map[string]int64 `json:"events"`
	// Written counts the events that were written, LeftOut those that the format that was
	// written has no place for.
	Written int64 `json:"written"`
	LeftOut int64 `json:"left_out"`
	// Duration is the time of the last event, in seconds.
	Duration float64 `json:"duration_s"`
	// Damage counts what could not be read.
	Damage recording.Damage `json:"damage"`
}

// checkEvery is how many events pass between looks at the context.
const checkEvery = 4096

// destination is what is written to.
type destination interface {
	// write tells whether the format has a place for the event.
	write(ev bwe.Event, line []byte) (written bool, err error)
	end() error
}

// ToTrace writes a recording as a trace. Lines of a recording that is a trace are kept as
// they are, so that the decisions of every connection can still be verified. It
// fails where reading or writing fails, and with the context's error when that ends first.
func ToTrace(ctx context.Context, s recording.Source, out io.Writer) (Result, error) {
	return run(ctx, s, &lines{trace.NewEncoder(out, header(s))})
}

// ToCapacity writes what a recording knows of the capacity, as lines of time_ms and
// capacity_bps. It fails as [ToTrace] does, and with [ErrNoCapacity].
func ToCapacity(ctx context.Context, s recording.Source, out io.Writer) (Result, error) {
	return run(ctx, s, newCapacity(out))
}

func run(ctx context.Context, s recording.Source, d destination) (r Result, err error) {
	r.Events = make(map[string]int64)
	verbatim, _ := s.(recording.Verbatim)
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return r, ctx.Err()
		}
		ev, err := s.Next()
		r.Damage = s.Damage()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return r, err
		}
		r.Events[ev.EventName()]++
		r.Duration = max(r.Duration, ev.Time().Sub(0).Seconds())
		var line []byte
		if verbatim != nil {
			line = verbatim.Line()
		}
		written, err := d.write(ev, line)
		if err != nil {
			return r, err
		}
		if written {
			r.Written++
		} else {
			r.LeftOut++
		}
	}
	r.Source = s.Info()

	return r, d.end()
}

// header returns that of the trace that is made of a recording.
func header(s recording.Source) trace.Header {
	i := s.Info()
	h := trace.Header{Tool: i.Tool, Start: i.Start, ConvertedFrom: i.ConvertedFrom, Recorder: i.Recorder, Freezes: i.Freezes}
	if i.Format != trace.FormatName {
		h.ConvertedFrom = i.Format
	}
	if h.ConvertedFrom == "" {
		// A trace of our own says nothing of its recorder.
		h.Recorder = ""
	}

	return h
}

// lines are the lines of a trace.
type lines struct{ *trace.Encoder }

func (l *lines) write(ev bwe.Event, line []byte) (bool, error) {
	if line != nil {
		return true, l.Line(line)
	}

	return true, l.Event(ev)
}

func (l *lines) end() error { return l.Flush() }
