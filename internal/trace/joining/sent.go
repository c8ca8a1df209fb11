// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package joining

import (
	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/ccfeedback"
)

type sentRecord struct {
	seq     int64
	at      bwe.Time
	outcome ccfeedback.Outcome
}

// sentTable remembers the packets that a wire number can still mean.
type sentTable struct {
	ring []sentRecord
	// last is the highest number, zero while there is none; first is the lowest since
	// numbers last started anew.
	first, last int64
	at          bwe.Time
}

// ringSize is half the range of the sequence number, beyond which a wire number no
// longer tells one packet.
const ringSize = ccfeedback.MaxPackets

func newSentTable() sentTable {
	return sentTable{ring: make([]sentRecord, ringSize), first: 1}
}

func (t *sentTable) slot(seq int64) *sentRecord { return &t.ring[seq&(ringSize-1)] }

// nearest returns the number next to the last one that has these low bits.
func (t *sentTable) nearest(wire uint16) int64 { return t.last + int64(int16(wire-uint16(t.last))) }

// unwrap returns the number of a packet sent at a time. After a long pause, a number
// says nothing of those before it, only that it is another one.
func (t *sentTable) unwrap(wire uint16, at bwe.Time) int64 {
	switch {
	case t.last == 0:
		// Numbers stay above zero even where the first packets come out of order.
		return 1<<16 + int64(wire)
	case at.Sub(t.at) > maxGap:
		t.first = t.last + 1

		return t.first + int64(wire-uint16(t.first))
	default:
		return t.nearest(wire)
	}
}

// following returns the number after the last one.
func (t *sentTable) following(at bwe.Time) int64 {
	if at.Sub(t.at) > maxGap {
		t.first = t.last + 1
	}

	return t.last + 1
}

// add remembers a packet. It reports false where its number is known, or so old that it
// may be.
func (t *sentTable) add(seq int64, at bwe.Time) bool {
	if seq < t.first || seq <= t.last-ringSize {
		return false
	}
	r := t.slot(seq)
	if r.seq == seq {
		return false
	}
	*r = sentRecord{seq: seq, at: at}
	t.last, t.at = max(t.last, seq), max(t.at, at)

	return true
}

// settle records what feedback that arrived at a time says of seq, and reports whether
// that is news.
func (t *sentTable) settle(seq int64, received bool, at bwe.Time) (news, known bool) {
	r := t.slot(seq)
	if seq < t.first || r.seq != seq || at.Sub(r.at) > maxAge {
		return false, false
	}

	return r.outcome.Settle(received), true
}
