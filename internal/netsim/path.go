// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// Direction is a way along a path.
type Direction uint8

// The directions of a path: that of a scenario's media and that of its feedback.
const (
	Forward Direction = iota
	Backward
)

// Directions is the number of directions, for tables.
const Directions = 2

// String names the direction as a scenario file does.
func (d Direction) String() string {
	if d == Forward {
		return "forward"
	}

	return "backward"
}

// DropReason says what took a packet off a path.
type DropReason uint8

// The reasons; zero is none of them.
const (
	// DropQueue is a full queue.
	DropQueue DropReason = 1 + iota
	// DropLoss is the loss process.
	DropLoss
	// DropOutage is an outage.
	DropOutage
)

// String names the reason.
func (r DropReason) String() string {
	switch r {
	case DropQueue:
		return "queue"
	case DropLoss:
		return "loss"
	case DropOutage:
		return "outage"
	default:
		return "none"
	}
}

// Sink hears what becomes of the packets of a [Path], in order of time. It must not
// call the path.
type Sink interface {
	// Deliver takes the packet that was offered under id and crossed the path at the
	// given instant, after queued in queues, its own serialisation excluded.
	Deliver(id int64, at bwe.Time, queued time.Duration)
	// Drop takes a packet that the path lost.
	Drop(id int64, at bwe.Time, queued time.Duration, reason DropReason)
}

// Path is the links of a scenario, with its TCP competitors and its cross traffic,
// for packets of which somebody else knows when they come. It is the model that [Run]
// plays, without media flows, feedback and figures, and it has no clock: [Path.Offer]
// and [Path.Advance] are told the time, which [Path.Next] asks for. The same offers
// and the same seed give the same outcomes. It is not safe for concurrent use.
type Path struct {
	run  simulation
	sink Sink
}

// NewPath lays out a path of which the scenario's duration is the length: generated
// and recorded capacities reach that far, and the last rate holds from there on. It
// fails where the scenario is invalid.
func NewPath(scenario *Scenario, seed uint64, sink Sink) (*Path, error) {
	if err := scenario.Validate(); err != nil {
		return nil, err
	}
	p := &Path{run: simulation{scenario: scenario.withDefaults()}, sink: sink}
	s := &p.run
	var err error
	if s.forward, err = s.links("forward", s.scenario.Forward, seed); err != nil {
		return nil, err
	}
	if s.backward, err = s.links("backward", s.scenario.Backward, seed); err != nil {
		return nil, err
	}
	for i := range s.scenario.Cross {
		if err := s.addCross(i, seed); err != nil {
			return nil, err
		}
	}
	for i := range s.scenario.TCP {
		for n := range s.scenario.TCP[i].Count {
			s.addTCP(i, n, seed)
		}
	}

	return p, nil
}

// Offer puts a packet of size bytes onto the path. Time that has passed already
// stands for the latest instant the path has reached. What is due before now comes
// out first; what is due at now comes out with the next [Path.Advance].
func (p *Path) Offer(now bwe.Time, d Direction, size int, id int64) {
	p.play(now, now)
	t := &p.run.timeline
	k := p.run.pool.get()
	k.owner, k.seq, k.size, k.sentAt = (*pathEnd)(p), id, size, t.now
	k.route = p.run.forward
	if d == Backward {
		k.route = p.run.backward
	}
	forward(k)
}

// Advance lets out everything that is due up to and including now.
func (p *Path) Advance(now bwe.Time) {
	p.play(now, now+1)
}

// play handles every event before end, and then it is now.
func (p *Path) play(now, end bwe.Time) {
	t := &p.run.timeline
	for t.step(end) {
	}
	t.now = max(t.now, now)
}

// Next is when something will happen on the path, [bwe.Never] where nothing will.
func (p *Path) Next() bwe.Time {
	if len(p.run.timeline.heap) == 0 {
		return bwe.Never
	}

	return p.run.timeline.heap[0].at
}

// pathEnd is where the offered packets of a path end.
type pathEnd Path

func (e *pathEnd) arrive(p *packet) {
	e.sink.Deliver(p.seq, e.run.timeline.now, p.queued)
	e.run.pool.put(p)
}

func (e *pathEnd) lose(p *packet) {
	e.sink.Drop(p.seq, e.run.timeline.now, p.queued, p.dropped)
	e.run.pool.put(p)
}
