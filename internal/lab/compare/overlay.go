// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package compare

import (
	"fmt"
	"math"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
	"github.com/rtmcc/rtmcc/internal/netsim"
)

// drawn is a run that is to be drawn.
type drawn struct {
	controller string
	result     *netsim.Result
}

// Overlay is one scenario and seed under every controller, laid over each other.
type Overlay struct {
	Scenario string
	Seed     uint64
	// Timeline has a replayed track for each controller whose run has a result. Received, delays
	// and freezes are the first one's; the others' are in their tracks and in Freezes. It
	// is nil where every run failed.
	Timeline *timeline.Timeline
	// Figures are by track.
	Figures []Figures
	// Freezes are when the picture stood under the other controllers.
	Freezes []Freeze
}

// Freeze is a time in which the picture stood.
type Freeze struct {
	Controller string
	From, To   bwe.Time
}

// mostCapacity is how far the capacity may rise over the rates before it is cut off, as a
// factor: beyond, the rates would be a line at the bottom.
const mostCapacity = 4

func overlay(scenario string, seed uint64, runs []drawn) Overlay {
	o := Overlay{Scenario: scenario, Seed: seed}
	if len(runs) == 0 {
		return o
	}
	first := &runs[0].result.Series
	bins := len(first.Capacity)
	t := &timeline.Timeline{Delay: seconds(first.Queue), DelayMax: seconds(first.QueueMax)}
	highest := 0.0
	for i, run := range runs {
		track := trackOf(run)
		t.Replayed = append(t.Replayed, track)
		for _, s := range []timeline.Signal{track.Received, track.Target} {
			for _, v := range s {
				if v > highest {
					highest = v
				}
			}
		}
		o.Figures = append(o.Figures, figures(run.result))
		stood := freezes(run)
		if i > 0 {
			o.Freezes = append(o.Freezes, stood...)

			continue
		}
		t.Received = track.Received
		for _, f := range stood {
			t.Marks = append(t.Marks, timeline.Mark{At: f.From, To: f.To, Kind: timeline.Freeze, Count: 1})
		}
	}
	t.Capacity = make(timeline.Signal, bins)
	for i, c := range first.Capacity {
		t.Capacity[i] = min(float64(c), mostCapacity*highest)
	}
	unknown := make(timeline.Signal, bins)
	for i := range unknown {
		unknown[i] = math.NaN()
	}
	t.Sent, t.Media, t.Loss, t.RTT, t.Silence = unknown, unknown, unknown, unknown, unknown
	o.Timeline = t

	return o
}

// trackOf sums up the flows of a run. What is zero because no flow runs is unknown.
func trackOf(run drawn) *timeline.Track {
	s := &run.result.Series
	t := &timeline.Track{Name: run.controller, Queue: seconds(s.Queue)}
	for _, sum := range []struct {
		to *timeline.Signal
		of func(*netsim.FlowSeries) []bwe.Bitrate
	}{
		{&t.Estimate, func(f *netsim.FlowSeries) []bwe.Bitrate { return f.Estimate }},
		{&t.Target, func(f *netsim.FlowSeries) []bwe.Bitrate { return f.Target }},
		{&t.Received, func(f *netsim.FlowSeries) []bwe.Bitrate { return f.Delivered }},
	} {
		out := make(timeline.Signal, len(s.Capacity))
		for i := range s.Flows {
			for bin, v := range sum.of(&s.Flows[i]) {
				out[bin] += float64(v)
			}
		}
		*sum.to = out
	}
	for i := range t.Target {
		if t.Target[i] == 0 {
			t.Target[i], t.Estimate[i] = math.NaN(), math.NaN()
		}
	}

	return t
}

// freezes are the stretches of bins in which the picture of any flow stood.
func freezes(run drawn) []Freeze {
	var out []Freeze
	for bin := range run.result.Series.Capacity {
		stood := false
		for i := range run.result.Series.Flows {
			stood = stood || run.result.Series.Flows[i].Still[bin] > 0
		}
		from := bwe.Time(bin) * bwe.Time(netsim.Bin)
		switch {
		case !stood:
		case len(out) > 0 && out[len(out)-1].To == from:
			out[len(out)-1].To = from.Add(netsim.Bin)
		default:
			out = append(out, Freeze{Controller: run.controller, From: from, To: from.Add(netsim.Bin)})
		}
	}

	return out
}

func seconds(durations []time.Duration) timeline.Signal {
	out := make(timeline.Signal, len(durations))
	for i, d := range durations {
		out[i] = d.Seconds()
	}

	return out
}

// words say what the runs came to.
func (o *Overlay) words() []string {
	out := []string{fmt.Sprintf("Seed %d, one run for each controller.", o.Seed)}
	for i, track := range o.tracks() {
		f := &o.Figures[i]
		out = append(out, fmt.Sprintf("%s: %.1f %% of the capacity used, queueing delay p95 %.0f ms, loss %.2f %%, the picture stood %.1f times a minute.",
			track.Name, 100*f[Utilisation], f[Queue], 100*f[Loss], f[Stalls]))
	}

	return out
}

func (o *Overlay) tracks() []*timeline.Track {
	if o.Timeline == nil {
		return nil
	}

	return o.Timeline.Replayed
}
