// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"math"
	"slices"

	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

const (
	// changeBy is the share by which the capacity must move from where it was at its last
	// change for the next change.
	changeBy = 0.2
	// followedAt is the share of a risen capacity at which an estimate has followed it.
	followedAt = 0.9
)

// Reactions are how an estimate followed changes of the capacity of one direction, by
// 20 % or more each.
type Reactions struct {
	// Changes counts them; Met those after which the estimate was right at once, since it
	// was below the fall or had not come down before the rise, and Missed those that the
	// estimate did not follow before the capacity changed again or the session ended.
	Changes int `json:"changes"`
	Met     int `json:"met"`
	Missed  int `json:"missed"`
	// Median and Longest are of the others, in seconds from the change until the estimate
	// is at most the fallen capacity, or at least 90 % of the risen one; zero where there
	// are none.
	Median  float64 `json:"median_s,omitempty"`
	Longest float64 `json:"longest_s,omitempty"`
}

// change is a change of the capacity.
type change struct {
	bin, end int
	level    float64
	fall     bool
}

// changes returns the changes of the capacity. What the path carries slowly more or less
// of is a change each time that it has moved far enough. An outage itself is none, as no
// estimate can be below it; its end is a rise.
func changes(capacity timeline.Signal) []change {
	var out []change
	level := math.NaN()
	for bin, c := range capacity {
		if math.IsNaN(c) {
			continue
		}
		if math.IsNaN(level) {
			level = c

			continue
		}
		if math.Abs(c-level) < changeBy*level || c == level {
			continue
		}
		if n := len(out); n > 0 && out[n-1].end == 0 {
			out[n-1].end = bin
		}
		if c > 0 {
			out = append(out, change{bin: bin, level: c, fall: c < level})
		}
		level = c
	}
	if n := len(out); n > 0 && out[n-1].end == 0 {
		out[n-1].end = len(capacity)
	}

	return out
}

func reactions(estimate, capacity timeline.Signal) (falls, rises Reactions) {
	var fallTimes, riseTimes []float64
	for _, c := range changes(capacity) {
		r, times := &rises, &riseTimes
		if c.fall {
			r, times = &falls, &fallTimes
		}
		if math.IsNaN(estimate.At(c.bin)) {
			continue
		}
		r.Changes++
		bin := c.bin
		for bin < c.end && !c.followed(estimate.At(bin)) {
			bin++
		}
		switch bin {
		case c.end:
			r.Missed++
		case c.bin:
			r.Met++
		default:
			*times = append(*times, float64(bin-c.bin)*timeline.Bin.Seconds())
		}
	}
	falls.summarise(fallTimes)
	rises.summarise(riseTimes)

	return falls, rises
}

// followed tells whether an estimate has followed the change.
func (c *change) followed(estimate float64) bool {
	if c.fall {
		return estimate <= c.level
	}

	return estimate >= followedAt*c.level
}

func (r *Reactions) summarise(times []float64) {
	if len(times) == 0 {
		return
	}
	slices.Sort(times)
	r.Median, r.Longest = quantile(times, 0.5), times[len(times)-1]
}
