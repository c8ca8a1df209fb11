// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

const (
	// confirmed is the share of a step that must be acknowledged to count as carried.
	confirmed = 0.85
	// probeTime is how long a probe and what comes of it are waited for.
	probeTime = 400 * time.Millisecond
	// carriedSpan is the span of the means of what was acknowledged: between two key
	// frames a flow sends less than its mean.
	carriedSpan = 3 * time.Second
	// queuePatience is how long a queue may stand before it counts as weakness: a key
	// frame makes one of its own. One of so many times the limit is not waited for.
	queuePatience = 300 * time.Millisecond
	// overusePatience is the same for overuse without such a queue, which key frames and
	// steps are taken for too.
	overusePatience = time.Second
	queueTimes      = 4
	// near is the share of the open rate above which the estimate lowers the ceiling
	// rather than closing it.
	near = 0.8
	// usualLossSpan is the span of the mean that the path's usual loss is.
	usualLossSpan = 30 * time.Second
	// mostFailures bounds by how many doublings a failed climb puts off the next.
	mostFailures = 4
)

// ceiling lets the target above a tier's maximum, step by step. A step is asked for
// where the estimate has stood well over it on a calm path, it is shown by a probe
// first, and the next one waits until the path was seen to carry it. Anything that
// looks like congestion closes the ceiling at once, and the next climb waits twice as
// long.
type ceiling struct {
	cfg   *Config
	state CeilingState
	// level is the video bitrate that is open, zero while closed.
	level bwe.Bitrate
	// probe is the rate on the wire that is being shown.
	probe    bwe.Bitrate
	probedAt bwe.Time
	calm     timer
	shown    timer
	failures int
	// queued and overuse run while there are such; acked is what was acknowledged over carriedSpan.
	queued  timer
	overuse timer
	acked   float64
	// usual is the path's usual loss.
	usual float64
	last  bwe.Time
	known bool
}

// pathState is what the ceiling is told of the path.
type pathState struct {
	update *bwe.Update
	// video and acked are the parts of the estimate and of what was acknowledged that
	// belong to video.
	video, acked bwe.Bitrate
	// bound is what sharing and the configuration leave to video.
	bound bwe.Bitrate
	// audio and overhead make a video bitrate one on the wire.
	audio    bwe.Bitrate
	overhead float64
}

// close takes everything back.
func (e *ceiling) close() {
	e.state, e.level, e.probe = CeilingClosed, 0, 0
	e.calm, e.shown = timer{}, timer{}
}

// knobs returns factor, step and calm time of the mode.
func (e *ceiling) knobs() (factor, step float64, calm time.Duration) {
	c := &e.cfg.Ceiling
	calm = c.Calm << min(e.failures, mostFailures)
	if c.Mode == CeilingCautious {
		return 1 + (c.Factor-1)/2, c.Step / 2, 2 * calm
	}

	return c.Factor, c.Step, calm
}

// limit returns the greatest video bitrate, most or more.
func (e *ceiling) limit(now bwe.Time, most bwe.Bitrate, p *pathState) bwe.Bitrate {
	c := &e.cfg.Ceiling
	quiet := e.quiet(now, p)
	if c.Mode == CeilingOff {
		e.close()

		return most
	}
	factor, step, calm := e.knobs()
	top := min(bwe.Bitrate(factor*float64(most)), p.bound)
	if c.MaxBitrate > 0 {
		top = min(top, c.MaxBitrate)
	}
	top = max(top, most)
	e.level = min(e.level, top)
	open := max(most, e.level)
	if quiet && p.video < e.level && p.video >= bwe.Bitrate(near*float64(e.level)) {
		e.level = max(p.video, most)
		open = e.level
	}
	if !quiet || e.level > most && p.video < e.level {
		if e.level > most {
			e.failures = min(e.failures+1, mostFailures)
		}
		e.close()

		return most
	}
	next := min(bwe.Bitrate((1+step)*float64(open)), top)
	strong := next > open && p.video >= bwe.Bitrate((1+c.Margin)*float64(next))
	carried := e.shown.run(now, open == most || e.acked >= float64(confirmed*float64(open)))
	ready := e.calm.run(now, strong) >= calm && carried >= calm
	e.advance(now, strong && ready && (e.shown.running), next, p)
	e.forgive(carried, calm)

	return max(most, e.level)
}

// advance moves towards the next step.
func (e *ceiling) advance(now bwe.Time, ready bool, next bwe.Bitrate, p *pathState) {
	switch {
	case e.state == CeilingProbing && !e.calm.running:
		e.rest()
	case e.state == CeilingProbing:
		if now.Sub(e.probedAt) >= probeTime {
			e.level, e.shown = next, timer{}
			e.calm = timer{}
			e.rest()
		}
	case ready:
		e.state, e.probedAt = CeilingProbing, now
		e.probe = bwe.Bitrate(float64(next+p.audio) / (1 - p.overhead))
	default:
		e.rest()
	}
}

func (e *ceiling) rest() {
	e.probe = 0
	switch {
	case e.level > 0:
		e.state = CeilingRaised
	case e.calm.running:
		e.state = CeilingWaiting
	default:
		e.state = CeilingClosed
	}
}

// forgive forgets failures once a step has been carried for long.
func (e *ceiling) forgive(carried, calm time.Duration) {
	if e.failures > 0 && e.level > 0 && carried > 4*calm {
		e.failures = 0
	}
}

// quiet tells that the path shows no congestion.
func (e *ceiling) quiet(now bwe.Time, p *pathState) bool {
	u := p.update
	elapsed := min(max(now.Sub(e.last), 0), longestStep)
	e.last = now
	loss := u.Loss
	if !(loss >= 0 && loss <= 1) {
		loss = 0
	}
	if !e.known {
		e.known, e.usual = true, loss
	}
	e.usual = approach(e.usual, loss, elapsed, usualLossSpan)
	e.acked = approach(e.acked, float64(p.acked), elapsed, carriedSpan)
	c := &e.cfg.Ceiling
	queued := e.queued.run(now, u.QueueDelay > c.QueueDelay)
	overuse := e.overuse.run(now, u.State == bwe.StateOveruse)

	return u.State != bwe.StateLossLimited && u.State != bwe.StateBlind && queued <= queuePatience && overuse <= overusePatience &&
		u.QueueDelay <= queueTimes*c.QueueDelay && loss <= e.usual+c.Loss
}

// raise returns the greatest video bitrate, most or more.
func (c *Controller) raise(now bwe.Time, most bwe.Bitrate) bwe.Bitrate {
	audio := c.decision.Audio
	path := c.withoutOverhead(c.path.estimate - c.cfg.Sharing.Reserve)

	return c.ceiling.limit(now, most, &pathState{
		update: &c.path.update,
		video:  max(path-audio, 0), acked: max(c.withoutOverhead(c.path.update.Acked)-audio, 0),
		bound: max(c.allowed().most-audio, 0), audio: audio, overhead: c.overhead(),
	})
}
