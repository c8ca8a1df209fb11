// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

// raw returns the estimate before smoothing.
func (e *Estimator) raw() Bitrate {
	rate := e.gradient.rate
	if e.cfg.Capacity.Enabled {
		rate = float64(e.model.target() * e.lossTest.share)
	}
	estimate := Bitrate(rate)
	if e.noFeedback() && e.remb > 0 {
		estimate = e.remb
	}

	return e.clamp(estimate)
}

func (e *Estimator) clamp(b Bitrate) Bitrate {
	return min(max(b, e.cfg.MinBitrate), e.cfg.MaxBitrate)
}

// smooth lets the smoother see what is known after a feedback.
func (e *Estimator) smooth(rtt time.Duration) Bitrate {
	queue := rtt - e.rtt.least
	if e.modelled() {
		queue = seconds(max(0, e.model.queue.least))
	}

	return e.smoother.OnFeedback(SmootherInput{
		At: e.now, Estimate: e.raw(), Acked: e.throughput.value(), RTT: rtt, MinRTT: e.rtt.least,
		QueueDelay: queue, Loss: e.loss.fraction(), State: e.judge(),
	})
}

// publish makes the update that answers the current input.
func (e *Estimator) publish(estimate Bitrate) Update {
	u := &e.update
	u.At, u.Estimate = e.now, e.clamp(estimate)
	e.tellState()
	u.State = e.state
	u.PacingRate, u.PaddingRate, u.CongestionWindow = e.pacing(u.Estimate), 0, 0
	if e.cfg.Capacity.Enabled && e.heard {
		u.PaddingRate = Bitrate(e.model.padding())
		u.CongestionWindow = int64(e.model.window)
	}
	u.Unreported = e.history.writtenOff
	u.RTT = e.rtt.smooth
	u.Loss = e.loss.fraction()
	u.QueueDelay = seconds(max(0, e.model.own))
	u.Acked = e.throughput.value()
	u.Confidence, u.Swing = e.confidence(), Swing{}
	if o := e.smoother.Oscillation(); o.Active {
		u.Swing = Swing{Period: o.Period, Depth: o.Depth, Confidence: o.Confidence}
	}
	u.Probes = e.prober.take()

	return *u
}

// confidence falls with the mean change of the estimate from one feedback to the next,
// and with the time for which feedback is overdue.
func (e *Estimator) confidence() float64 {
	const sureVariation, sureBlind = 0.05, 0.2
	if !e.heard {
		return 0
	}
	sure := 1 / (1 + e.model.capacity.variation/sureVariation)

	return sure / (1 + e.model.blind/sureBlind)
}

func (e *Estimator) pacing(estimate Bitrate) Bitrate {
	if !e.cfg.Capacity.Enabled {
		return Bitrate(e.cfg.Pacing.Factor * float64(estimate))
	}
	pacing := Bitrate(e.model.pacing)
	if e.model.response.drain.running {
		return pacing
	}
	// What the application may produce must also leave.
	const least = 1.05

	return max(pacing, Bitrate(least*float64(estimate)))
}

// noFeedback tells that the peer has never sent any transport feedback.
func (e *Estimator) noFeedback() bool {
	return !e.heard && e.started && e.now.Sub(e.firstSent) > e.cfg.Feedback.NoFeedback
}

func (e *Estimator) judge() State {
	switch {
	case e.noFeedback():
		return StateNoFeedback
	case e.model.blind > 0:
		return StateBlind
	case !e.cfg.Capacity.Enabled:
		return e.gradient.state()
	case e.model.own > 0:
		return StateOveruse
	case e.lossTest.share < 1 && !e.lossTest.testing:
		return StateLossLimited
	default:
		return StateNormal
	}
}

func (e *Estimator) tellState() {
	state := e.judge()
	if state == e.state {
		return
	}
	e.events.state = StateChange{At: e.now, From: e.state, To: state}
	e.state = state
	e.observe(&e.events.state)
}

func (e *Estimator) tellSharing(before Sharing) {
	if mode := e.model.response.mode; mode != before {
		e.events.sharing = SharingChange{At: e.now, From: before, To: mode}
		e.observe(&e.events.sharing)
	}
}
