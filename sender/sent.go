// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/ccfeedback"
)

const (
	minSentRecords = 256
	// maxSentRecords keeps the record shorter than half the range of the 16-bit
	// sequence number, so that a number on the wire names one packet at most.
	maxSentRecords = 1 << 15
)

type sentRecord struct {
	at bwe.Time
	// sum counts the bytes sent up to and including this packet.
	sum     int64
	outcome ccfeedback.Outcome
}

// sentTable remembers packets that left until feedback can no longer name them. It
// grows with the rate: a table of fixed size stops matching above some rate times
// delay. Sequence numbers in it are consecutive.
type sentTable struct {
	ring        []sentRecord
	first, next int64
	sum         int64
	// reported is the highest number that any feedback settled; reportedSum the
	// bytes up to it.
	reported    int64
	reportedSum int64
}

// firstTransportSeq is the number of the first packet.
const firstTransportSeq = 1

func newSentTable() sentTable {
	return sentTable{first: firstTransportSeq, next: firstTransportSeq, reported: firstTransportSeq - 1}
}

// add remembers one more packet, forgets those older than keep and returns its
// number.
func (t *sentTable) add(now bwe.Time, size int, keep time.Duration) int64 {
	t.forget(now, keep)
	if int(t.next-t.first) == len(t.ring) {
		if len(t.ring) < maxSentRecords {
			t.grow()
		} else {
			t.first++
		}
	}
	seq := t.next
	t.next++
	t.sum += int64(size)
	*t.slot(seq) = sentRecord{at: now, sum: t.sum}

	return seq
}

func (t *sentTable) forget(now bwe.Time, keep time.Duration) {
	for t.first < t.next && now.Sub(t.slot(t.first).at) > keep {
		t.first++
	}
}

func (t *sentTable) grow() {
	ring := make([]sentRecord, max(minSentRecords, 2*len(t.ring)))
	for seq := t.first; seq < t.next; seq++ {
		ring[seq&int64(len(ring)-1)] = *t.slot(seq)
	}
	t.ring = ring
}

func (t *sentTable) slot(seq int64) *sentRecord { return &t.ring[seq&int64(len(t.ring)-1)] }

// find returns the record of seq, nil where there is none.
func (t *sentTable) find(seq int64) *sentRecord {
	if seq < t.first || seq >= t.next {
		return nil
	}

	return t.slot(seq)
}

// unwrap returns the packet that a 16-bit number means: the last one sent with these
// low bits.
func (t *sentTable) unwrap(wire uint16) int64 {
	last := t.next - 1

	return last - int64(uint16(last)-wire)
}

// settle records what feedback says of seq, and reports whether that is news.
func (t *sentTable) settle(seq int64, received bool) (news, known bool) {
	r := t.find(seq)
	if r == nil {
		return false, false
	}
	if seq > t.reported {
		t.reported, t.reportedSum = seq, r.sum
	}

	return r.outcome.Settle(received), true
}

// inFlight returns the bytes that left after the last packet that feedback named.
func (t *sentTable) inFlight() int64 { return t.sum - t.reportedSum }
