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

// jitterOf measures the range of delay in short windows without a queue, in two ways of
// which the larger counts: by the least delay of each bin, where packets found the queue
// empty, and by the jumps from packet to packet, which a queue does not make.
func jitterOf(t *timeline.Timeline) float64 {
	rates := quantiles(smoothed(t.Received, bins(rateWindow)), linkRates...)

	return max(slowJitter(t, rates), fastJitter(t, rates[len(rates)-1]))
}

// linkRates are the quantiles of the received rate that may be the path's.
var linkRates = []float64{0.75, 0.85, 0.9, 0.95, 0.98}

// slowJitter leaves out the queue that a link of one rate would have made of what was
// sent: of several such rates, among them none, the one counts that explains most. On a
// slow path a packet more or less in the queue is no jitter either.
func slowJitter(t *timeline.Timeline, rates []float64) float64 {
	most := 0.0
	for _, v := range t.DelayMin {
		if v > most {
			most = v
		}
	}
	none := make(timeline.Signal, t.Bins())
	least := rangeOf(t, none, none)
	for _, rate := range rates {
		low, high := queueAt(t.Sent, rate, most)
		least = min(least, rangeOf(t, low, high))
	}

	packet := packetBits / rates[len(rates)-1]

	return orZero(max(0, least-max(0, packet-usualPacket.Seconds())/2))
}

// packetBits is the size of a full packet.
const packetBits = 12_000

// usualPacket is what a packet takes on a path that does not carry little; there one more
// or less makes no difference.
const usualPacket = 10 * time.Millisecond

// fastJitter is the jump from packet to packet, less what a packet takes at the given rate.
func fastJitter(t *timeline.Timeline, rate float64) float64 {
	packet := packetBits / rate
	width := bins(jitterWindow)
	var jumps []float64
	for from := 0; from+width <= t.Bins(); from += width {
		most := math.NaN()
		for _, v := range cut(t.Rise, from, from+width) {
			if !(most >= v) && !math.IsNaN(v) {
				most = v
			}
		}
		if !math.IsNaN(most) {
			jumps = append(jumps, max(0, most-packet))
		}
	}
	slices.Sort(jumps)

	return orZero(quantile(jumps, jitterQuantile))
}

// queueAt is the least and the most delay of each bin in a queue before a link of the given
// rate, at most most.
func queueAt(sent timeline.Signal, rate, most float64) (low, high timeline.Signal) {
	low, high = make(timeline.Signal, len(sent)), make(timeline.Signal, len(sent))
	queue := 0.0
	for i, s := range sent {
		before := queue
		queue = min(max(0, queue+(s/rate-1)*timeline.Bin.Seconds()), most)
		low[i], high[i] = min(before, queue), max(before, queue)
	}

	return low, high
}

// rangeOf is the range of the bins' least delay in windows, less what a queue explains and what changes
// slowly, that is there most of the time. Where in its bin the packet with the least delay
// was sent is not known: a key frame begins before its own queue, while the last packet
// before a pause does not see that queue drained.
func rangeOf(t *timeline.Timeline, low, high timeline.Signal) float64 {
	rest := make(timeline.Signal, t.Bins())
	for i, d := range t.DelayMin {
		rest[i] = d - min(max(d, low[i]), high[i])
	}
	slow := smoothed(rest, bins(slowDelay))
	width := bins(jitterWindow)
	var ranges []float64
	for from := 0; from+width <= t.Bins(); from += width {
		low, high := math.Inf(1), math.Inf(-1)
		for i := from; i < from+width; i++ {
			if d := rest[i] - slow[i]; !math.IsNaN(d) {
				low, high = min(low, d), max(high, d)
			}
		}
		if high >= low {
			ranges = append(ranges, high-low)
		}
	}
	slices.Sort(ranges)

	return quantile(ranges, jitterQuantile)
}
