// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"math"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// queueWindow is how long delay must stay for a queue to stand.
const queueWindow = time.Second

// mostJitter is the most of a range of delay that raises what a standing queue is.
const mostJitter = 60 * time.Millisecond

// view is what is known of the path's delay.
type view struct {
	// jitter is the range of delay within [jitterWindow] that is there most of the time,
	// in seconds.
	jitter float64
	// queue is the standing queue's delay.
	queue timeline.Signal
	// standing is from where on that counts.
	standing float64
	// delays are all delays, in order of their size.
	delays []float64
}

func look(t *timeline.Timeline, c *PathConfig) *view {
	v := &view{jitter: jitterOf(t), queue: rollingLeast(t.Delay, bins(queueWindow)), delays: known(t.Delay)}
	slices.Sort(v.delays)
	v.standing = quantiles(v.queue, usualDelay)[0] + c.StandingQueue.Seconds() + min(v.jitter, mostJitter.Seconds())/2

	return v
}

// usualDelay is the quantile of delay that is there without a queue.
const usualDelay = 0.1

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

// pathOf judges a path. Estimate is nil where there is none, or none that went as high as
// it could.
func pathOf(t *timeline.Timeline, estimate timeline.Signal, c *PathConfig, v *view) Path {
	p := Path{Lossy: lossWithoutQueue(t, c, v) >= c.Lossy, Jittery: v.jitter >= c.Jittery.Seconds()}
	f := feedbackOf(t, c)
	p.FeedbackReasons = f.reasons(c)
	p.FeedbackTrouble = len(p.FeedbackReasons) > 0
	p.LowBandwidth = lowBandwidth(t, estimate, c, v, p.Lossy || p.Jittery)

	return p
}

// nearQueue is how near to a loss the queue is looked at.
const nearQueue = 300 * time.Millisecond

// lossWithoutQueue is the loss at times without a long delay.
func lossWithoutQueue(t *timeline.Timeline, c *PathConfig, v *view) float64 {
	long := quantile(v.delays, usualDelay) + c.StandingQueue.Seconds() + min(v.jitter, mostJitter.Seconds())
	delay := rollingMost(t.DelayMax, bins(nearQueue))
	var loss tally
	for i := range t.Bins() {
		if delay[i] < long {
			loss.add(t.Loss[i])
		}
	}

	return orZero(loss.mean())
}

// lowBandwidth tells whether the path carries little: that is what arrives while a queue
// stands. Where none ever does, the estimate tells, if all of it was used and
// neither loss nor jitter held it back.
func lowBandwidth(t *timeline.Timeline, estimate timeline.Signal, c *PathConfig, v *view, rough bool) bool {
	low := float64(c.LowBandwidth)
	var received tally
	for i := range t.Bins() {
		if v.queue[i] >= v.standing+v.jitter {
			received.add(t.Received[i])
		}
	}
	if quantiles(smoothed(t.Received, bins(mediaWindow)), topShare)[0] >= low {
		return false
	}
	if received.n >= fullBins {
		return received.mean() < low
	}
	if rough || estimate == nil {
		return false
	}
	most := quantiles(estimate, topShare)[0]
	sent := quantiles(smoothed(t.Sent, bins(mediaWindow)), topShare)[0]

	return most < low && sent >= usedShare*most
}

// usedShare is the share of an estimate that must be sent for it to be known whether
// there is more; GCC's goes up to 1.5 times what is acknowledged.
const usedShare = 0.75

// fullBins is for how many bins a queue must stand before they tell what the path
// carries.
const fullBins = 10

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
