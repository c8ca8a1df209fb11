// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"fmt"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// Controller decides the rate of one media flow. Times are virtual. Any error ends
// the run.
type Controller interface {
	// Start opens the flow and returns the first update.
	Start(now bwe.Time) (bwe.Update, error)
	// OnSent records a packet that left for the wire.
	OnSent(p bwe.SentPacket) error
	// OnFeedback takes in a transport feedback, whose results it does not keep.
	OnFeedback(f bwe.Feedback) (bwe.Update, error)
	// OnTimer lets time pass.
	OnTimer(now bwe.Time) (bwe.Update, error)
	// NextTimer is when OnTimer wants to be called.
	NextTimer() bwe.Time
	// Close ends the flow; it may be called without Start and more than once.
	Close() error
}

// mediaController is a Controller that also steers the encoder: the media follows
// its decision in the estimate's place, and frames are sent only where it agrees.
type mediaController interface {
	Controller

	// tiers is the ladder that decisions speak of.
	tiers() []ratecontrol.Tier
	decision() *ratecontrol.Decision
	onFrame(f ratecontrol.Frame) ratecontrol.Verdict
	onPacer(p ratecontrol.PacerState)
}

// PathView is what the simulation itself knows of a flow's path.
type PathView struct {
	// Capacity returns what the path carried for media at t, shared evenly between
	// the media flows that were active.
	Capacity func(t bwe.Time) bwe.Bitrate
	// FeedbackDelay is the delay of the way back.
	FeedbackDelay time.Duration
}

// Limits are the bounds that a scenario sets for the estimate of every flow.
type Limits struct {
	Start bwe.Bitrate
	Min   bwe.Bitrate
	Max   bwe.Bitrate
}

func (l Limits) apply(c bwe.Config) bwe.Config {
	c.StartBitrate, c.MinBitrate, c.MaxBitrate = l.Start, l.Min, l.Max

	return c
}

// estimatorFlow runs the estimator alone: the media follows the estimate.
type estimatorFlow struct {
	cfg bwe.Config
	est *bwe.Estimator
}

func (c *estimatorFlow) Start(now bwe.Time) (bwe.Update, error) {
	est, err := bwe.New(c.cfg, now)
	if err != nil {
		return bwe.Update{}, err
	}
	c.est = est

	return est.Latest(), nil
}

func (c *estimatorFlow) OnSent(p bwe.SentPacket) error {
	c.est.OnSent(p)

	return nil
}

func (c *estimatorFlow) OnFeedback(f bwe.Feedback) (bwe.Update, error) {
	return c.est.OnFeedback(f), nil
}

func (c *estimatorFlow) OnTimer(now bwe.Time) (bwe.Update, error) { return c.est.OnTimer(now), nil }
func (c *estimatorFlow) NextTimer() bwe.Time                      { return c.est.NextTimer() }
func (c *estimatorFlow) Close() error                             { return nil }

// loopFlow runs the estimator inside the control loop of a live sender, which
// shows every input and decision to an observer.
type loopFlow struct {
	cfg     control.Config
	observe bwe.Observer
	loop    *control.Loop
}

func (c *loopFlow) Start(now bwe.Time) (bwe.Update, error) {
	loop, err := control.NewLoop(c.cfg, now, c.observe)
	if err != nil {
		return bwe.Update{}, err
	}
	c.loop = loop

	return *loop.Update(), nil
}

func (c *loopFlow) OnSent(p bwe.SentPacket) error {
	c.loop.OnSent(p)

	return nil
}

func (c *loopFlow) OnFeedback(f bwe.Feedback) (bwe.Update, error) {
	c.loop.OnFeedback(f)

	return *c.loop.Update(), nil
}

func (c *loopFlow) OnTimer(now bwe.Time) (bwe.Update, error) {
	c.loop.OnTimer(now)

	return *c.loop.Update(), nil
}

func (c *loopFlow) NextTimer() bwe.Time { return c.loop.NextTimer() }
func (c *loopFlow) Close() error        { return nil }

// rateControlledFlow lets the loop's rate controller steer the media as well.
type rateControlledFlow struct{ loopFlow }

func (c *rateControlledFlow) tiers() []ratecontrol.Tier { return c.cfg.RateControl.Tiers }

func (c *rateControlledFlow) decision() *ratecontrol.Decision { return c.loop.Decision() }

func (c *rateControlledFlow) onFrame(f ratecontrol.Frame) ratecontrol.Verdict {
	return c.loop.OnFrame(f)
}

func (c *rateControlledFlow) onPacer(p ratecontrol.PacerState) { c.loop.OnPacer(p) }

// observed shows the inputs and answers of a controller that has no loop to an
// observer.
type observed struct {
	Controller

	observe  bwe.Observer
	sent     bwe.SentPacket
	feedback bwe.Feedback
	update   bwe.Update
}

func (c *observed) OnSent(p bwe.SentPacket) error {
	c.sent = p
	c.observe(&c.sent)

	return c.Controller.OnSent(p)
}

func (c *observed) OnFeedback(f bwe.Feedback) (bwe.Update, error) {
	c.feedback = f
	c.observe(&c.feedback)

	return c.answer(c.Controller.OnFeedback(f))
}

func (c *observed) OnTimer(now bwe.Time) (bwe.Update, error) {
	return c.answer(c.Controller.OnTimer(now))
}

func (c *observed) answer(u bwe.Update, err error) (bwe.Update, error) {
	if err != nil {
		return u, err
	}
	c.update = u
	c.observe(&c.update)

	return u, nil
}

// steady sends at one rate whatever happens.
type steady struct{ rate bwe.Bitrate }

func (c *steady) Start(now bwe.Time) (bwe.Update, error) { return c.OnTimer(now) }
func (c *steady) OnSent(bwe.SentPacket) error            { return nil }
func (c *steady) NextTimer() bwe.Time                    { return bwe.Never }
func (c *steady) Close() error                           { return nil }

func (c *steady) OnFeedback(f bwe.Feedback) (bwe.Update, error) { return c.OnTimer(f.At) }

func (c *steady) OnTimer(now bwe.Time) (bwe.Update, error) {
	return bwe.Update{At: now, Estimate: c.rate, PacingRate: c.rate * steadyPacing}, nil
}

// steadyPacing lets a frame out ahead of the next.
const steadyPacing = 2

// oracle knows what the path carried when the feedback left the receiver, and
// uses nearly all of it: about the most that any controller can reach.
type oracle struct {
	view PathView
	last bwe.Update
	max  bwe.Bitrate
}

// oracleShare leaves room for the noise of the source.
const oracleShare = 0.97

func (c *oracle) Start(now bwe.Time) (bwe.Update, error) { return c.look(now, now), nil }
func (c *oracle) OnSent(bwe.SentPacket) error            { return nil }
func (c *oracle) NextTimer() bwe.Time                    { return bwe.Never }
func (c *oracle) Close() error                           { return nil }

func (c *oracle) OnFeedback(f bwe.Feedback) (bwe.Update, error) {
	return c.look(f.At, max(0, f.At.Add(-c.view.FeedbackDelay))), nil
}

func (c *oracle) OnTimer(bwe.Time) (bwe.Update, error) { return c.last, nil }

func (c *oracle) look(now, then bwe.Time) bwe.Update {
	rate := min(c.max, bwe.Bitrate(oracleShare*float64(c.view.Capacity(then))))
	// A path that carries nothing has to be tried, or no feedback tells of its return.
	rate = max(rate, 10*bwe.Kbps)
	c.last = bwe.Update{At: now, Estimate: rate, PacingRate: rate * steadyPacing}

	return c.last
}

// finite clips an update of whatever controller to what the simulation can play.
func finite(u bwe.Update, l Limits) bwe.Update {
	u.Estimate = min(max(u.Estimate, 0), l.Max)
	u.PacingRate = min(max(u.PacingRate, 0), l.Max*mostPacing)
	u.PaddingRate = min(max(u.PaddingRate, 0), l.Max)

	return u
}

// mostPacing bounds pacing and probing as a multiple of the largest estimate.
const mostPacing = 10

// errController wraps what went wrong with a flow's controller.
func errController(name string, now bwe.Time, err error) error {
	return fmt.Errorf("flow %q at %v: %w", name, now, err)
}
