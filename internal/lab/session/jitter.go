// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"math"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

const (
	// jitterWindow is how long a window is in which the range of delay is taken, slowDelay
	// over what time delay changes that is not jitter's.
	jitterWindow = 3 * time.Second
	slowDelay    = 2 * time.Second
	// jitterQuantile is that of the windows' ranges: jitter stays, while a queue that
	// nothing explains comes and goes.
	jitterQuantile = 0.2
)

// jitterOf measures the range of delay in short windows, without a queue. The queue is
// what a link of one rate would have made of what was sent: of several such rates, among
// them none, the one counts that explains most.
func jitterOf(t *timeline.Timeline) float64 {
	rates := quantiles(smoothed(t.Received, bins(rateWindow)), 0.75, 0.85, 0.9, 0.95, 0.98)
	most := quantiles(t.Delay, 1)[0]
	least := rangeOf(t, fluidQueue{make(timeline.Signal, t.Bins()), make(timeline.Signal, t.Bins())})
	for _, rate := range rates {
		least = min(least, rangeOf(t, queueAt(t.Sent, rate, most)))
	}

	return orZero(least)
}

// fluidQueue is the delay of a queue, the mean of each bin and how much it grows in it.
type fluidQueue struct{ mean, growth timeline.Signal }

// queueAt is the queue before a link of the given rate, of a delay of at most most.
func queueAt(sent timeline.Signal, rate, most float64) fluidQueue {
	out := fluidQueue{make(timeline.Signal, len(sent)), make(timeline.Signal, len(sent))}
	queue := 0.0
	for i, s := range sent {
		before := queue
		queue = min(max(0, queue+(s/rate-1)*timeline.Bin.Seconds()), most)
		out.mean[i], out.growth[i] = (before+queue)/2, max(0, queue-before)
	}

	return out
}

// rangeOf is the range of delay in windows, less what a queue explains and what changes
// slowly, that is there most of the time.
func rangeOf(t *timeline.Timeline, queue fluidQueue) float64 {
	rest := make(timeline.Signal, t.Bins())
	for i := range rest {
		rest[i] = t.Delay[i] - queue.mean[i]
	}
	slow := smoothed(rest, bins(slowDelay))
	width := bins(jitterWindow)
	var ranges []float64
	for from := 0; from+width <= t.Bins(); from += width {
		low, high := math.Inf(1), math.Inf(-1)
		for i := from; i < from+width; i++ {
			if d := rest[i] - slow[i]; !math.IsNaN(d) {
				within := max(0, t.DelayMax[i]-t.Delay[i]-queue.growth[i])
				low, high = min(low, d), max(high, d+within)
			}
		}
		if high >= low {
			ranges = append(ranges, high-low)
		}
	}
	slices.Sort(ranges)

	return quantile(ranges, jitterQuantile)
}
