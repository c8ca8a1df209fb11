// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package timeline

import (
	"math"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// TrackBuilder makes the [Track] of one controller. It is not safe for concurrent use.
type TrackBuilder struct {
	track                                        Track
	estimate, delayBased, target, ceiling, queue column
	trend, threshold                             column
	lossLimited                                  float64
	state                                        bwe.State
	stateSince, swingSince                       bwe.Time
	swinging, used, lossKnown                    bool
	last                                         bwe.Time
}

// OnUpdate takes in an answer of the estimator.
func (t *TrackBuilder) OnUpdate(u *bwe.Update) {
	t.observe(binOf(u.At), u)
}

// OnDetection takes in what the estimator's detector goes by at now.
func (t *TrackBuilder) OnDetection(now bwe.Time, d bwe.Detection) {
	bin := binOf(now)
	t.trend.set(bin, d.Trend.Seconds())
	t.threshold.set(bin, d.Threshold.Seconds())
	t.delayBased.set(bin, float64(d.DelayBased))
}

// OnProbeResult takes in what a probe showed.
func (t *TrackBuilder) OnProbeResult(r *bwe.ProbeResult) {
	t.observe(binOf(r.At), r)
}

// OnDecision takes in a decision of the rate controller.
func (t *TrackBuilder) OnDecision(d *ratecontrol.Decision) {
	t.observe(binOf(d.At), d)
}

// observe takes in a decision that is in the stream.
func (t *TrackBuilder) observe(bin int, ev bwe.Event) {
	if at := ev.Time(); at < 0 || at >= bwe.Time(MaxLength) {
		return
	}
	t.last = max(t.last, ev.Time())
	switch e := ev.(type) {
	case *bwe.Update:
		t.update(bin, e)
	case *ratecontrol.Decision:
		t.target.set(bin, float64(e.Target))
		ceiling := math.NaN()
		switch e.Limit {
		case ratecontrol.LimitTier, ratecontrol.LimitCap, ratecontrol.LimitMax:
			ceiling = float64(e.Target)
		default:
		}
		t.ceiling.set(bin, ceiling)
	case *recording.Target:
		t.target.set(bin, float64(e.Bitrate))
	case *recording.DelayBased:
		t.delayBased.set(bin, float64(e.Bitrate))
		t.become(e.State, e.At)
		rate := float64(e.Bitrate)
		if t.lossKnown {
			rate = min(rate, t.lossLimited)
		}
		t.estimate.set(bin, rate)
	case *recording.LossBased:
		t.lossKnown, t.lossLimited = true, float64(e.Bitrate)
		t.estimate.set(bin, float64(e.Bitrate))
	case *recording.ProbeStarted:
		t.track.Probes = append(t.track.Probes, Probe{At: e.At, ID: e.ID, Asked: e.Bitrate})
	case *recording.ProbeEnded:
		t.endProbe(e.At, e.ID, e.Bitrate)
	case *bwe.ProbeResult:
		t.endProbe(e.At, e.ID, e.Result)
	default:
		return
	}
	t.used = true
}

func (t *TrackBuilder) update(bin int, u *bwe.Update) {
	t.estimate.set(bin, float64(u.Estimate))
	t.queue.set(bin, u.QueueDelay.Seconds())
	t.become(u.State, u.At)
	if swinging := u.Swing.Period != 0; swinging != t.swinging {
		if t.swinging {
			t.track.Swings = append(t.track.Swings, Band{From: t.swingSince, To: u.At})
		}
		t.swinging, t.swingSince = swinging, u.At
	}
	for _, p := range u.Probes {
		t.track.Probes = append(t.track.Probes, Probe{At: u.At, ID: p.ID, Asked: p.Bitrate})
	}
}

// become ends the band of the state that was, where it changed.
func (t *TrackBuilder) become(s bwe.State, at bwe.Time) {
	if s == t.state {
		return
	}
	if t.state != bwe.StateNormal && at > t.stateSince {
		t.track.States = append(t.track.States, Band{From: t.stateSince, To: at, State: t.state})
	}
	t.state, t.stateSince = s, at
}

func (t *TrackBuilder) endProbe(at bwe.Time, id int, result bwe.Bitrate) {
	for i := len(t.track.Probes) - 1; i >= 0; i-- {
		if p := &t.track.Probes[i]; p.ID == id && p.EndedAt == 0 {
			p.Result, p.EndedAt = result, at

			return
		}
	}
}

func (t *TrackBuilder) columns() []*column {
	return []*column{&t.estimate, &t.delayBased, &t.target, &t.ceiling, &t.queue, &t.trend, &t.threshold}
}

// bins returns how many bins the track reaches over.
func (t *TrackBuilder) bins() int {
	n := 0
	for _, c := range t.columns() {
		n = max(n, len(c.values))
	}

	return n
}

func (t *TrackBuilder) finish(bins int) *Track {
	end := max(t.last, startOf(bins))
	t.become(bwe.StateNormal, end)
	if t.swinging {
		t.track.Swings = append(t.track.Swings, Band{From: t.swingSince, To: end})
	}
	out := []*Signal{
		&t.track.Estimate, &t.track.DelayBased, &t.track.Target, &t.track.Ceiling, &t.track.Queue, &t.track.Trend, &t.track.Threshold,
	}
	for i, c := range t.columns() {
		*out[i] = c.finish(bins)
	}

	return &t.track
}
