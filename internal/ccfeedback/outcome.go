// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ccfeedback

// Outcome is what feedback told of a packet.
type Outcome uint8

// The outcomes.
const (
	Open Outcome = iota
	Lost
	Received
)

// Settle takes in what feedback says and reports whether that is news: an arrival is
// final, a loss may turn out to be a late arrival.
func (o *Outcome) Settle(received bool) (news bool) {
	to := Lost
	if received {
		to = Received
	}
	if *o >= to {
		return false
	}
	*o = to

	return true
}

// Reach is how far the transport-wide feedback of a receiver reached. A receiver may
// start a feedback at the first packet that arrived, and never mention what it lost
// before. Its zero value has heard nothing.
type Reach struct {
	known bool
	count uint8
	last  int64
}

// Skipped returns the numbers, from first up to the one before end, that lie between the
// feedback so far and one of this count that begins at base. Where a feedback went
// missing on its way, nothing is known of the gap, and there are none.
func (r *Reach) Skipped(count uint8, base int64) (first, end int64) {
	if !r.known || count != r.count+1 || base <= r.last+1 {
		return 0, 0
	}

	return r.last + 1, base
}

// Advance takes in a feedback of this count whose last number is last.
func (r *Reach) Advance(count uint8, last int64) {
	if !r.known || int8(count-r.count) > 0 {
		r.count = count
	}
	if !r.known || last > r.last {
		r.last = last
	}
	r.known = true
}
