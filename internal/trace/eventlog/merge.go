// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"cmp"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// class orders what a log dates alike: what caused comes before what followed.
type class uint8

const (
	classPath class = iota
	classProbe
	classSent
	classReceived
	classDecision
)

// entry is one event of the log, not yet joined.
type entry struct {
	// at counts from the log's own origin.
	at   time.Duration
	size uint32
	ssrc uint32
	// cluster is the probe's number, where the log has it.
	cluster uint32
	// transport is the transport-wide sequence number of a packet that has one.
	transport uint16
	seq       uint16
	numbered  bool
	class     class
	// padding: the packet carries nothing else.
	padding bool
	// raw is a packet of RTCP, event what needs no joining.
	raw   []byte
	event bwe.Event
}

// before tells whether e comes before o. Of those that neither comes before, the one
// first in the file does.
func (e *entry) before(o *entry) bool {
	if e.at != o.at {
		return e.at < o.at
	}
	if e.class != o.class {
		return e.class < o.class
	}

	return e.class == classSent && e.numbered && o.numbered && int16(e.transport-o.transport) < 0
}

// The log holds batches of one kind each, written when a few seconds have passed or
// thousands of events were gathered (libwebrtc RtcEventLogImpl, 5 s and 10,000).
const (
	// batchSpan is more than batches next to each other are apart.
	batchSpan = 30 * time.Second
	// mergeAt is how many entries are gathered before the eldest are handed out, and
	// mergeMost how many are held whatever their times are.
	mergeAt   = 1 << 16
	mergeMost = 1 << 20
)

// merger brings entries into the order of time, in bounded memory.
type merger struct {
	pending []*entry
	// runs are where those in order begin, spare is room to merge them in.
	runs   []int
	spare  []*entry
	ready  []*entry
	next   int
	free   []entry
	newest time.Duration
	// limit is how many entries may be pending before some are released.
	limit int
}

// add takes in an entry.
func (m *merger) add(e entry) {
	const chunk = 1024
	if len(m.free) == 0 {
		m.free = make([]entry, chunk)
	}
	p := &m.free[0]
	m.free = m.free[1:]
	*p = e
	m.newest = max(m.newest, p.at)
	m.pending = append(m.pending, p)
}

// full tells that it is time to release entries.
func (m *merger) full() bool { return len(m.pending) >= max(m.limit, mergeAt) }

// release makes entries ready: all where the log has ended, else those that no later
// batch can come before.
func (m *merger) release(ended bool) {
	m.sort()
	n := len(m.pending)
	if !ended {
		horizon := m.newest - batchSpan
		n, _ = slices.BinarySearchFunc(m.pending, horizon, func(e *entry, t time.Duration) int { return cmp.Compare(e.at, t) })
		n = max(n, len(m.pending)-mergeMost)
	}
	m.ready = append(m.ready[:0], m.pending[:n]...)
	m.next = 0
	m.pending = slices.Delete(m.pending, 0, n)
	m.limit = len(m.pending) + mergeAt
}

// sort orders what is pending, by merging the runs that are in order already: batches
// are, so that there are few.
func (m *merger) sort() {
	m.runs = m.runs[:0]
	for i, e := range m.pending {
		if i == 0 || e.before(m.pending[i-1]) {
			m.runs = append(m.runs, i)
		}
	}
	m.runs = append(m.runs, len(m.pending))
	for len(m.runs) > 2 {
		m.spare = m.spare[:0]
		kept := m.runs[:0]
		for i := 0; i+1 < len(m.runs); i += 2 {
			start, middle, end := m.runs[i], m.runs[i+1], m.runs[min(i+2, len(m.runs)-1)]
			kept = append(kept, start)
			m.spare = mergeRuns(m.spare, m.pending[start:middle], m.pending[middle:end])
		}
		m.runs = append(kept, len(m.pending))
		m.pending, m.spare = m.spare, m.pending
	}
}

// mergeRuns appends two runs to out, in order.
func mergeRuns(out, a, b []*entry) []*entry {
	for len(a) > 0 && len(b) > 0 {
		if b[0].before(a[0]) {
			out, b = append(out, b[0]), b[1:]
		} else {
			out, a = append(out, a[0]), a[1:]
		}
	}

	return append(append(out, a...), b...)
}

// take returns the next entry that is ready, nil for none.
func (m *merger) take() *entry {
	if m.next == len(m.ready) {
		return nil
	}
	e := m.ready[m.next]
	m.ready[m.next] = nil
	m.next++

	return e
}
