// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"math"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// player feeds one controller.
type player struct {
	choice     netsim.Choice
	track      *timeline.TrackBuilder
	controller netsim.Controller
	// estimator and media are the controller where it is one.
	estimator netsim.EstimatorController
	media     netsim.MediaController
	probes    ownProbes

	// heard is the time of the last input, next when the controller wants to be called.
	heard, next bwe.Time
	update      bwe.Update
	// err is why the controller failed, at failedAt.
	err      error
	failedAt bwe.Time
}

// open begins a connection.
func (p *player) open(s netsim.Setting, now bwe.Time) error {
	if p.failed() {
		return nil
	}
	p.close()
	s.Observe = func(ev bwe.Event) {
		if r, ok := ev.(*bwe.ProbeResult); ok {
			p.track.OnProbeResult(r)
		}
	}
	c, err := p.choice.Open(s)
	if err != nil {
		return err
	}
	p.controller, p.probes, p.heard = c, ownProbes{}, now
	p.estimator, _ = c.(netsim.EstimatorController)
	p.media, _ = c.(netsim.MediaController)
	u, err := c.Start(now)
	if err != nil {
		return err
	}
	u.At = now
	p.take(u, nil)

	return nil
}

func (p *player) close() {
	if p.controller != nil {
		_ = p.controller.Close() // what it had to say was heard
	}
	p.controller = nil
}

// failed tells whether the controller was left out.
func (p *player) failed() bool { return p.err != nil }

// live tells whether there is a controller to be fed.
func (p *player) live() bool { return p.controller != nil }

// advance calls the controller for the time up to now where it wants that. Without own
// set, those that are told by the recording are left alone.
func (p *player) advance(now bwe.Time, own bool) {
	if p.estimator == nil || own {
		for p.live() && p.next <= now && p.next.Sub(p.heard) <= longestIdle {
			at := max(p.next, p.heard)
			before := p.next
			p.take(p.controller.OnTimer(at))
			if p.next <= before {
				break
			}
		}
	}
	p.heard = now
}

// onRecordedTimer passes on that the recorder called its controller for time alone.
func (p *player) onRecordedTimer(now bwe.Time) {
	p.advance(now, false)
	if p.live() && p.estimator != nil {
		p.take(p.controller.OnTimer(now))
	}
}

func (p *player) onSent(s *bwe.SentPacket) {
	if !p.live() {
		return
	}
	own := *s
	own.ProbeCluster = p.probes.of(s.ProbeCluster)
	if err := p.controller.OnSent(own); err != nil {
		p.fail(err, s.At)
	} else if p.next == bwe.Never {
		p.next = p.controller.NextTimer()
	}
}

func (p *player) onFeedback(f *bwe.Feedback) {
	if p.live() {
		p.take(p.controller.OnFeedback(*f))
	}
}

func (p *player) onREMB(r *bwe.REMB) {
	if p.live() && p.estimator != nil {
		p.take(p.estimator.OnREMB(*r))
	}
}

// onMedia passes on what only a rate controller hears of.
func (p *player) onMedia(ev bwe.Event) {
	if !p.live() || p.media == nil {
		return
	}
	switch e := ev.(type) {
	case *ratecontrol.Frame:
		p.media.OnFrame(*e)

		return
	case *ratecontrol.PacerState:
		p.media.OnPacer(*e)

		return
	case *ratecontrol.Share:
		p.media.OnShare(*e)
	case *ratecontrol.Overhead:
		p.media.OnOverhead(*e)
	}
	p.track.OnDecision(p.media.Decision())
}

// onProbe takes in a probe of the recorder.
func (p *player) onProbe(probe bwe.Probe, now bwe.Time) {
	if !p.live() {
		return
	}
	own := p.probes.answer(probe.Bitrate, now)
	if own == 0 && p.estimator != nil {
		own = p.estimator.AdoptProbe(probe, now)
	}
	p.probes.link(probe.ID, own)
}

// take takes in the controller's answer.
func (p *player) take(u bwe.Update, err error) {
	if err != nil {
		p.fail(err, p.heard)

		return
	}
	p.update = u
	p.track.OnUpdate(&p.update)
	if p.estimator != nil {
		p.track.OnDetection(u.At, p.estimator.Detection())
	}
	if p.media != nil {
		p.track.OnDecision(p.media.Decision())
	}
	for _, probe := range u.Probes {
		p.probes.ask(probe, u.At)
	}
	p.next = p.controller.NextTimer()
}

// fail leaves the controller out from now on.
func (p *player) fail(err error, now bwe.Time) {
	p.err, p.failedAt = err, now
	p.close()
}

// cut takes what lies after a failure out of the controller's track.
func (p *player) cut(t *timeline.Track) {
	if p.err == nil {
		return
	}
	from := int(p.failedAt/bwe.Time(timeline.Bin)) + 1
	for _, s := range []timeline.Signal{t.Estimate, t.DelayBased, t.Target, t.Ceiling, t.Queue, t.Trend, t.Threshold} {
		for i := from; i < len(s); i++ {
			s[i] = math.NaN()
		}
	}
}
