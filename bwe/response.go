// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

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

// MarshalText writes the name, for JSON.
func (s Sharing) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// response finds out whose a delay is that our own packets do not explain.
//
// Packets of others shake the spacing of ours but never push them together: there the
// path is shared, and our share is steered so that the common queue stays short.
// Where that does not help, the others are of the kind that fills queues (Copa's
// competitive mode), and loss alone holds us back until the queue has been empty.
//
// Delay without that sign is put to the test of drainTest. Where jitter pushes packets
// together, so that neither tells, delay that never goes is held to be a queue.
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
	// lasting, least and longest are the least excess over longer whiles.
	lasting, least, longest windowMin
	// shaking is the least jitter level over a while: a single jump is no sign of others.
	shaking windowMin
	// bunched is the share of packets pushed together, averaged for longer than elsewhere.
	bunched float64

	drain    drainTest
	steering steering
	// stood says that yielding began with delay that stood as no jitter does: packets
	// pushed together are no reason to end it then.
	stood bool
	// mean is the mean excess of late, entered what there was when yielding began, takenAt
	// when we last took about all that we could.
	mean, entered float64
	takenAt       Time

	// since is when the mode last had a reason, roomAt when yielding was last not at
	// its limit, cutAt the last cut for loss.
	since, roomAt, cutAt Time
}

// leastTime is how long the least excess bounds the allowance while yielding: a queue
// that is steered is empty now and then, another route is longer all the time.
const leastTime = 5 * time.Second

// pathView is what a feedback told of the path, in seconds where it is a time.
type pathView struct {
	excess, elapsed float64
	// own is the queue that our own packets explain, beyond the one behind a frame.
	own             float64
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
		lasting: newWindowMin(cfg.ShakeTime), least: newWindowMin(leastTime), longest: newWindowMin(cfg.AllowanceMemory),
		standing: newWindowMin(cfg.Persistence), peak: newWindowMin(cfg.AllowanceMemory), shaking: newWindowMin(cfg.ShakeTime),
	}
}

// update takes in what a feedback told.
func (r *response) update(v *pathView) {
	r.forget(v)
	r.standing.add(seconds(v.excess), v.now)
	r.lasting.add(seconds(v.excess), v.now)
	r.least.add(seconds(v.excess), v.now)
	r.longest.add(seconds(v.excess), v.now)
	r.drain.follow(v)
	const meanTime = 3
	r.mean = nonTiny(r.mean + float64((v.excess-r.mean)*min(1, v.elapsed/meanTime)))
	r.shaking.add(seconds(v.shaken), v.now)
	const bunchedTime = 2
	r.bunched = nonTiny(r.bunched + float64((v.bunched-r.bunched)*min(1, v.elapsed/bunchedTime)))
	shaken := max(v.bunched, r.bunched) < r.cfg.Bunched && r.shaking.value() > r.cfg.CrossJitter
	switch r.mode {
	case SharingNone:
		r.watch(v, shaken)
	case SharingYielding:
		const surelyBunched = 3
		bunched := v.bunched > surelyBunched*r.cfg.Bunched
		if !r.tall() && (bunched && (!r.stood || r.bunched > r.cfg.MaxBunched) || v.variation > r.cfg.Variation) {
			r.enter(SharingNone, v.now)

			return
		}
		r.yield(v)
	case SharingCompeting:
		r.compete(v)
	}
}

func (r *response) enter(mode Sharing, now Time) {
	r.mode, r.since, r.roomAt, r.share, r.stood = mode, now, now, 1, false
	r.drain.reset()
	r.steering = steering{}
	r.entered, r.takenAt = max(r.mean, r.standing.value().Seconds()), now
}

// stand begins to yield to delay that stands as no jitter does.
func (r *response) stand(now Time) {
	r.enter(SharingYielding, now)
	r.stood = true
}

// over returns the excess in seconds that is a queue which we share.
func (r *response) over(excess float64) float64 {
	if r.mode != SharingYielding {
		return 0
	}

	return max(0, excess-r.allowed())
}

// allowed returns the delay in seconds that is steered for while yielding: jitter, where
// packets are pushed together, is not to be mistaken for a queue.
func (r *response) allowed() float64 {
	return r.allowance + r.cfg.Target.Seconds() + float64(r.cfg.BunchedTarget.Seconds()*min(1, r.bunched/r.cfg.Bunched))
}

// tall tells that delay stands for long that no jitter keeps up.
func (r *response) tall() bool {
	return r.lasting.full() && r.lasting.value().Seconds() > r.allowance+r.cfg.MaxJitter.Seconds()
}

// bunchedNow tells that jitter pushes packets together.
func (r *response) bunchedNow() bool { return r.bunched > r.cfg.Bunched }

// neverEmpty tells that delay stands under jitter which would let it go now and then. What
// yielding has shown to be no queue does not count.
func (r *response) neverEmpty() bool {
	if !r.bunchedNow() || r.bunched > r.cfg.MaxBunched || !r.longest.full() {
		return false
	}
	known := 0.0
	if r.drain.vain > 0 {
		known = r.allowance
	}

	return r.longest.value().Seconds() > known+r.cfg.StandingQueue.Seconds()
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
	if r.drain.running {
		r.conclude(r.drain.test(r.cfg, v), v)

		return
	}
	standing, limit := r.standing.value().Seconds(), r.cfg.Margin.Seconds()
	over := standing > limit+r.allowance
	// What is allowed without a sign of jitter may be a queue after all.
	doubtful := v.bunched < r.cfg.Bunched && v.variation < r.cfg.Variation && v.now > r.drain.retestAt
	switch {
	case r.neverEmpty():
		r.stand(v.now)
		r.allowance = 0
	case !r.standing.full() || !over && !(doubtful && standing > limit):
		r.drain.startAt = 0
	case r.tall():
		r.stand(v.now)
	case shaken && over:
		// A link that itself changes this much shakes packets too.
		if v.variation < r.cfg.Variation {
			r.enter(SharingYielding, v.now)
		}
	case r.shaking.full():
		r.drain.start(r.cfg, v)
	}
}

// conclude draws the conclusion from a test's verdict.
func (r *response) conclude(verdict drainVerdict, v *pathView) {
	switch verdict {
	case drainShared:
		r.enter(SharingYielding, v.now)
	case drainOurs:
		r.allowance = min(r.allowance, max(0, v.excess))
		r.enter(SharingYielding, v.now)
	case drainForeign:
		r.allowance = max(r.allowance, r.allow(v.excess))
	case drainVoid:
		r.standing.reset()
	case drainOpen:
	}
}

// allow returns the allowance for delay that reaches excess.
func (r *response) allow(excess float64) float64 {
	return min(float64(1.2*excess)+0.008, r.cfg.MaxJitter.Seconds())
}

// yield steers our rate among others, and looks for signs that they are not there or
// fill every queue.
func (r *response) yield(v *pathView) {
	if r.least.full() {
		r.allowance = min(r.allowance, max(0, r.least.value().Seconds()))
	}
	r.share = r.steering.steer(r.cfg, v, r.shared(v)) / v.usable
	if r.share > r.cfg.VainShare {
		r.takenAt = v.now
	}
	// A path of our own settles near 1.
	const least, odd, atLimit = 0.97, 1.1, 1.01
	if r.share < least || r.share > odd {
		r.since = v.now
	}
	switch {
	case (r.steering.alone(r.cfg, r.share) || r.inVain(v.now)) && r.standing.value() < r.cfg.CompetitorQueue:
		r.acquit(v.now)
	case v.now.Sub(r.since) > r.cfg.Linger:
		r.drain.vain = 0
		r.enter(SharingNone, v.now)
	case r.share > float64(atLimit*r.cfg.MinShare):
		r.roomAt = v.now
	case v.now.Sub(r.roomAt) > r.cfg.CompetitorTime:
		// Flows of our own kind would have made room by now.
		if r.standing.value() > r.cfg.CompetitorQueue {
			r.enter(SharingCompeting, v.now)
		} else if !r.stood {
			r.acquit(v.now)
		}
	}
}

// shared returns the queue that is steered by. Where packets are pushed together, only
// what stands is one, and a moment's burst of others no reason to give all up.
func (r *response) shared(v *pathView) sharedQueue {
	q := sharedQueue{excess: v.excess, allowed: r.allowed(), tall: r.tall(), bunched: r.bunchedNow()}
	if q.bunched {
		q.excess = r.standing.value().Seconds()
		if !q.tall {
			q.excess = min(q.excess, q.allowed+r.cfg.StandingQueue.Seconds())
		}
	}

	return q
}

// inVain tells that the delay stays although we have long taken clearly less than we
// could: a queue that we share would have gone.
func (r *response) inVain(now Time) bool {
	delay, enough := r.mean, r.cfg.VainTime
	if r.stood {
		// Others of our kind may swing.
		delay = r.least.value().Seconds()
		if !r.tall() {
			// Delay that wanders slowly under jitter looks the same.
			enough /= 2
		}
	}

	return now.Sub(r.takenAt) > enough && delay > float64(r.cfg.VainDelay*r.entered)
}

// acquit ends yielding that was in vain: what was seen was no queue.
func (r *response) acquit(now Time) {
	r.drain.vain++
	r.enter(SharingNone, now)
	r.allowance = r.allow(-r.peak.value().Seconds())
}

// compete holds our place by loss alone, until the queue has been empty for a while.
func (r *response) compete(v *pathView) {
	const empty = 0.005
	if v.excess > empty {
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
