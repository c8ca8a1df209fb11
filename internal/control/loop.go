// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package control joins one bandwidth estimator with one rate controller into
// the loop that runs live, in the simulator and in replay alike. It is pure in the
// way its two halves are: every input carries its time, every input and every
// decision is shown to one observer in order, and the same inputs give the same
// decisions.
package control

import (
	"errors"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// Config is the whole configuration of a loop, as a trace's header records it.
type Config struct {
	BWE         bwe.Config         `json:"bwe"`
	RateControl ratecontrol.Config `json:"rate_control"`
	// EstimatorAlone tells that no rate controller steers the media: the loop makes no
	// decisions, and lets every frame pass. It cannot change while the loop runs. Default
	// false; true in simulations of the estimator alone.
	EstimatorAlone bool `json:"estimator_alone,omitempty"`
}

// Default returns the recommended configuration.
func Default() Config {
	return Config{BWE: bwe.Default(), RateControl: ratecontrol.Default()}
}

// Loop is an estimator and, but for [Config.EstimatorAlone], a controller. It is not safe for concurrent use.
type Loop struct {
	est     *bwe.Estimator
	ctl     *ratecontrol.Controller
	observe bwe.Observer
	// alone tells that ctl is not asked.
	alone bool

	update   bwe.Update
	decision ratecontrol.Decision

	// Scratch events: an observer copies what it keeps, so that none is allocated
	// per input.
	sent     bwe.SentPacket
	feedback bwe.Feedback
	remb     bwe.REMB
	timer    bwe.Timer
	frame    ratecontrol.Frame
	verdict  ratecontrol.Verdict
	pacer    ratecontrol.PacerState
	overhead ratecontrol.Overhead
	share    ratecontrol.Share

	// probing is the rate that a probe was last asked for on the controller's behalf.
	probing bwe.Bitrate
}

// NewLoop returns a loop that starts at now and shows inputs and decisions to
// observe, which may be nil. It fails where cfg is invalid.
func NewLoop(cfg Config, now bwe.Time, observe bwe.Observer) (*Loop, error) {
	est, err := bwe.New(cfg.BWE, now)
	if err != nil {
		return nil, err
	}
	ctl, err := ratecontrol.New(cfg.RateControl, now)
	if err != nil {
		return nil, err
	}
	if observe == nil {
		observe = func(bwe.Event) {}
	}
	est.SetObserver(observe)
	ctl.SetObserver(observe)
	l := &Loop{est: est, ctl: ctl, observe: observe, alone: cfg.EstimatorAlone, update: est.Latest()}
	l.observe(&Started{At: now, Config: cfg})
	if !l.alone {
		l.decision = ctl.OnEstimate(&l.update)
	}

	return l, nil
}

// OnSent takes in a packet that left for the wire.
func (l *Loop) OnSent(p bwe.SentPacket) {
	l.sent = p
	l.observe(&l.sent)
	l.est.OnSent(p)
	if !l.alone {
		l.ctl.OnSent(&l.sent)
	}
}

// OnFeedback takes in one transport feedback.
func (l *Loop) OnFeedback(f bwe.Feedback) {
	l.feedback = f
	l.observe(&l.feedback)
	l.decide(l.est.OnFeedback(f))
}

// OnREMB takes in a receiver-side estimate.
func (l *Loop) OnREMB(r bwe.REMB) {
	l.remb = r
	l.observe(&l.remb)
	l.decide(l.est.OnREMB(r))
}

// OnTimer lets time pass.
func (l *Loop) OnTimer(now bwe.Time) {
	l.timer = bwe.Timer{At: now}
	l.observe(&l.timer)
	l.decide(l.est.OnTimer(now))
}

// OnFrame asks whether a frame is worth sending.
func (l *Loop) OnFrame(f ratecontrol.Frame) ratecontrol.Verdict {
	l.frame = f
	l.observe(&l.frame)
	if l.alone {
		return ratecontrol.Verdict{At: f.At, Kind: f.Kind, Drop: ratecontrol.KeepFrame}
	}
	l.verdict = l.ctl.OnFrame(f)
	l.observe(&l.verdict)

	return l.verdict
}

// OnPacer takes in the state of the pacer's queue.
func (l *Loop) OnPacer(p ratecontrol.PacerState) {
	l.pacer = p
	l.observe(&l.pacer)
	if !l.alone {
		l.ctl.OnPacer(p)
	}
}

// OnShare takes in what a budget leaves to this sender.
func (l *Loop) OnShare(s ratecontrol.Share) {
	l.share = s
	l.observe(&l.share)
	if l.alone {
		return
	}
	l.decision = l.ctl.OnShare(s)
	l.observe(&l.decision)
}

// Stats returns what the controller counted.
func (l *Loop) Stats() ratecontrol.Stats { return l.ctl.Stats() }

// OnOverhead takes in what headers, repeats and FEC take of what is sent.
func (l *Loop) OnOverhead(o ratecontrol.Overhead) {
	l.overhead = o
	l.observe(&l.overhead)
	if l.alone {
		return
	}
	l.decision = l.ctl.OnOverhead(o)
	l.observe(&l.decision)
}

var errAlone = errors.New("estimator_alone cannot change while the loop runs")

// SetConfig replaces the configuration while running. It fails, changing nothing,
// where cfg is invalid.
func (l *Loop) SetConfig(cfg Config, now bwe.Time) error {
	if cfg.EstimatorAlone != l.alone {
		return errAlone
	}
	if err := cfg.BWE.Validate(); err != nil {
		return err
	}
	if err := cfg.RateControl.Validate(); err != nil {
		return err
	}
	l.observe(&ConfigChanged{At: now, Config: cfg})
	u, err := l.est.SetConfig(cfg.BWE, now)
	if err != nil {
		return err
	}
	if !l.alone {
		if _, err := l.ctl.SetConfig(cfg.RateControl, now); err != nil {
			return err
		}
	}
	l.decide(u)

	return nil
}

// Update returns the estimator's latest update; its probes are those of the last
// input.
func (l *Loop) Update() *bwe.Update { return &l.update }

// Decision returns the controller's latest decision, a zero one where it makes none.
func (l *Loop) Decision() *ratecontrol.Decision { return &l.decision }

// Detection returns what the estimator's delay-based part goes by now.
func (l *Loop) Detection() bwe.Detection { return l.est.Detection() }

// AdoptProbe makes the estimator read a probe that it did not ask for, as
// [bwe.Estimator.AdoptProbe] does. The observer is not shown it: it is for feeding a
// recording to a loop that is not recorded itself.
func (l *Loop) AdoptProbe(p bwe.Probe, now bwe.Time) int { return l.est.AdoptProbe(p, now) }

// NextTimer returns when OnTimer wants to be called.
func (l *Loop) NextTimer() bwe.Time {
	if l.alone {
		return l.est.NextTimer()
	}

	return min(l.est.NextTimer(), l.ctl.NextTimer())
}

func (l *Loop) decide(u bwe.Update) {
	l.update = u
	l.observe(&l.update)
	if l.alone {
		return
	}
	l.decision = l.ctl.OnEstimate(&l.update)
	if probe := l.decision.Probe; probe != l.probing {
		l.probing = probe
		l.est.RequestProbe(probe, u.At)
	}
	l.observe(&l.decision)
}

// Started is the input that opened a loop: what follows in the event stream, up to
// the next one, comes from that loop.
type Started struct {
	At     bwe.Time `json:"t"`
	Config Config   `json:"config"`
}

// EventName implements [bwe.Event].
func (*Started) EventName() string { return "start" }

// Time implements [bwe.Event].
func (s *Started) Time() bwe.Time { return s.At }

// ConfigChanged is the input that replaced the configuration.
type ConfigChanged struct {
	At     bwe.Time `json:"t"`
	Config Config   `json:"config"`
}

// EventName implements [bwe.Event].
func (*ConfigChanged) EventName() string { return "config" }

// Time implements [bwe.Event].
func (c *ConfigChanged) Time() bwe.Time { return c.At }
