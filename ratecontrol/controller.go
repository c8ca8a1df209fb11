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
	// proven is what the path was just seen to carry, zero for unknown.
	proven   bwe.Bitrate
	decision Decision
	backlog  backlog

	// untilKey: a frame that the following ones need was dropped.
	untilKey bool
	// keySize is the size of the latest key frame.
	keySize int64
}

// New returns a controller whose target is the minimum until the first estimate.
// It fails where cfg is invalid.
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
	c.proven = 0
	healthy := u.State != bwe.StateOveruse && u.State != bwe.StateLossLimited && u.State != bwe.StateBlind
	if healthy && c.cfg.ProvenQueueDelay > 0 && u.QueueDelay <= c.cfg.ProvenQueueDelay {
		c.proven = u.Acked
	}
	c.decide(u.At)

	return c.decision
}

// OnPacer takes in the state of the pacer's queue: the backlog is never less than
// what really waits.
func (c *Controller) OnPacer(p PacerState) {
	c.backlog.advance(p.At)
	c.backlog.raise(p.Bytes)
}

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

func (c *Controller) decide(now bwe.Time) {
	target := c.media(c.estimate)

	c.backlog.advance(now)
	c.backlog.setRate(max(target, c.media(c.proven)), c.cfg.MaxBacklog)

	c.decision.At = now
	c.decision.Target = target
	c.decision.Audio = min(c.cfg.AudioBitrate, target)
	c.decision.Video = target - c.decision.Audio
	c.decision.KeyFrame = c.untilKey && c.backlog.wait() <= c.cfg.DropUntilKeyAfter
}

// media returns how much of a rate on the wire is left to media, within the limits.
func (c *Controller) media(wire bwe.Bitrate) bwe.Bitrate {
	rate := bwe.Bitrate(float64(max(wire, 0)) * (1 - c.cfg.Overhead))

	return min(max(rate, c.cfg.MinBitrate), c.cfg.MaxBitrate)
}

// OnFrame decides whether a frame is sent. Audio always is. Video is judged by the
// backlog of what was admitted against what the path carries: first frames
// that nothing refers to go, then everything up to the next key frame.
func (c *Controller) OnFrame(f Frame) Verdict {
	c.backlog.advance(f.At)
	v := Verdict{At: f.At, Kind: f.Kind, Backlog: c.backlog.wait()}
	if f.Kind != Audio {
		v.Drop = c.judge(f, v.Backlog)
	}
	if v.Drop == KeepFrame {
		c.backlog.add(int64(f.Size))
	}

	return v
}

func (c *Controller) judge(f Frame, wait time.Duration) DropReason {
	if f.Key {
		c.keySize = int64(f.Size)
		// A key frame ends the gap, unless not even the whole last group made room.
		c.untilKey = wait > c.cfg.DropUntilKeyAfter
	} else if !f.Disposable && wait > c.cfg.DropUntilKeyAfter+c.keyAllowance() {
		c.untilKey = true
	}
	switch {
	case c.untilKey:
		return DropUntilKey
	case f.Disposable && !f.Key && wait > c.cfg.DropDisposableAfter+c.keyAllowance():
		return DropDisposable
	default:
		return KeepFrame
	}
}

// keyAllowance is what the limits grow by, since a key frame is a burst for which
// its whole group pays.
func (c *Controller) keyAllowance() time.Duration {
	return timeFor(c.backlog.rate, c.keySize, c.cfg.KeyFrameAllowance)
}
