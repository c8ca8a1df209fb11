// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package timeline

import (
	"math"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// baseWindow is how long a least transit time is remembered. The two clocks drift apart by
// a few milliseconds in it.
const baseWindow = time.Minute

// baseDelay is the least difference of receive and send times of late.
type baseDelay struct {
	seconds [baseWindow / time.Second]struct {
		second int64
		least  time.Duration
		used   bool
	}
	least  time.Duration
	second int64
	begun  bool
}

// above takes in a transit time and returns by how much it is above the least one.
func (b *baseDelay) above(sent bwe.Time, transit time.Duration) time.Duration {
	second := int64(sent / bwe.Time(time.Second))
	s := &b.seconds[uint64(second)%uint64(len(b.seconds))]
	if s.second != second || !s.used {
		s.second, s.least, s.used = second, transit, true
	}
	s.least = min(s.least, transit)
	if !b.begun || second != b.second {
		b.begun, b.second, b.least = true, second, math.MaxInt64
		for i := range b.seconds {
			s := &b.seconds[i]
			if age := second - s.second; s.used && age >= 0 && age < int64(len(b.seconds)) {
				b.least = min(b.least, s.least)
			}
		}
	}
	b.least = min(b.least, transit)

	return transit - b.least
}
