// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package replay feeds what a recording holds of a session to controllers that did not
// make it, in open loop: the media was sent as the recorder decided, and does not follow
// (docs/replay.md).
package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// Options says what a recording is fed to.
type Options struct {
	// Controllers are the controllers, each of which gets every input.
	Controllers []netsim.Choice
	// Limits bound their estimates, in place of those that an own trace's "start" line
	// has. Zero stands for none given: see [FirstLimits].
	Limits netsim.Limits
	// Found are the limits for a recording that has no "start" line and for which Limits
	// gives none. Zero stands for [DefaultLimits].
	Found netsim.Limits
	// Window is the stretch of the recording that the result is of. The controllers are fed
	// all of it: without its past, an estimator is another one.
	Window timeline.Window
	// Progress, which may be nil, is told every now and then how far the recording was
	// read.
	Progress func(at bwe.Time)
}

// Result is what a replay came to.
type Result struct {
	Info   recording.Info   `json:"info"`
	Damage recording.Damage `json:"damage,omitzero"`
	// Duration is the recording's, in seconds.
	Duration float64 `json:"duration_s"`
	// Window is what of the recording the figures are of. Limits, connections, what was
	// ignored and damage are of all of it.
	Window timeline.Bounds `json:"window,omitzero"`
	// Limits are those of the last connection.
	Limits Limits `json:"limits"`
	// Connections counts how often the controllers began anew.
	Connections int `json:"connections"`
	// Ignored counts events whose time was not between zero and [timeline.MaxLength].
	Ignored int64           `json:"ignored,omitempty"`
	Totals  timeline.Totals `json:"totals"`
	// Recorder compares the recorder's own estimate with the capacity, nil where the
	// recording does not have it.
	Recorder *Comparison `json:"recorder,omitempty"`
	// Controllers has a comparison for each controller, in order.
	Controllers []Comparison `json:"controllers"`
	// Disagreements are those of any two estimates, the most important first.
	Disagreements []Disagreement `json:"disagreements"`
	// Timeline has a track for each controller, in order.
	Timeline *timeline.Timeline `json:"-"`
	// Heard tells that there is feedback in the recording, be it outside of the window.
	Heard bool `json:"-"`
}

// Limits are the bounds of estimates.
type Limits struct {
	Start bwe.Bitrate `json:"start_bps"`
	Min   bwe.Bitrate `json:"min_bps"`
	Max   bwe.Bitrate `json:"max_bps"`
}

// checkEvery is how many events pass between looks at the context.
const checkEvery = 4096

// longestIdle is for how much of a silence of the recording controllers are called for
// time alone. After it nothing changes in them any more.
const longestIdle = time.Minute

// Run feeds the recording to the controllers, up to its end. It fails where the recording
// cannot be read, where no controller can be opened, where the window, which must be
// valid, begins after the end, and with the context's error when that ends first. A controller that fails, at its start or on the way, is left out from
// there on, and its [Comparison] says why. The caller closes src.
func Run(ctx context.Context, src recording.Source, o Options) (*Result, error) {
	r := &run{builder: timeline.NewBuilder(src.Info().Recorder), options: o}
	r.builder.Window(o.Window)
	for _, c := range o.Controllers {
		r.players = append(r.players, &player{choice: c, track: r.builder.Track(c.Name)})
	}
	err := r.play(ctx, src)
	for _, p := range r.players {
		p.close()
	}
	if err != nil {
		return nil, err
	}

	return r.result(src)
}

// run is one replay.
type run struct {
	options Options
	builder *timeline.Builder
	players []*player
	setting netsim.Setting

	now         bwe.Time
	opened      bool
	heard       bool
	connections int
	// clocked tells that the recording says itself when its controller was called for
	// time alone.
	clocked bool
}

func (r *run) play(ctx context.Context, src recording.Source) error {
	for n := 1; ; n++ {
		ev, err := src.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if n%checkEvery == 0 {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if r.options.Progress != nil {
				r.options.Progress(r.now)
			}
		}
		r.builder.Observe(ev)
		at := ev.Time()
		if at < 0 || at >= bwe.Time(timeline.MaxLength) {
			continue
		}
		r.now = max(r.now, at)
		if err := r.feed(ev); err != nil {
			return err
		}
	}
}

// feed passes an event on to the controllers.
func (r *run) feed(ev bwe.Event) error {
	switch e := ev.(type) {
	case *control.Started:
		r.clocked = true

		return r.open(&e.Config)
	case *bwe.SentPacket:
		if err := r.begin(); err != nil {
			return err
		}
		for _, p := range r.players {
			p.onSent(e)
		}
	case *bwe.Feedback:
		r.heard = true
		if err := r.begin(); err != nil {
			return err
		}
		for _, p := range r.players {
			p.onFeedback(e)
		}
	case *bwe.REMB:
		r.heard = true
		if err := r.begin(); err != nil {
			return err
		}
		for _, p := range r.players {
			p.onREMB(e)
		}
	case *bwe.Timer:
		if r.opened && r.clocked {
			for _, p := range r.players {
				p.onRecordedTimer(r.now)
			}
		}
	case *bwe.Update:
		for _, probe := range e.Probes {
			if err := r.adopt(probe); err != nil {
				return err
			}
		}
	case *recording.ProbeStarted:
		return r.adopt(bwe.Probe{ID: e.ID, Bitrate: e.Bitrate, MinPackets: e.MinPackets, MinDuration: e.Bitrate.TimeFor(e.MinBytes)})
	case *ratecontrol.Frame, *ratecontrol.PacerState, *ratecontrol.Share, *ratecontrol.Overhead:
		for _, p := range r.players {
			p.onMedia(ev)
		}
	}

	return nil
}

// begin opens the controllers before the first input of a recording that does not say
// when its own was opened, and lets the time up to the input pass.
func (r *run) begin() error {
	if !r.opened {
		return r.open(nil)
	}
	for _, p := range r.players {
		p.advance(r.now, !r.clocked)
	}

	return nil
}

// open opens the controllers, anew where there is a connection before. config is that of
// the recorder's own, nil where unknown.
func (r *run) open(config *control.Config) error {
	found := r.options.Found
	if config != nil {
		found = netsim.Limits{Start: config.BWE.StartBitrate, Min: config.BWE.MinBitrate, Max: config.BWE.MaxBitrate}
		r.setting.Audio, r.setting.Tiers = config.RateControl.AudioBitrate, config.RateControl.Tiers
	}
	r.setting.Limits = combine(r.options.Limits, found)
	r.opened = true
	r.connections++
	var failed error
	for _, p := range r.players {
		if err := p.open(r.setting, r.now); err != nil {
			p.fail(err, r.now)
			failed = errors.Join(failed, fmt.Errorf("%s: %w", p.choice.Name, err))
		}
	}
	if r.connections == 1 && !slices.ContainsFunc(r.players, (*player).live) {
		return failed
	}

	return nil
}

// adopt tells the controllers of a probe of the recorder, which may come before the first
// packet.
func (r *run) adopt(probe bwe.Probe) error {
	if err := r.begin(); err != nil {
		return err
	}
	for _, p := range r.players {
		p.onProbe(probe, r.now)
	}

	return nil
}

func (r *run) result(src recording.Source) (*Result, error) {
	t := r.builder.Build()
	if err := t.CheckWindow(); err != nil {
		return nil, err
	}
	t.FreezesKnown = t.FreezesKnown || src.Info().Freezes
	l := r.setting.Limits
	out := &Result{
		Info: src.Info(), Damage: src.Damage(), Duration: t.Recording.Seconds(), Window: t.Window,
		Limits:      Limits{Start: l.Start, Min: l.Min, Max: l.Max},
		Connections: r.connections, Ignored: t.Ignored, Totals: t.Totals, Timeline: t, Heard: r.heard,
	}
	for i, p := range r.players {
		p.cut(t.Replayed[i], t.Start)
	}
	if t.Recorded != nil && t.Recorded.Estimate != nil {
		c := Compare(t, t.Recorded)
		out.Recorder = &c
	}
	for i, p := range r.players {
		c := Compare(t, t.Replayed[i])
		if p.err != nil {
			c.Error = p.err.Error()
		}
		out.Controllers = append(out.Controllers, c)
	}
	out.Disagreements = Disagreements(t)

	return out, nil
}
