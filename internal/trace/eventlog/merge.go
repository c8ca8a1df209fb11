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
	at    time.Duration
	order uint32
	size  uint32
	ssrc  uint32
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

func (e *entry) compare(o *entry) int {
	if c := cmp.Or(cmp.Compare(e.at, o.at), cmp.Compare(e.class, o.class)); c != 0 {
		return c
	}
	if e.class == classSent && e.numbered && o.numbered && e.transport != o.transport {
		return cmp.Compare(int16(e.transport-o.transport), 0)
	}

	return cmp.Compare(e.order, o.order)
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
	ready   []*entry
	next    int
	free    []entry
	order   uint32
	newest  time.Duration
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
	p.order = m.order
	m.order++
	m.newest = max(m.newest, p.at)
	m.pending = append(m.pending, p)
}

// full tells that it is time to release entries.
func (m *merger) full() bool { return len(m.pending) >= max(m.limit, mergeAt) }

// release makes entries ready: all where the log has ended, else those that no later
// batch can come before.
func (m *merger) release(ended bool) {
	slices.SortFunc(m.pending, func(a, b *entry) int { return a.compare(b) })
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
