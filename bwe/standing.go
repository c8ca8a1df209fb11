// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"time"
)

// standingQueue tracks the one-way delay above its base, the least of the recent past
// (base delay of LEDBAT, RFC 6817 section 3.4.2; standing RTT of Copa). Delays are
// differences between two clocks: only their changes mean anything, and the base
// moves with a clock that drifts and starts over with one that is set.
type standingQueue struct {
	cfg  *QueueConfig
	base driftingMin
	set  bool
	// resets counts how often a clock was set.
	resets int
	// Of a feedback's packets, in seconds: the least delay above base less the packet's
	// own time on the link, the least of it that our own packets do not explain, and
	// the least that they do.
	least, excess, own float64
	fresh              bool
	// recent is the least excess over a while, for paths with jitter.
	recent windowMin
}

// maxDelayJump is the change of delay above which one of the clocks was set.
const maxDelayJump = 5 * time.Second

func newStandingQueue(cfg *QueueConfig) standingQueue {
	return standingQueue{cfg: cfg, recent: newWindowMin(cfg.JitterWindow)}
}

// add takes in a packet's delay and returns what of it is above base, in seconds.
func (q *standingQueue) add(delay time.Duration, now Time) float64 {
	if q.set {
		if off := delay - q.base.value(); off > maxDelayJump || off < -maxDelayJump {
			q.set = false
			q.resets++
		}
	}
	if !q.set {
		q.set = true
		q.base = driftingMin{}
	}
	q.base.add(delay, now)

	return inSeconds(delay - q.base.value())
}

// explain takes in how much of a packet's queueing our own packets explain.
func (q *standingQueue) explain(queued, own float64) {
	if !q.fresh {
		q.fresh, q.least, q.excess, q.own = true, queued, queued-own, own
	}
	// Cheaper than the built-in min, see positive.
	if queued < q.least {
		q.least = queued
	}
	if queued-own < q.excess {
		q.excess = queued - own
	}
	if own < q.own {
		q.own = own
	}
}

// end closes a feedback and returns the excess that is not gone within a moment.
func (q *standingQueue) end(jitter float64, now Time) float64 {
	q.fresh = false
	q.recent.add(seconds(q.excess), now)
	if jitter < q.cfg.CleanJitter.Seconds() {
		return q.excess
	}

	return q.recent.value().Seconds()
}

// seconds returns s seconds as a duration.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// inSeconds returns d in seconds. A product is several times faster than the division
// of [time.Duration.Seconds].
//
// The conversion of the product keeps compilers from fusing it with a sum, which would
// round differently from one architecture to the next; so it does wherever a product
// is added in this package.
func inSeconds(d time.Duration) float64 { return float64(float64(d) * 1e-9) }

// nonTiny returns v, or zero where v has faded to next to nothing: a mean that fades
// on would end in denormal numbers, with which arithmetic is many times slower.
func nonTiny(v float64) float64 {
	const tiny = 1e-12
	if v < tiny && v > -tiny {
		return 0
	}

	return v
}

// driftingMin is the least of a signal so far, which may rise no faster than two
// clocks drift apart: a queue that stands for minutes does not become the base.
type driftingMin struct {
	least time.Duration
	at    Time
	begun bool
}

// maxDrift is 300 ppm.
const maxDrift = 300

func (d *driftingMin) add(v time.Duration, now Time) {
	if !d.begun {
		d.least, d.at, d.begun = v, now, true

		return
	}
	if now > d.at {
		d.least += now.Sub(d.at) * maxDrift / 1000000
		d.at = now
	}
	d.least = min(d.least, v)
}

func (d *driftingMin) value() time.Duration { return d.least }
