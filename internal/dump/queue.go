// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"slices"
	"sync"
)

// maxQueued bounds in bytes what waits for the disk: some seconds of a stream of
// 25 Mbps.
const maxQueued = 16 << 20

// record is something to be written. Its bytes lie in the batch: those of a packet, or
// those of a frame's units, one after another.
type record struct {
	line line
	// isFrame and isPacket tell records of these kinds; frame goes with the first.
	isFrame, isPacket bool
	frame             frame
	// open goes with a line that declares a track.
	open             format
	stage            Stage
	at               int64 // nanoseconds since the start of the dump
	start, end       int
	firstUnit, units int
}

// batch is what is queued.
type batch struct {
	records []record
	bytes   []byte
	sizes   []int // of units
}

func (b *batch) reset() {
	b.records, b.bytes, b.sizes = b.records[:0], b.bytes[:0], b.sizes[:0]
}

// queue takes records without ever waiting for the disk: two batches, one filled while
// the other is written. What does not fit is counted. It is safe for concurrent use.
type queue struct {
	limit int
	wake  chan struct{}

	mu      sync.Mutex
	filling *batch
	missed  []skipped
	closed  bool
}

func newQueue(limit int) *queue {
	return &queue{limit: limit, wake: make(chan struct{}, 1), filling: &batch{}}
}

// put takes a record whose payload is units, one after another.
func (q *queue) put(r *record, units ...[]byte) {
	size := 0
	for _, u := range units {
		size += len(u)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	b := q.filling
	// Records without a payload count as well.
	const overhead = 256
	if len(b.bytes)+size+overhead*len(b.records) > q.limit {
		q.miss(r.stage)

		return
	}
	for _, m := range q.missed {
		b.records = append(b.records, record{line: line{Skipped: &m}})
	}
	q.missed = q.missed[:0]
	r.start, r.firstUnit, r.units = len(b.bytes), len(b.sizes), len(units)
	for _, u := range units {
		b.bytes = append(b.bytes, u...)
		b.sizes = append(b.sizes, len(u))
	}
	r.end = len(b.bytes)
	b.records = append(b.records, *r)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) miss(stage Stage) {
	i := slices.IndexFunc(q.missed, func(s skipped) bool { return s.Stage == stage })
	if i < 0 {
		q.missed = append(q.missed, skipped{Stage: stage})
		i = len(q.missed) - 1
	}
	q.missed[i].Count++
}

// take waits for records and returns them in exchange for an empty batch. Of a closed
// queue, the last batch comes with false.
func (q *queue) take(empty *batch) (*batch, bool) {
	<-q.wake
	q.mu.Lock()
	defer q.mu.Unlock()
	full := q.filling
	q.filling = empty
	if q.closed {
		for _, m := range q.missed {
			full.records = append(full.records, record{line: line{Skipped: &m}})
		}
		q.missed = nil
	}

	return full, !q.closed
}

// close lets take return the last batch. It reports whether the queue was open.
func (q *queue) close() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.closed = true
	select {
	case q.wake <- struct{}{}:
	default:
	}

	return true
}
