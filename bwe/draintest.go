// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"math"
	"time"
)

// drainTest finds out whether delay that stands answers to what we send. For a moment
// we send evenly, so that only packets of others can spread ours, and where there is no
// sign of jitter clearly less than the link carries: a queue that we feed, alone or with
// others, then drains; a longer route does not care.
type drainTest struct {
	running bool
	// draining says that we send clearly less, else only evenly.
	draining           bool
	startAt, startedAt Time
	// retestAt is when delay that was allowed is asked after again.
	retestAt Time
	// capacity, excess and trend are those when the test began; sent and arrived add up
	// the gaps between packets sent evenly. In bits a second and seconds.
	capacity, excess, trend float64
	sent, arrived           float64
	// before is the excess at the last feedback, slope its running mean change a second.
	before, slope float64
	// foreign and ours count tests in a row with that result, vain how often yielding
	// after one was in vain.
	foreign, ours, vain int
}

// drainVerdict is what tests came to.
type drainVerdict uint8

const (
	// drainOpen: nothing yet.
	drainOpen drainVerdict = iota
	// drainVoid: the link itself changed.
	drainVoid
	// drainShared: packets of others spread ours.
	drainShared
	// drainOurs: the delay goes when we send less.
	drainOurs
	// drainForeign: the delay has nothing to do with what is sent.
	drainForeign
)

// reset forgets the tests so far.
func (d *drainTest) reset() { d.running, d.startAt, d.foreign, d.ours = false, 0, 0, 0 }

// follow keeps track of where the delay is going.
func (d *drainTest) follow(v *pathView) {
	const memory, shortest = 0.5, 0.01
	d.slope = nonTiny(d.slope + float64(((v.excess-d.before)/max(shortest, v.elapsed)-d.slope)*min(1, v.elapsed/memory)))
	d.before = v.excess
}

// start begins a test, at a moment of its own: flows of our own kind see the same
// queue, and at the same time as another's a test would show nothing.
func (d *drainTest) start(cfg *ResponseConfig, v *pathView) {
	if d.startAt == 0 {
		const slots = 8
		d.startAt = v.now.Add(time.Duration(scatter(v.now)%slots) * cfg.TestTime / 2)
	}
	if v.now >= d.startAt {
		d.running, d.startedAt, d.capacity, d.sent, d.arrived = true, v.now, v.capacity, 0, 0
		d.draining = v.bunched < cfg.Bunched
		d.excess, d.trend = v.excess, d.slope
	}
}

// scatter turns a time into a number that looks drawn at random (Knuth's
// multiplicative hash).
func scatter(now Time) uint64 {
	return uint64(now/Time(time.Microsecond)) * 2654435761 >> 16
}

// onReceived takes in the arrival of a packet that left sendGap seconds after the one
// before and arrived recvGap after it, in a test; transit is what the link needs for it.
func (d *drainTest) onReceived(sent Time, sendGap, recvGap, transit float64) {
	const even = 1.5
	if sent > d.startedAt && sendGap < even*transit {
		d.sent += sendGap
		d.arrived += recvGap
	}
}

// test returns what the running test, and those before it, came to.
func (d *drainTest) test(cfg *ResponseConfig, v *pathView) drainVerdict {
	needed := cfg.TestTime.Seconds() + float64(10*v.jitter)
	switch {
	case math.Abs(v.capacity/d.capacity-1) > 0.1:
		d.end(cfg, v.now)

		return drainVoid
	case d.arrived-d.sent > float64(cfg.Spread*needed)+float64(3*v.jitter):
		return drainShared
	case d.sent >= needed:
		d.end(cfg, v.now)

		return d.count(cfg, d.drained(cfg, v), v.now)
	case v.now.Sub(d.startedAt) > cfg.TestTimeout:
		d.end(cfg, v.now)
	}

	return drainOpen
}

// pace is what of the capacity is sent during the test.
func (d *drainTest) pace(cfg *ResponseConfig) float64 {
	if d.draining {
		return cfg.DrainPace
	}

	return cfg.TestPace
}

// rate is what of the usual rate the application is asked for during the test: where the
// pace holds back so much, what it holds back is soon made good.
func (d *drainTest) rate(cfg *ResponseConfig) float64 {
	if d.draining {
		return 1
	}

	return cfg.TestRate
}

// drained tells that the delay fell, beyond where it was going anyway, as one of ours
// does. Jitter that pushes packets together falls and rises by itself, and where the
// application sends little we took nothing away.
func (d *drainTest) drained(cfg *ResponseConfig, v *pathView) bool {
	// most is the queue in seconds of which the fall must be a share: a taller one
	// does not drain in time.
	const most = 0.05
	if !d.draining || v.bunched >= cfg.Bunched || v.acked <= float64(cfg.DrainPace*v.usable) {
		return false
	}
	expected := d.excess + float64(min(0, d.trend)*v.now.Sub(d.startedAt).Seconds())

	return v.excess-expected < -float64(cfg.Drained*min(d.excess, most))
}

// count takes in a result and returns the verdict once it has come often enough.
func (d *drainTest) count(cfg *ResponseConfig, ours bool, now Time) drainVerdict {
	if ours {
		d.foreign = 0
		d.ours++
		// The next one soon: the queue takes a while to come back.
		d.retestAt = now.Add(time.Second)
		if d.ours >= cfg.Tests {
			return drainOurs
		}

		return drainOpen
	}
	d.ours = 0
	d.foreign++
	if d.foreign < cfg.Tests {
		return drainOpen
	}
	d.foreign = 0

	return drainForeign
}

func (d *drainTest) end(cfg *ResponseConfig, now Time) {
	const seldom = 3
	d.running, d.startAt, d.retestAt = false, 0, now.Add(cfg.Retest<<min(d.vain, seldom))
}
