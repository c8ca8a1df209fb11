// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

const (
	// worthwhile is the share of the proven throughput below which the estimate must
	// have fallen for the smoother to take over, and firstStep the share that it then
	// starts from.
	worthwhile = 0.9
	firstStep  = 0.85
	// lessProven is the share of the proven throughput that letting go for congestion
	// leaves.
	lessProven = 0.7
	// nearCeiling is the share of a level at which a queue began to stand that is held,
	// overCeiling the share above it at which the level is outdated.
	nearCeiling = 0.94
	overCeiling = 1.06
	// ceilingGrowth divides growth once a ceiling may be tried again.
	ceilingGrowth = 4
	// growthRamp is the increase of growth a second on a healthy path.
	growthRamp = 0.04
	// slowJitter is the delay that jitter leaves over most of a second that halves
	// growth and margin: behind slow jitter a queue goes unseen for longer.
	slowJitter = 20 * time.Millisecond
	// keepsUp is the share of the output at which the acknowledged throughput has
	// followed it; shortfall is the share below which it then falls behind.
	keepsUp   = 0.9
	shortfall = 0.7
	// outgrown is the share above the output at which the estimate takes over again.
	outgrown = 1.25
	// stillSwings is the share of the output that the estimate must fall below at least
	// once in calmAfter for the smoother to stay.
	stillSwings = 0.95
	calmAfter   = 30 * time.Second
	// provedRight is how long the smoother must have been in charge for its next wait
	// to start over.
	provedRight = 20 * time.Second
)

// lead is the state of a smoother that is in charge.
type lead struct {
	engaged bool
	since   Time
	// output and growth are in bits per second and a share a second.
	output float64
	growth float64
	// swungAt is when the estimate last fell below the output.
	swungAt Time
	// keptUp tells that the acknowledged throughput has followed the output.
	keptUp bool
	// strikes counts the feedbacks in a row with more delay than is borne.
	strikes int

	// ceiling is the throughput at which a queue began to stand, zero for none; it is
	// not tried again before ceilingUntil.
	ceiling      float64
	ceilingUntil Time
	hold         time.Duration
	// trimmedAt is when the output last stepped back, draining the excess delay then.
	// drained tells that the queue has gone since, at drainedAt.
	trimmedAt Time
	draining  time.Duration
	drained   bool
	drainedAt Time
}

// consider takes over where the estimate swings on a healthy path.
func (s *Smoother) consider(in *SmootherInput) {
	proven := s.proven.most()
	switch {
	case in.At < s.waitUntil, in.State == StateBlind, in.State == StateNoFeedback,
		s.detector.Latest().Confidence < s.cfg.Confidence,
		!s.path.known(), !s.healthy(), s.path.usual[floorLong].limit > s.cfg.MaxStanding,
		float64(in.Estimate) >= worthwhile*proven:
		return
	}
	l := &s.lead
	*l = lead{
		engaged: true, since: in.At, swungAt: in.At, growth: s.cfg.Growth, drained: true,
		output:  max(float64(in.Estimate), firstStep*proven),
		ceiling: l.ceiling, ceilingUntil: l.ceilingUntil, hold: l.hold,
	}
	s.tell(in, SmoothingOscillation)
}

// mostOutput returns what the output may never lie above.
func (s *Smoother) mostOutput() float64 { return (1 + s.cfg.Margin) * s.proven.most() }

// steer moves the output while the smoother is in charge, and lets go where it has to.
func (s *Smoother) steer(in *SmootherInput, elapsed time.Duration) {
	l := &s.lead
	l.output = min(l.output, s.mostOutput())
	excess := s.path.excess(floorNow) - l.draining
	if excess > s.cfg.ReleaseQueue {
		l.strikes++
	} else {
		l.strikes = 0
	}
	l.keptUp = l.keptUp || s.proven.acked >= keepsUp*l.output
	switch {
	case !s.cfg.Enabled:
		s.release(in, SmoothingOff)
	case in.State == StateBlind || in.State == StateNoFeedback:
		s.release(in, SmoothingBlind)
	case l.strikes >= 2 || excess > 2*s.cfg.ReleaseQueue:
		s.release(in, SmoothingQueue)
	case s.path.lossRise() > s.cfg.LossMargin:
		s.release(in, SmoothingLoss)
	case l.keptUp && s.proven.acked < shortfall*l.output && s.path.excess(floorNow) > 0:
		s.release(in, SmoothingThroughput)
	case float64(in.Estimate) > outgrown*l.output:
		s.release(in, SmoothingOutgrown)
	case in.At.Sub(l.swungAt) > calmAfter:
		s.release(in, SmoothingCalm)
	case s.path.excess(floorShort) <= s.cfg.QueueMargin:
		s.grow(in.At, elapsed)
	case l.drained:
		s.trim(in)
	case in.At.Sub(l.trimmedAt) > 2*in.RTT+floorWindows[floorMiddle]:
		// Two round trips, and the time that the floor takes to show it, have not
		// drained the queue.
		s.release(in, SmoothingQueue)
	}
	if float64(in.Estimate) < stillSwings*l.output {
		l.swungAt = in.At
	}
}

// trim steps back below what the path carried when a queue began to stand.
func (s *Smoother) trim(in *SmootherInput) {
	l := &s.lead
	acked := s.proven.acked
	if l.ceiling > 0 && acked < overCeiling*l.ceiling && l.ceiling < overCeiling*acked {
		l.hold = min(2*l.hold, s.cfg.MaxWait)
	} else {
		l.hold = s.cfg.Hold
	}
	l.ceiling = l.output
	if l.keptUp {
		l.ceiling = min(max(acked, float64(in.Acked)), l.output)
	}
	l.ceilingUntil = in.At.Add(l.hold)
	l.drained, l.trimmedAt, l.draining = false, in.At, max(0, s.path.excess(floorNow))
	s.proven.atMost(l.ceiling)
	l.output, l.growth = min(s.cfg.Backoff*l.ceiling, s.mostOutput()), s.cfg.Growth
	// Part of what was taken for jitter may have been a queue: it is learnt anew once
	// that has drained.
	for i := range s.path.usual {
		s.path.usual[i].doubt()
	}
	s.tell(in, SmoothingTrimmed)
}

// grow raises the output towards what the acknowledged throughput, which grows with
// it, has proven.
func (s *Smoother) grow(now Time, elapsed time.Duration) {
	l := &s.lead
	if !l.drained {
		l.drained, l.drainedAt, l.draining = true, now, 0
	}
	care := 1 + float64(s.path.usual[floorMiddle].limit)/float64(slowJitter)
	limit := float64((1 + s.cfg.Margin/care) * s.proven.most())
	growth := l.growth / care
	switch {
	case l.ceiling > 0 && s.proven.acked > overCeiling*l.ceiling:
		l.ceiling, l.hold = 0, s.cfg.Hold
	case l.ceiling > 0 && now < l.ceilingUntil:
		limit = min(limit, nearCeiling*l.ceiling)
	case l.ceiling > 0:
		growth = s.cfg.Growth / ceilingGrowth / care
	default:
		l.growth = min(s.cfg.MaxGrowth, l.growth+float64(growthRamp*elapsed.Seconds()))
	}
	l.output = max(l.output, min(limit, l.output*(1+float64(growth*elapsed.Seconds()))))
}

// release hands back to the estimator. A smoother that was wrong about the path stays
// out for longer each time.
func (s *Smoother) release(in *SmootherInput, why SmoothingReason) {
	l := &s.lead
	l.engaged = false
	if in.At.Sub(l.since) > provedRight {
		s.wait = s.cfg.Wait
	}
	switch why {
	case SmoothingQueue, SmoothingLoss, SmoothingThroughput:
		s.waitUntil = in.At.Add(s.wait)
		s.wait = min(2*s.wait, s.cfg.MaxWait)
		s.proven.atMost(lessProven * s.proven.most())
		l.ceiling = 0
	}
	s.tell(in, why)
}

func (s *Smoother) tell(in *SmootherInput, why SmoothingReason) {
	s.event = Smoothing{
		At: in.At, Engaged: s.lead.engaged, Reason: why, Estimate: in.Estimate,
		Output: s.output(in.Estimate), Proven: s.Proven(),
	}
	s.observe(&s.event)
}
