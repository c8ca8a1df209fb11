// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package histogram counts durations for quantiles of many of them.
package histogram

import (
	"slices"
	"time"
)

// Durations counts durations in steps of equal length. Of what is beyond the last step only
// the largest is known. It is not safe for concurrent use.
type Durations struct {
	step  time.Duration
	steps int
	// counts ends with the last step that was reached, or where it was reserved.
	counts []uint64
	total  int64
	most   time.Duration
}

// New returns a histogram of so many steps, which take memory as they are reached. Both are
// above zero.
func New(step time.Duration, steps int) Durations { return Durations{step: step, steps: steps} }

// fewest is what a histogram has room for from the first duration on.
const fewest = 1000

// Reserve takes the memory of all steps now, so that Add never has to.
func (h *Durations) Reserve() { h.grow(h.steps) }

// Add counts a duration, one below zero as zero.
func (h *Durations) Add(d time.Duration) {
	d = max(0, d)
	h.total++
	h.most = max(h.most, d)
	i := int(d / h.step)
	if i >= h.steps {
		return
	}
	if i >= len(h.counts) {
		h.grow(min(h.steps, max(fewest, 2*i)))
	}
	h.counts[i]++
}

func (h *Durations) grow(to int) {
	from := len(h.counts)
	h.counts = slices.Grow(h.counts, max(0, to-from))[:max(from, to)]
	clear(h.counts[from:])
}

// Merge adds what another histogram of the same steps counted.
func (h *Durations) Merge(o *Durations) {
	h.grow(len(o.counts))
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.total += o.total
	h.most = max(h.most, o.most)
}

// Total returns how many durations were counted.
func (h *Durations) Total() int64 { return h.total }

// Most returns the largest duration, zero where there was none.
func (h *Durations) Most() time.Duration { return h.most }

// Quantile returns the beginning of the step in which the duration lies that has a share q,
// 0 to 1, of the others before it. It is the largest duration where that is beyond the last
// step, and zero where nothing was counted.
func (h *Durations) Quantile(q float64) time.Duration {
	left := int64(q * float64(h.total-1))
	if h.total == 0 {
		return 0
	}
	for i, n := range h.counts {
		if left -= int64(n); left < 0 { //nolint:gosec // below the total, which fits
			return time.Duration(i) * h.step
		}
	}

	return h.most
}
