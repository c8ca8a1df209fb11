// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"github.com/rtmcc/rtmcc/bwe"
)

// Controller turns the estimate into targets for the encoders and decides which
// frames are worth sending. It is not safe for concurrent use.
//
// A target comes about in stages, one file each: what is left to this sender
// (sharing.go), made steady (smoothing.go, targetswing.go), within a tier of the ladder
// (ladder.go) or above it (ceiling.go), and said so that the encoder makes what is meant
// (encoderfeedback.go).
type Controller struct {
	cfg      Config
	observe  bwe.Observer
	decision Decision
	stats    Stats

	path  pathView
	share bwe.Bitrate
	// measured is the overhead as it was measured, zero for unknown.
	measured  float64
	smoothing smoothing
	ladder    ladder
	ceiling   ceiling
	encoder   encoderFeedback
	dropper   dropper
	stalls    stallMeter
	// informed: an estimate has been heard.
	informed bool
}

// pathView is what the last update told.
type pathView struct {
	estimate bwe.Bitrate
	// proven is what the path was just seen to carry, zero for unknown.
	proven bwe.Bitrate
	update bwe.Update
}

// New returns a controller whose target is the minimum until the first estimate.
// It fails where cfg is invalid.
func New(cfg Config, now bwe.Time) (*Controller, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	detector, err := bwe.NewOscillationDetector(cfg.Smoothing.Swing)
	if err != nil {
		return nil, err
	}
	c := &Controller{cfg: cfg, observe: func(bwe.Event) {}}
	c.smoothing.cfg = &c.cfg.Smoothing
	c.smoothing.swing = targetSwing{cfg: &c.cfg.Smoothing, detector: detector}
	c.ladder.init(&c.cfg)
	c.ceiling.cfg, c.encoder.cfg = &c.cfg, &c.cfg.Encoder
	c.dropper.cfg, c.dropper.backlog.at = &c.cfg, now
	c.stalls.after = cfg.StallAfter
	c.cfg.Tiers = append([]Tier(nil), cfg.Tiers...)
	c.decide(now)

	return c, nil
}

// SetObserver sends the controller's events (tiers, ceiling, swings of the target,
// stalls) to o from now on; nil stops them.
func (c *Controller) SetObserver(o bwe.Observer) {
	if o == nil {
		o = func(bwe.Event) {}
	}
	c.observe = o
}

// SetConfig replaces the configuration; what was learnt of the path, the encoder and
// the target stays. It fails, changing nothing, where cfg is invalid.
func (c *Controller) SetConfig(cfg Config, now bwe.Time) (Decision, error) {
	if err := cfg.Validate(); err != nil {
		return c.decision, err
	}
	if err := c.smoothing.swing.detector.SetConfig(cfg.Smoothing.Swing); err != nil {
		return c.decision, err
	}
	cfg.Tiers = append([]Tier(nil), cfg.Tiers...)
	c.ladder.replace(c.cfg.Tiers, cfg.Tiers)
	c.cfg = cfg
	c.stalls.after = cfg.StallAfter
	c.encoder.release()
	c.decide(now)

	return c.decision, nil
}

// Stats returns what was counted since New.
func (c *Controller) Stats() Stats { return c.stats }

// OnEstimate takes in the estimator's update.
func (c *Controller) OnEstimate(u *bwe.Update) Decision {
	p := &c.path
	p.estimate, p.proven, p.update = u.Estimate, 0, *u
	p.update.Probes = nil
	healthy := u.State != bwe.StateOveruse && u.State != bwe.StateLossLimited && u.State != bwe.StateBlind
	if healthy && c.cfg.ProvenQueueDelay > 0 && u.QueueDelay <= c.cfg.ProvenQueueDelay {
		p.proven = u.Acked
	}
	if !c.informed {
		c.informed = true
		c.encoder.release()
		c.smoothing.restart()
	}
	c.decide(u.At)

	return c.decision
}

// OnShare takes in what a budget leaves to this sender.
func (c *Controller) OnShare(s Share) Decision {
	c.share = max(s.Bitrate, 0)
	c.decide(s.At)

	return c.decision
}

// OnSent takes in a packet that left for the wire: video that stays away is a stall.
func (c *Controller) OnSent(p *bwe.SentPacket) {
	if p.Kind == bwe.PacketVideo {
		c.tellStall(c.stalls.sent(p.At))
	}
}

// OnPacer takes in the state of the pacer's queue, which dips are waited out in and by
// whose age frames are dropped.
func (c *Controller) OnPacer(p PacerState) { c.dropper.onPacer(p) }

// OnTimer lets time pass.
func (c *Controller) OnTimer(now bwe.Time) Decision {
	c.decide(now)

	return c.decision
}

// NextTimer returns when OnTimer wants to be called next: never, as every input
// brings the controller up to date.
func (c *Controller) NextTimer() bwe.Time { return bwe.Never }

// Latest returns the last decision again.
func (c *Controller) Latest() Decision { return c.decision }

// OnFrame decides whether a frame is sent. Audio always is. Video is judged by the
// backlog of what was admitted against what the path carries: first frames
// that nothing refers to go, then everything up to the next key frame.
func (c *Controller) OnFrame(f Frame) Verdict {
	v := c.dropper.onFrame(f)
	c.stats.count(&f, v.Drop)
	if f.Kind == Video {
		c.encoder.onFrame(&f)
		if f.Key && v.Drop == KeepFrame {
			c.ladder.onKeyFrame()
		}
	}

	return v
}

func (c *Controller) decide(now bwe.Time) {
	c.tellStall(c.stalls.pass(now))
	d := &c.decision
	d.At = now
	allowed := c.allowed()
	d.Limit = allowed.limit

	c.dropper.deaf = c.encoder.deaf()
	c.dropper.setRate(now, max(allowed.rate, c.media(c.path.proven), d.Target))
	rate := allowed.rate
	if c.informed {
		rate = c.smooth(now, allowed.rate)
		if rate < allowed.rate {
			d.Limit = LimitSmoothing
		}
	}
	d.Smoothing = c.smoothing.state
	rate = min(max(rate, c.floor()), allowed.most)

	c.split(now, rate, allowed.most)
	d.KeyFrame = c.dropper.keyWanted(now) || d.Switching
}

// smooth asks the smoothing what to aim at.
func (c *Controller) smooth(now bwe.Time, allowed bwe.Bitrate) bwe.Bitrate {
	u := &c.path.update

	return bwe.Bitrate(c.smoothing.step(&view{
		now: now, allowed: float64(allowed), queue: c.dropper.queued(), age: c.dropper.wait(now),
		delay: u.QueueDelay, blind: u.State == bwe.StateBlind, idle: c.encoder.idle(now),
	}))
}

// split shares the rate between audio and video and fits video into the ladder.
func (c *Controller) split(now bwe.Time, rate, most bwe.Bitrate) {
	d := &c.decision
	d.Audio = min(c.cfg.AudioBitrate, rate)
	video := rate - d.Audio
	if len(c.cfg.Tiers) > 0 {
		video = c.climb(now, video)
	}
	limit := max(most, c.floor())
	d.Video = c.encoder.ask(now, video, limit-d.Audio, d.Smoothing == SmoothingEmergency)
	d.Target = d.Audio + d.Video
}
