// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"math"
	"time"

	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// aroundFall is how long before and after the start of a fall its reason is looked for:
// a few round trips.
const aroundFall = time.Second

// leastAround is the least of that, and partsOfPeriod the part of the time between falls
// that it may be on either side of them.
const (
	leastAround   = 300 * time.Millisecond
	partsOfPeriod = 4
)

// queueMemory is how long delay must stay to be that of a queue; jitter is gone sooner.
const queueMemory = 500 * time.Millisecond

// reasons is what the path was like at the falls and between them.
type reasons struct {
	// queue is the mean queueing delay at the falls, calm that of quiet times between them
	// and noise how much that varies, in seconds.
	queue, calm, noise float64
	// loss is the share of packets lost at the falls, lossCalm between them.
	loss, lossCalm float64
}

// pathView is what reasons are looked for in.
type pathView struct {
	// queue is the delay that stayed for [queueMemory], and near the longest such around
	// each bin, by how many bins around are looked at.
	queue    timeline.Signal
	near     map[int]timeline.Signal
	loss     timeline.Signal
	received timeline.Signal
	// jitter is the range of delay that is there without a queue, in seconds.
	jitter float64
}

func newPathView(t *timeline.Timeline, jitter float64) pathView {
	return pathView{
		queue: rollingLeast(t.Delay, bins(queueMemory)), near: map[int]timeline.Signal{},
		loss: t.Loss, received: t.Received, jitter: jitter,
	}
}

// nearFalls is the longest delay that stayed, around each bin. Falls that follow each other
// so soon that those around them would meet leave no quiet time: there less is looked at.
func (p *pathView) nearFalls(f []fall) timeline.Signal {
	around := bins(aroundFall)
	if n := len(f) - 1; n > 0 {
		around = max(bins(leastAround), min(around, (f[n].from-f[0].from)/n/partsOfPeriod))
	}
	if p.near[around] == nil {
		p.near[around] = rollingMost(p.queue, around)
	}

	return p.near[around]
}

func (p *pathView) reasons(f []fall) reasons {
	var queue, loss, lossCalm tally
	var quiet timeline.Signal
	around := bins(aroundFall)
	near := p.nearFalls(f)
	for i := range f {
		queue.add(near.At(f[i].from))
		loss.add(meanOf(p.loss, f[i].from-around, f[i].to+around/2))
		end := f[i].back
		if i+1 < len(f) {
			end = f[i+1].from
		}
		// Between the falls, but for a part of that time at each end.
		rest := min((end-f[i].to)/4, 2*around)
		from, to := f[i].to+rest, end-rest
		quiet = append(quiet, cut(near, from, to)...)
		lossCalm.addAll(cut(p.loss, from, to))
	}
	q := quantiles(quiet, 0.05, 0.25)

	return reasons{queue: queue.mean(), calm: q[1], noise: q[1] - q[0], loss: orZero(loss.mean()), lossCalm: orZero(lossCalm.mean())}
}

// full is the delay from which on a queue stands at a fall.
func (p *pathView) full(r *reasons, c *SwingConfig) float64 {
	return r.calm + c.QueueDelay.Seconds() + c.QueueDeviations*r.noise + c.QueueJitter*p.jitter
}

// pathChanges tells whether the path itself swings: what arrives while a queue stands is
// what the path carries, and that differs from fall to fall. Few falls may have a queue
// that stands for long enough; then the falls themselves tell.
func (p *pathView) pathChanges(f []fall, c *SwingConfig) bool {
	r := p.reasons(f)
	near := p.nearFalls(f)
	var rate tally
	for i := range f {
		if near.At(f[i].from) >= p.full(&r, c) {
			rate.add(meanOf(p.received, f[i].from-bins(carriedBefore), f[i].from+bins(carriedAfter)))
		}
	}

	if rate.n >= leastQueued && rate.n >= queuedShare*float64(len(f)) && rate.variation() > c.PathChange {
		return true
	}

	return p.cause(f, c) == Congestion && uneven(f, c)
}

// uneven tells whether falls have neither the rate that they begin at nor their depth in
// common.
func uneven(f []fall, c *SwingConfig) bool {
	var peaks, depths tally
	for i := range f {
		peaks.add(f[i].high)
		depths.add(f[i].depth())
	}

	return peaks.variation() > c.PeakChange && depths.variation() > c.DepthChange
}

const (
	// carriedBefore and carriedAfter bound the time around the start of a fall in which the
	// queue stands.
	carriedBefore = 300 * time.Millisecond
	carriedAfter  = 500 * time.Millisecond
	// leastQueued and queuedShare are how many falls, and what share of them, must have a
	// queue to tell what the path carries.
	leastQueued = 2
	queuedShare = 0.15
)

// cause says why falls happened.
func (p *pathView) cause(f []fall, c *SwingConfig) Cause {
	r := p.reasons(f)
	switch {
	case r.queue >= p.full(&r, c):
		return Congestion
	case r.loss >= c.Loss && (r.loss >= c.LossRatio*r.lossCalm || r.loss >= c.SteadyLoss):
		return Loss
	default:
		return Overuse
	}
}

// rollingMost returns the largest known value of as many bins before and after.
func rollingMost(s timeline.Signal, around int) timeline.Signal {
	out := make(timeline.Signal, len(s))
	for i := range s {
		out[i] = math.NaN()
		for _, v := range cut(s, i-around, i+around+1) {
			if !(out[i] >= v) {
				out[i] = v
			}
		}
	}

	return out
}
