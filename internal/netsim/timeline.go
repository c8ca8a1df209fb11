// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import "github.com/rtmcc/rtmcc/bwe"

// operation tells a handler which of its events is due.
type operation uint8

// handler is a part of the simulation that events are addressed to.
type handler interface {
	handle(op operation, p *packet)
}

type event struct {
	at    bwe.Time
	order uint64
	to    handler
	op    operation
	p     *packet
}

// timeline is the event queue: a binary heap of values ordered by time, and by
// the order of scheduling among events of one instant.
type timeline struct {
	now   bwe.Time
	order uint64
	heap  []event
}

// schedule makes an event due at the given time, now where that has passed.
func (t *timeline) schedule(at bwe.Time, to handler, op operation, p *packet) {
	t.order++
	t.heap = append(t.heap, event{at: max(at, t.now), order: t.order, to: to, op: op, p: p})
	for i := len(t.heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if !t.less(i, parent) {
			break
		}
		t.heap[i], t.heap[parent] = t.heap[parent], t.heap[i]
		i = parent
	}
}

// step handles the next event and reports whether there was one before end.
func (t *timeline) step(end bwe.Time) bool {
	if len(t.heap) == 0 || t.heap[0].at >= end {
		return false
	}
	e := t.pop()
	t.now = e.at
	e.to.handle(e.op, e.p)

	return true
}

func (t *timeline) pop() event {
	first := t.heap[0]
	last := len(t.heap) - 1
	t.heap[0] = t.heap[last]
	t.heap[last] = event{}
	t.heap = t.heap[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && t.less(child+1, child) {
			child++
		}
		if !t.less(child, i) {
			break
		}
		t.heap[i], t.heap[child] = t.heap[child], t.heap[i]
		i = child
	}

	return first
}

func (t *timeline) less(i, j int) bool {
	a, b := &t.heap[i], &t.heap[j]
	if a.at != b.at {
		return a.at < b.at
	}

	return a.order < b.order
}
