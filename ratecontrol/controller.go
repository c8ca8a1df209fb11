// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// Controller turns the estimate into targets for the encoders and decides which
// frames are worth sending. It is not safe for concurrent use.
type Controller struct {
	cfg      Config
	estimate bwe.Bitrate
	decision Decision
	backlog  backlog
	untilKey bool
}

// New returns a controller. It fails where cfg is invalid.
func New(cfg Config, now bwe.Time) (*Controller, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c := &Controller{cfg: cfg, backlog: backlog{at: now}}
	c.decide(now)

	return c, nil
}

// SetConfig replaces the configuration. It fails, changing nothing, where cfg is
// invalid.
func (c *Controller) SetConfig(cfg Config, now bwe.Time) (Decision, error) {
	if err := cfg.Validate(); err != nil {
		return c.decision, err
	}
	c.cfg = cfg
	c.decide(now)

	return c.decision, nil
}

// OnEstimate takes in the estimator's update.
func (c *Controller) OnEstimate(u *bwe.Update) Decision {
	c.estimate = u.Estimate
	c.decide(u.At)

	return c.decision
}

// OnPacer takes in the state of the pacer's queue, which corrects the
// controller's own reckoning of the backlog.
func (c *Controller) OnPacer(p PacerState) { c.backlog.correct(p.At, p.Bytes) }

// OnTimer lets time pass.
func (c *Controller) OnTimer(now bwe.Time) Decision { return c.decision }

// NextTimer returns when OnTimer wants to be called next.
func (c *Controller) NextTimer() bwe.Time { return bwe.Never }

// Latest returns the last decision again.
func (c *Controller) Latest() Decision { return c.decision }

func (c *Controller) decide(now bwe.Time) {
	target := bwe.Bitrate(float64(c.estimate) * (1 - c.cfg.Overhead))
	target = min(max(target, c.cfg.MinBitrate), c.cfg.MaxBitrate)
	c.decision.At = now
	c.decision.Target = target
	c.decision.Audio = min(c.cfg.AudioBitrate, target)
	c.decision.Video = target - c.decision.Audio
	c.backlog.drain(now, target)
}

// OnFrame decides whether a frame is sent. Audio always is. Video is judged by the
// backlog of what was admitted against what the target drains: first frames
// that nothing refers to go, then everything up to the next key frame.
func (c *Controller) OnFrame(f Frame) Verdict {
	c.backlog.drain(f.At, c.decision.Target)
	wait := c.decision.Target.TimeFor(c.backlog.bytes)
	v := Verdict{At: f.At, Kind: f.Kind, Backlog: wait}
	if f.Kind == Video {
		v.Drop = c.judge(f, wait)
	}
	if v.Drop == KeepFrame {
		c.backlog.bytes += int64(f.Size)
	}

	return v
}

func (c *Controller) judge(f Frame, wait time.Duration) DropReason {
	if f.Key {
		// A key frame ends the gap even under a backlog, unless even dropping the
		// whole last group did not drain it.
		c.untilKey = wait > c.cfg.DropUntilKeyAfter
	} else if wait > c.cfg.DropUntilKeyAfter && !f.Disposable {
		c.untilKey = true
	}
	switch {
	case c.untilKey:
		return DropUntilKey
	case f.Disposable && wait > c.cfg.DropDisposableAfter:
		return DropDisposable
	default:
		return KeepFrame
	}
}

// backlog reckons the bytes that were admitted and have not left at the target
// rate.
type backlog struct {
	at    bwe.Time
	bytes int64
}

func (b *backlog) drain(now bwe.Time, rate bwe.Bitrate) {
	if now <= b.at {
		return
	}
	b.bytes = max(0, b.bytes-rate.Bytes(now.Sub(b.at)))
	b.at = now
}

func (b *backlog) correct(now bwe.Time, queued int64) {
	b.at = max(b.at, now)
	b.bytes = max(b.bytes, queued)
}
