// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

// gradientControl is Google congestion control: arrival groups, trendline, AIMD and
// loss (draft-ietf-rmcat-gcc). With evidence demanded, its cuts wait until a queue is
// shown to be ours.
type gradientControl struct {
	cfg    *Config
	groups interArrival
	trend  trendline
	aimd   aimd
	loss   lossControl
	// delayBased is the rate before loss was taken into account.
	delayBased Bitrate
}

func (g *gradientControl) init(cfg *Config) {
	g.cfg = cfg
	g.groups.cfg, g.aimd.cfg, g.loss.cfg = &cfg.Trendline, &cfg.AIMD, &cfg.Loss
	g.trend = newTrendline(&cfg.Trendline)
	g.aimd.rate = float64(cfg.StartBitrate)
}

// onReceived takes in an arrival.
func (g *gradientControl) onReceived(sent, recv Time) {
	if sendDelta, recvDelta, ok := g.groups.add(sent, recv); ok {
		g.trend.add(sendDelta, recvDelta, recv)
	}
}

// onProbe takes in what a probe showed.
func (g *gradientControl) onProbe(result Bitrate) {
	g.aimd.rate = max(g.aimd.rate, float64(result))
}

// onFeedback sets the rate anew.
func (g *gradientControl) onFeedback(e *Estimator) {
	before, verdict := Bitrate(g.aimd.rate), g.trend.state
	if g.cfg.Evidence.Enabled && verdict == usageOver && !g.believed(&e.model) {
		verdict = usageNormal
	}
	g.aimd.update(verdict, e.throughput.value(), e.rtt.smooth, e.now)
	g.delayBased = Bitrate(g.aimd.rate)
	if g.cfg.Loss.Enabled {
		g.aimd.rate = g.loss.update(g.aimd.rate, &e.loss, e.rtt.smooth, e.now)
	}
	g.aimd.rate = min(max(g.aimd.rate, float64(g.cfg.MinBitrate)), float64(g.cfg.MaxBitrate))
	e.schedule.onRate(before, Bitrate(g.aimd.rate), e.now)
	g.probe(e, e.schedule.recovery(&e.limited, verdict == usageOver, Bitrate(g.aimd.rate), e.now))
}

// onTimer asks for the probe that is due while the application is limited.
func (g *gradientControl) onTimer(e *Estimator) {
	rate := Bitrate(g.aimd.rate)
	e.limited.onSent(0, rate, e.now)
	g.probe(e, e.schedule.periodic(&e.limited, rate, e.now))
}

// probe asks for one, unless that would go into a queue or lead nowhere.
func (g *gradientControl) probe(e *Estimator, rate Bitrate) {
	rate = min(rate, g.cfg.MaxBitrate)
	if g.cfg.Probe.Enabled && e.heard && g.trend.state != usageOver && float64(rate) > g.aimd.rate {
		e.prober.ask(rate, e.now)
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
