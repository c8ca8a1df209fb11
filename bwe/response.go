// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"math"
	"time"
)

// Sharing says how the estimator holds its place among other traffic.
type Sharing uint8

// The ways of sharing a path.
const (
	// SharingNone: nobody else is known on the path.
	SharingNone Sharing = iota
	// SharingYielding: others make room when we do, as flows of our own kind.
	SharingYielding
	// SharingCompeting: others fill every queue whatever we do, as loss-based TCP.
	SharingCompeting
)

// String returns the name used in traces and metrics.
func (s Sharing) String() string {
	switch s {
	case SharingNone:
		return "none"
	case SharingYielding:
		return "yielding"
	case SharingCompeting:
		return "competing"
	default:
		return "unknown"
	}
}

// response finds out whose a delay is that our own packets do not explain.
//
// Packets of others shake the spacing of ours but never push them together: there the
// path is shared, and our share is steered so that the common queue stays short.
// Where that does not help, the others are of the kind that fills queues (Copa's
// competitive mode), and loss alone holds us back until the queue has been empty.
//
// Delay without that sign is put to the test. For a moment we send evenly and a
// little less than the link carries: then only packets of others can spread ours.
// Where nothing spreads them and the delay stays, it is jitter or another route, and
// is allowed from then on.
type response struct {
	cfg *ResponseConfig

	mode Sharing
	// share is what we take of the capacity that our bursts read: 1 on a path of our
	// own, above 1 where they read less than the fair share.
	share float64
	// allowance is the excess in seconds that is known not to be a queue.
	allowance float64
	// standing is the least excess over a while, peak the negative of the highest.
	standing, peak windowMin
	// lasting is the least excess over a longer while.
	lasting windowMin
	// before is the excess at the last feedback.
	before float64
	// shaking is the least jitter level over a while: a single jump is no sign of others.
	shaking windowMin

	testing            bool
	startAt, startedAt Time
	// capacity is the estimate when the test began; sent and arrived add up the gaps
	// between packets sent evenly, in seconds.
	capacity      float64
	sent, arrived float64
	negative      int

	// since is when the mode last had a reason, roomAt when yielding was last not at
	// its limit, cutAt the last cut for loss.
	since, roomAt, cutAt Time
}

// pathView is what a feedback told of the path, in seconds where it is a time.
type pathView struct {
	excess, elapsed float64
	capacity, acked float64
	// usable is what is taken of the capacity at a share of 1.
	usable          float64
	jitter, bunched float64
	// shaken is the usual jitter level: others shake packets all the time.
	shaken    float64
	variation float64
	lost      bool
	now       Time
}

func newResponse(cfg *ResponseConfig) response {
	return response{
		cfg: cfg, share: 1,
		lasting:  newWindowMin(cfg.ShakeTime),
		standing: newWindowMin(cfg.Persistence), peak: newWindowMin(cfg.AllowanceMemory), shaking: newWindowMin(cfg.ShakeTime),
	}
}

// onReceived takes in the arrival of a packet that left sendGap seconds after the one
// before and arrived recvGap after it, in a test; transit is what the link needs for it.
func (r *response) onReceived(sent Time, sendGap, recvGap, transit float64) {
	const even = 1.5
	if sent > r.startedAt && sendGap < even*transit {
		r.sent += sendGap
		r.arrived += recvGap
	}
}

// update takes in what a feedback told.
func (r *response) update(v *pathView) {
	r.forget(v)
	r.standing.add(seconds(v.excess), v.now)
	r.lasting.add(seconds(v.excess), v.now)
	r.shaking.add(seconds(v.shaken), v.now)
	shaken := v.bunched < r.cfg.Bunched && r.shaking.value() > r.cfg.CrossJitter
	switch r.mode {
	case SharingNone:
		r.watch(v, shaken)
	case SharingYielding:
		const surelyBunched, surelyVarying = 3, 1.5
		if !r.tall() && (v.bunched > surelyBunched*r.cfg.Bunched || v.variation > float64(surelyVarying*r.cfg.Variation)) {
			r.enter(SharingNone, v.now)

			return
		}
		r.yield(v)
	case SharingCompeting:
		r.compete(v)
	}
}

func (r *response) enter(mode Sharing, now Time) {
	r.mode, r.since, r.roomAt, r.share = mode, now, now, 1
	r.testing, r.startAt, r.negative = false, 0, 0
}

// over returns the excess in seconds that is a queue which we share.
func (r *response) over(excess float64) float64 {
	if r.mode != SharingYielding {
		return 0
	}

	return max(0, excess-r.cfg.Target.Seconds()-r.allowance)
}

// tall tells that delay stands for long that no jitter keeps up.
func (r *response) tall() bool {
	return r.lasting.full() && r.lasting.value().Seconds() > r.allowance+r.cfg.MaxJitter.Seconds()
}

// forget lets the allowance fade, fast once nothing near it was seen for a while.
func (r *response) forget(v *pathView) {
	r.peak.add(-seconds(v.excess), v.now)
	fade := r.cfg.AllowanceFade.Seconds()
	if highest := -r.peak.value().Seconds(); r.allowance > float64(1.5*highest)+0.01 {
		fade = r.cfg.AllowanceMemory.Seconds() / 2
	}
	r.allowance = nonTiny(r.allowance / (1 + v.elapsed/fade))
}

// watch looks for a standing excess and tests it.
func (r *response) watch(v *pathView, shaken bool) {
	if r.testing {
		r.test(v)

		return
	}
	limit := r.allowance + r.cfg.Margin.Seconds()
	if !r.standing.full() || r.standing.value().Seconds() <= limit {
		r.startAt = 0

		return
	}
	if r.tall() {
		r.enter(SharingYielding, v.now)

		return
	}
	if shaken {
		// A link that itself changes this much shakes packets too.
		if v.variation < r.cfg.Variation {
			r.enter(SharingYielding, v.now)
		}

		return
	}
	if !r.shaking.full() {
		return
	}
	if r.startAt == 0 {
		// Flows of our own kind see the same queue: at the same time as another's, a
		// test would show nothing.
		const slots = 8
		r.startAt = v.now.Add(time.Duration(scatter(v.now)%slots) * r.cfg.TestTime / 2)
	}
	if v.now >= r.startAt {
		r.testing, r.startedAt, r.capacity, r.sent, r.arrived = true, v.now, v.capacity, 0, 0
	}
}

// scatter turns a time into a number that looks drawn at random (Knuth's
// multiplicative hash).
func scatter(now Time) uint64 {
	return uint64(now/Time(time.Microsecond)) * 2654435761 >> 16
}

// test ends a test that has come to a result.
func (r *response) test(v *pathView) {
	needed := r.cfg.TestTime.Seconds() + float64(10*v.jitter)
	limit := r.allowance + r.cfg.Margin.Seconds()
	switch {
	case math.Abs(v.capacity/r.capacity-1) > 0.1:
		// The link itself changed.
		r.testing, r.startAt = false, 0
		r.standing.reset()
	case r.arrived-r.sent > float64(r.cfg.Spread*needed)+float64(3*v.jitter):
		r.enter(SharingYielding, v.now)
	case r.sent >= needed:
		r.testing, r.startAt = false, 0
		r.negative++
		if r.negative >= r.cfg.Tests {
			r.negative = 0
			r.allowance = max(r.allowance, r.allow(v.excess))
		}
	case v.excess < limit/2 && r.sent > needed/2, v.now.Sub(r.startedAt) > r.cfg.TestTimeout:
		r.testing, r.startAt = false, 0
	}
}

// allow returns the allowance for delay that reaches excess.
func (r *response) allow(excess float64) float64 {
	return min(float64(1.2*excess)+0.008, r.cfg.MaxAllowance.Seconds())
}

// yield steers the share by additive increase and multiplicative decrease: every flow
// that does the same sees the same queue, so that all come to the same rate, whatever
// their bursts read. The decrease answers to the queue and to its growth.
func (r *response) yield(v *pathView) {
	growth := v.excess - r.before
	r.before = v.excess
	if off := v.excess - r.allowance - r.cfg.Target.Seconds(); off > 0 {
		if r.tall() {
			// What the application does not use is nothing to give up.
			r.share = min(r.share, v.acked/v.capacity)
		}
		r.share -= float64((float64(r.cfg.Decrease*off*v.elapsed) + float64(r.cfg.Damping*growth)) * r.share)
	}
	r.share += float64(float64(r.cfg.Increase) / v.capacity * v.elapsed)
	// More than bursts read is only there where more than that arrives.
	const ahead = 0.05
	most := min(r.cfg.MaxShare, max(1, v.acked/v.usable+ahead))
	r.share = min(most, max(r.cfg.MinShare, r.share))
	// A path of our own settles near 1.
	const least, odd = 0.97, 1.1
	if r.share < least || r.share > odd {
		r.since = v.now
	}
	switch {
	case v.now.Sub(r.since) > r.cfg.Linger:
		r.enter(SharingNone, v.now)
	case r.share > r.cfg.MinShare:
		r.roomAt = v.now
	case v.now.Sub(r.roomAt) > r.cfg.CompetitorTime:
		// Flows of our own kind would have made room by now.
		if r.standing.value() > r.cfg.CompetitorQueue {
			r.enter(SharingCompeting, v.now)
		} else {
			r.enter(SharingNone, v.now)
			r.allowance = r.allow(-r.peak.value().Seconds())
		}
	}
}

// compete holds our place by loss alone, until the queue has been empty for a while.
func (r *response) compete(v *pathView) {
	if v.excess > r.cfg.Target.Seconds() {
		r.since = v.now
	}
	switch {
	case v.now.Sub(r.since) > r.cfg.CompetitorGone:
		r.enter(SharingNone, v.now)
	case v.lost && v.now.Sub(r.cutAt) > r.cfg.CutInterval:
		r.cutAt = v.now
		r.share = max(r.cfg.MinShare, r.share*r.cfg.LossBeta)
	default:
		r.share = min(1, r.share+float64(r.cfg.Recovery*v.elapsed))
	}
}
