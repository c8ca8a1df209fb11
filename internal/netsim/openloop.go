// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"fmt"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// Setting is what a controller is opened for where there is no simulation, as for a
// recording.
type Setting struct {
	Limits Limits
	// Audio and Tiers are those of the media, for the rate controller of choices that
	// have one; a ladder of its own configuration comes first.
	Audio bwe.Bitrate
	Tiers []ratecontrol.Tier
	// Observe hears the estimator's events beside its updates. It may be nil.
	Observe bwe.Observer
}

// Open makes the controller without a simulation around it. Those that are estimators of
// this module are an [EstimatorController], those with +rc a [MediaController] too. It
// fails with [ErrChoice] for controllers that only a simulation can play.
func (c Choice) Open(s Setting) (Controller, error) {
	if c.open == nil {
		return nil, fmt.Errorf("%w: %s only plays in a simulation, want default, gcc or config:FILE (each with +rc or +rc:FILE), or exec:COMMAND",
			ErrChoice, c.Name)
	}

	return c.open(s), nil
}

// EstimatorController is a controller that is an estimator of this module.
type EstimatorController interface {
	Controller

	// OnREMB takes in a receiver-side estimate.
	OnREMB(r bwe.REMB) (bwe.Update, error)
	// AdoptProbe makes it read a probe that it did not ask for: see
	// [bwe.Estimator.AdoptProbe].
	AdoptProbe(p bwe.Probe, now bwe.Time) int
	// Detection is what its delay-based part goes by now.
	Detection() bwe.Detection
}

// MediaController is a controller that decides what encoders should produce.
type MediaController interface {
	EstimatorController

	OnFrame(f ratecontrol.Frame) ratecontrol.Verdict
	OnPacer(p ratecontrol.PacerState)
	OnShare(s ratecontrol.Share)
	OnOverhead(o ratecontrol.Overhead)
	// Decision is the latest one, valid until the next input.
	Decision() *ratecontrol.Decision
}

// openEstimator returns what makes a controller of the configuration.
func openEstimator(cfg bwe.Config, rc *ratecontrol.Config) func(Setting) Controller {
	return func(s Setting) Controller {
		cfg := s.Limits.apply(cfg)
		if rc == nil {
			return &openFlow{estimatorFlow: estimatorFlow{cfg: cfg}, observe: s.Observe}
		}
		media := *rc
		media.MinBitrate, media.MaxBitrate = s.Limits.Min, s.Limits.Max
		media.AudioBitrate = s.Audio
		if len(media.Tiers) == 0 {
			media.Tiers = s.Tiers
		}

		return &openLoop{loopFlow{cfg: control.Config{BWE: cfg, RateControl: media}, observe: s.Observe}}
	}
}

// openFlow is an estimator alone.
type openFlow struct {
	estimatorFlow

	observe bwe.Observer
}

// Start implements [Controller].
func (c *openFlow) Start(now bwe.Time) (bwe.Update, error) {
	u, err := c.estimatorFlow.Start(now)
	if err == nil {
		c.est.SetObserver(c.observe)
	}

	return u, err
}

// OnREMB implements [EstimatorController].
func (c *openFlow) OnREMB(r bwe.REMB) (bwe.Update, error) { return c.est.OnREMB(r), nil }

// AdoptProbe implements [EstimatorController].
func (c *openFlow) AdoptProbe(p bwe.Probe, now bwe.Time) int { return c.est.AdoptProbe(p, now) }

// Detection implements [EstimatorController].
func (c *openFlow) Detection() bwe.Detection { return c.est.Detection() }

// openLoop is an estimator under a rate controller.
type openLoop struct{ loopFlow }

// OnREMB implements [EstimatorController].
func (c *openLoop) OnREMB(r bwe.REMB) (bwe.Update, error) {
	c.loop.OnREMB(r)

	return *c.loop.Update(), nil
}

// AdoptProbe implements [EstimatorController].
func (c *openLoop) AdoptProbe(p bwe.Probe, now bwe.Time) int { return c.loop.AdoptProbe(p, now) }

// Detection implements [EstimatorController].
func (c *openLoop) Detection() bwe.Detection { return c.loop.Detection() }

// OnFrame implements [MediaController].
func (c *openLoop) OnFrame(f ratecontrol.Frame) ratecontrol.Verdict { return c.loop.OnFrame(f) }

// OnPacer implements [MediaController].
func (c *openLoop) OnPacer(p ratecontrol.PacerState) { c.loop.OnPacer(p) }

// OnShare implements [MediaController].
func (c *openLoop) OnShare(s ratecontrol.Share) { c.loop.OnShare(s) }

// OnOverhead implements [MediaController].
func (c *openLoop) OnOverhead(o ratecontrol.Overhead) { c.loop.OnOverhead(o) }

// Decision implements [MediaController].
func (c *openLoop) Decision() *ratecontrol.Decision { return c.loop.Decision() }
