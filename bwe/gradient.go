// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

// gradientControl is Google congestion control: arrival groups, trendline, AIMD and
// loss (draft-ietf-rmcat-gcc). With evidence demanded, its cuts wait until a queue is
// shown to be ours.
type gradientControl struct {
	cfg    *Config
	groups interArrival
	trend  trendline
	aimd   aimd
	loss   lossControl
	acked  robustThroughput
	// probed is what the latest probe within the feedback at hand showed, zero for none.
	probed Bitrate
	// rate is the lesser of AIMD's rate and what loss allows.
	rate    float64
	heardAt Time
}

// streamTimeout is the silence after which delays are no longer compared with those
// before it (libwebrtc kStreamTimeOut).
const streamTimeout = 2 * time.Second

func (g *gradientControl) init(cfg *Config) {
	g.cfg = cfg
	g.groups.cfg, g.aimd.cfg, g.loss.cfg = &cfg.Trendline, &cfg.AIMD, &cfg.Loss
	g.trend = newTrendline(&cfg.Trendline)
	g.aimd.rate = float64(cfg.StartBitrate)
	g.rate = g.aimd.rate
}

// onReceived takes in an arrival that was heard of now.
func (g *gradientControl) onReceived(sent, recv Time, size int64, now Time) {
	if now.Sub(g.heardAt) > streamTimeout {
		g.groups = interArrival{cfg: &g.cfg.Trendline}
		g.trend = newTrendline(&g.cfg.Trendline)
	}
	g.heardAt = now
	g.acked.add(sent, recv, size)
	if sendDelta, recvDelta, ok := g.groups.add(sent, recv); ok {
		g.trend.add(sendDelta, recvDelta, recv)
	}
}

// onProbe takes in what a probe showed.
func (g *gradientControl) onProbe(result Bitrate) { g.probed = result }

// onFeedback sets the rate anew.
func (g *gradientControl) onFeedback(e *Estimator) {
	before, verdict := Bitrate(g.rate), g.trend.state
	if g.cfg.Evidence.Enabled && verdict == usageOver && !g.believed(&e.model) {
		verdict = usageNormal
	}
	acked := g.acked.value()
	if g.probed > 0 && verdict != usageOver {
		// What gets through shows as much as a probe that was disturbed.
		shown := max(float64(g.probed), min(g.aimd.rate, g.cfg.AIMD.Beta*float64(acked)))
		g.aimd.set(shown, e.now)
		g.loss.release()
	} else {
		g.aimd.update(verdict, acked, e.rtt.smooth, e.now)
	}
	g.probed = 0
	g.aimd.rate = g.clamp(g.aimd.rate)
	g.rate = g.aimd.rate
	if g.cfg.Loss.Enabled {
		g.rate = g.clamp(g.loss.update(g.aimd.rate, &e.loss, e.rtt.smooth, e.now))
	}
	e.schedule.onRate(before, Bitrate(g.rate), e.now)
	g.probe(e, e.schedule.recovery(&e.limited, verdict == usageOver, Bitrate(g.rate), e.now))
}

func (g *gradientControl) clamp(rate float64) float64 {
	return min(max(rate, float64(g.cfg.MinBitrate)), float64(g.cfg.MaxBitrate))
}

// onTimer asks for the probe that is due while the application is limited.
func (g *gradientControl) onTimer(e *Estimator) {
	rate := Bitrate(g.rate)
	e.limited.onSent(0, rate, e.now)
	g.probe(e, e.schedule.periodic(&e.limited, rate, e.now))
}

// probe asks for one, unless that would go into a queue or lead nowhere.
func (g *gradientControl) probe(e *Estimator, rate Bitrate) {
	rate = min(rate, g.cfg.MaxBitrate)
	if g.cfg.Probe.Enabled && e.heard && g.trend.state != usageOver && float64(rate) > g.rate {
		e.prober.ask(rate)
	}
}

// believed tells whether the delay behind a verdict of overuse is a queue.
func (g *gradientControl) believed(m *pathModel) bool {
	ours := float64(m.bursts.own.value(m.capacity.rate)*m.queue.least) + m.queue.own

	return ours > g.cfg.Evidence.Queue.Seconds() || m.queue.least > g.cfg.Evidence.MaxQueue.Seconds()
}

func (g *gradientControl) state() State {
	switch g.trend.state {
	case usageOver:
		return StateOveruse
	case usageUnder:
		return StateUnderuse
	default:
		return StateNormal
	}
}
