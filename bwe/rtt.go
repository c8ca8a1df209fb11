// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

// roundTrip smooths the time from sending a packet to hearing of it, taken from
// the newest packet that each feedback acknowledges (RFC 6298 section 2, without
// its timeout).
type roundTrip struct {
	smooth time.Duration
	least  time.Duration
}

func (r *roundTrip) add(sample time.Duration) {
	if sample <= 0 {
		return
	}
	if r.smooth == 0 {
		r.smooth, r.least = sample, sample

		return
	}
	r.least = min(r.least, sample)
	r.smooth += (sample - r.smooth) / 8
}
