// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"math"
	"time"

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

	// origin is when the connection began. A controller's time begins with it, as in a live
	// sender, for early decisions go by how much time has passed.
	origin time.Duration
	// heard is the time of the last input, next when the controller wants to be called,
	// both in the controller's time.
	heard, next bwe.Time
	update      bwe.Update
	decision    ratecontrol.Decision
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
			moved := *r
			moved.At = p.recorded(r.At)
			p.track.OnProbeResult(&moved)
		}
	}
	c, err := p.choice.Open(s)
	if err != nil {
		return err
	}
	p.controller, p.probes, p.heard, p.origin = c, ownProbes{}, 0, now.Sub(0)
	p.estimator, _ = c.(netsim.EstimatorController)
	p.media, _ = c.(netsim.MediaController)
	u, err := c.Start(0)
	if err != nil {
		return err
	}
	u.At = 0
	p.take(u, nil)

	return nil
}

func (p *player) close() {
	if p.controller != nil {
		_ = p.controller.Close() // what it had to say was heard
	}
	p.controller = nil
}

// own returns a time of the recording in the controller's time, recorded the reverse.
func (p *player) own(t bwe.Time) bwe.Time      { return t.Add(-p.origin) }
func (p *player) recorded(t bwe.Time) bwe.Time { return t.Add(p.origin) }

// failed tells whether the controller was left out.
func (p *player) failed() bool { return p.err != nil }

// live tells whether there is a controller to be fed.
func (p *player) live() bool { return p.controller != nil }

// advance calls the controller for the time up to now where it wants that. Without own
// set, those that are told by the recording are left alone.
func (p *player) advance(recorded bwe.Time, own bool) {
	now := p.own(recorded)
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
		p.take(p.controller.OnTimer(p.own(now)))
	}
}

func (p *player) onSent(s *bwe.SentPacket) {
	if !p.live() {
		return
	}
	own := *s
	own.At = p.own(s.At)
	own.ProbeCluster = p.probes.of(s.ProbeCluster)
	if err := p.controller.OnSent(own); err != nil {
		p.fail(err, s.At)
	} else if p.next == bwe.Never {
		p.next = p.controller.NextTimer()
	}
}

func (p *player) onFeedback(f *bwe.Feedback) {
	if p.live() {
		own := *f
		own.At = p.own(f.At)
		p.take(p.controller.OnFeedback(own))
	}
}

func (p *player) onREMB(r *bwe.REMB) {
	if p.live() && p.estimator != nil {
		p.take(p.estimator.OnREMB(bwe.REMB{At: p.own(r.At), Bitrate: r.Bitrate}))
	}
}

// onMedia passes on what only a rate controller hears of.
func (p *player) onMedia(ev bwe.Event) {
	if !p.live() || p.media == nil {
		return
	}
	switch e := ev.(type) {
	case *ratecontrol.Frame:
		own := *e
		own.At = p.own(e.At)
		p.media.OnFrame(own)

		return
	case *ratecontrol.PacerState:
		own := *e
		own.At = p.own(e.At)
		p.media.OnPacer(own)

		return
	case *ratecontrol.Share:
		own := *e
		own.At = p.own(e.At)
		p.media.OnShare(own)
	case *ratecontrol.Overhead:
		own := *e
		own.At = p.own(e.At)
		p.media.OnOverhead(own)
	}
	p.decided()
}

// decided notes the rate controller's decision.
func (p *player) decided() {
	p.decision = *p.media.Decision()
	p.decision.At = p.recorded(p.decision.At)
	p.track.OnDecision(&p.decision)
}

// onProbe takes in a probe of the recorder.
func (p *player) onProbe(probe bwe.Probe, now bwe.Time) {
	if !p.live() {
		return
	}
	own := p.probes.answer(probe.Bitrate, now)
	if own == 0 && p.estimator != nil {
		own = p.estimator.AdoptProbe(probe, p.own(now))
	}
	p.probes.link(probe.ID, own)
}

// take takes in the controller's answer.
func (p *player) take(u bwe.Update, err error) {
	if err != nil {
		p.fail(err, p.recorded(p.heard))

		return
	}
	u.At = p.recorded(u.At)
	p.update = u
	p.track.OnUpdate(&p.update)
	if p.estimator != nil {
		p.track.OnDetection(u.At, p.estimator.Detection())
	}
	if p.media != nil {
		p.decided()
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

// cut takes what lies after a failure out of the controller's track, whose first bin is at
// start.
func (p *player) cut(t *timeline.Track, start bwe.Time) {
	if p.err == nil {
		return
	}
	from := max(0, int((p.failedAt-start)/bwe.Time(timeline.Bin))+1)
	for _, s := range []timeline.Signal{t.Estimate, t.DelayBased, t.Target, t.Ceiling, t.Queue, t.Trend, t.Threshold} {
		for i := from; i < len(s); i++ {
			s[i] = math.NaN()
		}
	}
}
