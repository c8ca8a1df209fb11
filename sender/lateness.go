// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"math"
	"math/bits"
	"time"
)

// lateness counts how much later than the pace allowed packets left: the coarseness of
// timers, and a processor that had something else to do. It counts in steps of a quarter
// of an octave of microseconds, so that it is small and costs no allocation.
type lateness struct {
	bins  [4 * 40]uint64
	total uint64
}

func (l *lateness) add(d time.Duration) {
	l.bins[min(latenessBin(d), len(l.bins)-1)]++
	l.total++
}

// latenessBin numbers the step that d is in; the first four are single microseconds.
func latenessBin(d time.Duration) int {
	us := uint64(max(0, d) / time.Microsecond)
	if us < 4 {
		return int(us) //nolint:gosec // small
	}
	octave := bits.Len64(us) - 3

	return 4*(octave+1) + int(us>>octave&3) //nolint:gosec // at most 3
}

// latenessEnd is the upper end of a step.
func latenessEnd(bin int) time.Duration {
	if bin < 4 {
		return time.Duration(bin+1) * time.Microsecond
	}

	return time.Duration(4+bin%4+1) << (bin/4 - 1) * time.Microsecond
}

// quantile returns the upper end of the step that the quantile q, from 0 to 1, is in;
// zero where nothing was counted.
func (l *lateness) quantile(q float64) time.Duration {
	rank := uint64(math.Ceil(q * float64(l.total)))
	sum := uint64(0)
	for i, n := range l.bins {
		if sum += n; n > 0 && sum >= rank {
			return latenessEnd(i)
		}
	}

	return 0
}
