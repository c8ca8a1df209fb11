// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"math"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// Windows in which a path is looked at.
const (
	queueWindow  = time.Second
	jitterWindow = 3 * time.Second
	// burst is how long a burst of media, such as a key frame, is seen in the queue, and
	// burstRatio from when on it is one.
	burst      = 300 * time.Millisecond
	burstRatio = 1.4
)

// view is what is known of the path's delay.
type view struct {
	// jitter is the range of delay within [jitterWindow] that is there most of the time,
	// in seconds.
	jitter float64
	// queue is the standing queue's delay.
	queue timeline.Signal
	// standing is from where on that counts.
	standing float64
}

func look(t *timeline.Timeline, c *PathConfig) view {
	v := view{jitter: jitterOf(t), queue: rollingLeast(t.Delay, bins(queueWindow))}
	v.standing = quantiles(v.queue, 0.1)[0] + c.StandingQueue.Seconds() + v.jitter/2

	return v
}

// full tells whether a queue stands in a bin.
func (v *view) full(bin int) bool { return v.queue.At(bin) >= v.standing }

// jitterOf measures the range of delay in short windows, without the queue that bursts of
// media make. A queue comes and goes while jitter stays, so that a low quantile is taken.
func jitterOf(t *timeline.Timeline) float64 {
	sent := smoothed(t.Sent, bins(burst))
	usual := smoothed(t.Sent, bins(jitterWindow))
	width := bins(jitterWindow)
	var ranges []float64
	for from := 0; from+width <= t.Bins(); from += width {
		low, high := math.Inf(1), math.Inf(-1)
		for i := from; i < from+width; i++ {
			if sent[i] > burstRatio*usual[i] || math.IsNaN(t.Delay[i]) {
				continue
			}
			low, high = min(low, t.Delay[i]), max(high, t.DelayMax[i])
		}
		if high >= low {
			ranges = append(ranges, high-low)
		}
	}
	slices.Sort(ranges)

	return orZero(quantile(ranges, 0.3))
}

// rollingLeast returns the least known value of the last width bins.
func rollingLeast(s timeline.Signal, width int) timeline.Signal {
	out := make(timeline.Signal, len(s))
	for i := range s {
		out[i] = math.NaN()
		for _, v := range s[max(0, i+1-width) : i+1] {
			if !(out[i] <= v) {
				out[i] = v
			}
		}
	}

	return out
}

func pathOf(t *timeline.Timeline, c *PathConfig, v *view) Path {
	var loss, received tally
	for i := range t.Bins() {
		if v.full(i) {
			received.add(t.Received[i])
		} else {
			loss.add(t.Loss[i])
		}
	}

	return Path{
		LowBandwidth:    received.n >= fullBins && received.mean() < float64(c.LowBandwidth),
		Lossy:           loss.mean() >= c.Lossy,
		Jittery:         v.jitter >= c.Jittery.Seconds(),
		FeedbackTrouble: feedbackTrouble(t, c),
	}
}

// fullBins is for how many bins a queue must stand before they tell what the path
// carries.
const fullBins = 10

func feedbackTrouble(t *timeline.Timeline, c *PathConfig) bool {
	silent := 0
	for _, s := range t.Silence {
		if s >= c.Silence.Seconds() {
			silent++
		}
	}
	n := &t.Totals
	results := n.PacketsReceived + n.PacketsLost + n.ResultsUnknown + n.ResultsRepeated

	return float64(silent) > c.SilentShare*float64(t.Bins()) || interval(t) > c.Interval ||
		share(n.PacketsUnreported, n.PacketsSent) > c.Unreported || share(n.ResultsUnknown, results) > c.Unknown
}

// interval is the mean time between feedbacks while something was sent.
func interval(t *timeline.Timeline) time.Duration {
	active := 0
	for _, s := range t.Sent {
		if s > 0 {
			active++
		}
	}

	return time.Duration(active) * timeline.Bin / time.Duration(max(1, t.Totals.Feedbacks))
}

func share(part, whole int64) float64 { return float64(part) / float64(max(1, whole)) }

func classOf(p Path) Class {
	switch {
	case p.FeedbackTrouble:
		return FeedbackTrouble
	case p.Lossy:
		return Lossy
	case p.Jittery:
		return Jittery
	case p.LowBandwidth:
		return LowBandwidth
	default:
		return Plain
	}
}
