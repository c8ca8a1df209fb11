// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"errors"
	"fmt"
	"io"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// Difference is a decision that came out otherwise than it was recorded. Either
// text is empty where that side has no such decision.
type Difference struct {
	// Line is the number of the recorded line, or of the line before which the
	// recomputed one is missing.
	Line       int    `json:"line"`
	Recorded   string `json:"recorded"`
	Recomputed string `json:"recomputed"`
}

// Result is what a replay found.
type Result struct {
	Header Header `json:"header"`
	// Loops counts the control loops, one for every connection of the push.
	Loops int `json:"loops"`
	// Inputs, Decisions and Others count the recorded lines of each class.
	Inputs    int `json:"inputs"`
	Decisions int `json:"decisions"`
	Others    int `json:"others"`
	// Differences counts the decisions that came out otherwise, First being the first.
	Differences int         `json:"differences"`
	First       *Difference `json:"first_difference,omitempty"`
	// Truncated tells that the trace was cut off: its last line is not whole, or the
	// decisions of its last input are missing.
	Truncated bool `json:"truncated"`
}

// Identical tells whether every recorded decision was computed again, byte for
// byte.
func (r Result) Identical() bool { return r.Differences == 0 }

// ErrNoLoop is wrapped where an input comes before the line that opens a loop.
var ErrNoLoop = errors.New(`no "start" line before the first input`)

// Replay runs the recorded inputs through the estimator and the controller and
// compares their decisions with the recorded ones. The events that it computes are
// shown to observe, which may be nil. It fails where the trace cannot be read; a
// difference is no error.
func Replay(r *Reader, observe bwe.Observer) (Result, error) {
	p := &replay{observe: observe}
	p.Header = r.Header()
	for {
		l, err := r.Next()
		if errors.Is(err, io.EOF) {
			p.Truncated = r.Truncated() || p.pending.len() > 0

			return p.Result, nil
		}
		if err != nil {
			return p.Result, err
		}
		if err := p.line(l); err != nil {
			return p.Result, err
		}
	}
}

type replay struct {
	Result

	observe bwe.Observer
	decoder decoder
	loop    *control.Loop
	pending queue
}

func (p *replay) line(l Line) error {
	switch l.Class {
	case Input:
		p.Inputs++
		ev, err := p.decoder.input(&l)
		if err != nil {
			return err
		}
		if _, ok := ev.(*control.Started); ok {
			// The loop before was abandoned, perhaps in the middle of an input.
			p.pending.drop()
		}
		for p.pending.len() > 0 {
			p.differ(l.Number, nil, p.pending.take())
		}
		if err := p.feed(ev); err != nil {
			return fmt.Errorf("%w: line %d: %s: %w", ErrFormat, l.Number, l.Name, err)
		}
	case Decision:
		p.Decisions++
		if computed := p.pending.take(); string(computed) != string(l.Text) {
			p.differ(l.Number, l.Text, computed)
		}
	case Other:
		p.Others++
	}

	return nil
}

func (p *replay) differ(line int, recorded, recomputed []byte) {
	p.Differences++
	if p.First == nil {
		p.First = &Difference{Line: line, Recorded: string(recorded), Recomputed: string(recomputed)}
	}
}

func (p *replay) feed(ev bwe.Event) error {
	if start, ok := ev.(*control.Started); ok {
		loop, err := control.NewLoop(start.Config, start.At, p.collect)
		if err != nil {
			return err
		}
		p.loop = loop
		p.Loops++

		return nil
	}
	if p.loop == nil {
		return ErrNoLoop
	}
	switch e := ev.(type) {
	case *control.ConfigChanged:
		return p.loop.SetConfig(e.Config, e.At)
	case *bwe.SentPacket:
		p.loop.OnSent(*e)
	case *bwe.Feedback:
		p.loop.OnFeedback(*e)
	case *bwe.REMB:
		p.loop.OnREMB(*e)
	case *bwe.Timer:
		p.loop.OnTimer(e.At)
	case *ratecontrol.Frame:
		p.loop.OnFrame(*e)
	case *ratecontrol.PacerState:
		p.loop.OnPacer(*e)
	case *ratecontrol.Share:
		p.loop.OnShare(*e)
	case *ratecontrol.Overhead:
		p.loop.OnOverhead(*e)
	}

	return nil
}

// collect takes in what the loop emits.
func (p *replay) collect(ev bwe.Event) {
	if p.observe != nil {
		p.observe(ev)
	}
	if !inputs[ev.EventName()] {
		p.pending.add(ev)
	}
}

// queue holds the lines that were computed and not compared yet.
type queue struct {
	text []byte
	ends []int
	next int
}

func (q *queue) drop() { q.next = len(q.ends) }

func (q *queue) len() int { return len(q.ends) - q.next }

func (q *queue) add(ev bwe.Event) {
	if q.len() == 0 {
		q.text, q.ends, q.next = q.text[:0], q.ends[:0], 0
	}
	q.text = appendEvent(q.text, ev)
	q.ends = append(q.ends, len(q.text))
}

// take returns the first line, nil where there is none. It is valid until the next add.
func (q *queue) take() []byte {
	if q.len() == 0 {
		return nil
	}
	begin := 0
	if q.next > 0 {
		begin = q.ends[q.next-1]
	}
	q.next++

	return q.text[begin:q.ends[q.next-1]]
}
