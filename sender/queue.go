// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import "github.com/rtmcc/rtmcc/bwe"

// lane is a priority of the pacer: the lowest goes first.
type lane uint8

const (
	laneAudio lane = iota
	laneRetransmission
	// laneFEC holds FEC of packets that left: it goes before those that follow them.
	laneFEC
	laneVideo
	// lanePadding has no queue: padding is made when it is due.
	lanePadding

	queuedLanes = int(lanePadding)
)

// item is one packet that waits. A repeat is of a packet that left before.
type item struct {
	p      *packet
	at     bwe.Time
	repeat bool
}

// size is what the item will count on the wire.
func (i item) size() int64 {
	if i.repeat && i.p.stream.rtx() {
		return int64(i.p.size + osnSize)
	}

	return int64(i.p.size)
}

// fifo is a queue of items that grows by doubling.
type fifo struct {
	ring  []item
	head  int
	n     int
	bytes int64
}

func (q *fifo) slot(i int) *item { return &q.ring[(q.head+i)&(len(q.ring)-1)] }

func (q *fifo) push(it item) {
	if q.n == len(q.ring) {
		ring := make([]item, max(16, 2*len(q.ring)))
		for i := range q.n {
			ring[i] = *q.slot(i)
		}
		q.ring, q.head = ring, 0
	}
	q.n++
	*q.slot(q.n - 1) = it
	q.bytes += it.size()
}

func (q *fifo) front() item { return *q.slot(0) }

func (q *fifo) back() item { return *q.slot(q.n - 1) }

func (q *fifo) pop() item {
	s := q.slot(0)
	it := *s
	*s = item{}
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.n--
	q.bytes -= it.size()

	return it
}

func (q *fifo) popBack() item {
	s := q.slot(q.n - 1)
	it := *s
	*s = item{}
	q.n--
	q.bytes -= it.size()

	return it
}

// remove takes out every item that match holds for and keeps the order of the rest.
func (q *fifo) remove(match func(item) bool, removed func(item)) {
	kept := 0
	n := q.n
	for i := range n {
		it := *q.slot(i)
		if match(it) {
			q.bytes -= it.size()
			removed(it)

			continue
		}
		*q.slot(kept) = it
		kept++
	}
	for i := kept; i < n; i++ {
		*q.slot(i) = item{}
	}
	q.n = kept
}
