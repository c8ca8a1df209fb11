// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package report

import (
	"image/color"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
	"github.com/rtmcc/rtmcc/internal/plotting"
)

// stillPoints is how many points a signal of a still figure is drawn by at most.
const stillPoints = 1200

// Heights of the panels, against each other.
const (
	ratesWeight = 2.4
	otherWeight = 1
)

// stateColors are the colours of what a detector holds the path to be.
var stateColors = map[bwe.State]color.NRGBA{
	bwe.StateOveruse: plotting.Color(1), bwe.StateUnderuse: plotting.Color(4), bwe.StateLossLimited: plotting.Color(3),
	bwe.StateBlind: plotting.Color(6), bwe.StateNoFeedback: plotting.Ink,
}

// Figure draws a session as a still figure: rates, states, delay, trend and loss, as far
// as it has them. The session must have a timeline.
func Figure(s *Session) *plotting.Figure {
	t := s.Timeline
	d := drawing{timeline: t, grid: newGrid(t.Bins(), stillPoints), tracks: tracks(t)}
	f := &plotting.Figure{Title: s.Name, Start: seconds(t.Start), Duration: max(t.Duration().Seconds(), timeline.Bin.Seconds())}
	if len(s.Words) > 0 {
		f.Note = s.Words[0]
	}
	f.Panels = []plotting.Panel{d.rates(), d.states(), d.delay(), d.trend(), d.loss()}
	f.Panels = slices.DeleteFunc(f.Panels, func(p plotting.Panel) bool { return len(p.Series) == 0 && len(p.Bands) == 0 })

	return f
}

// drawing makes the panels of a session.
type drawing struct {
	timeline *timeline.Timeline
	grid     grid
	tracks   []*timeline.Track
}

// add appends a signal, in the given unit, where it has any value.
func (d *drawing) add(p *plotting.Panel, name string, style plotting.Style, c color.Color, unit float64, signal timeline.Signal) {
	if len(present([]named{{signal: signal}})) == 0 {
		return
	}
	values := d.grid.reduce(nil, signal)
	for i := range values {
		values[i] /= unit
	}
	p.Series = append(p.Series, plotting.Series{Name: name, Style: style, Color: c, Start: seconds(d.timeline.Start), Step: d.grid.step(), Values: values})
}

const (
	mega  = 1e6
	milli = 1e-3
	cent  = 1e-2
)

// smoothing is over how many bins rates are averaged for the eye.
const smoothing = 5

func smoothed(s timeline.Signal) timeline.Signal {
	out := make(timeline.Signal, len(s))
	for i := range s {
		sum, n := 0.0, 0
		for j := max(0, i-smoothing/2); j <= min(len(s)-1, i+smoothing/2); j++ {
			if v := s[j]; v >= 0 {
				sum, n = sum+v, n+1
			}
		}
		out[i] = sum / float64(n)
	}

	return out
}

// standing are the kinds of marks that shade the rates.
var standing = map[timeline.MarkKind]plotting.Band{
	timeline.Freeze: {Name: "picture stood", Color: plotting.Pale(plotting.Color(1))},
	timeline.Stall:  {Name: "sending stalled", Color: plotting.Pale(plotting.Color(5))},
}

func (d *drawing) rates() plotting.Panel {
	p := plotting.Panel{Label: "rate, Mbps", Weight: ratesWeight}
	t := d.timeline
	for _, m := range t.Marks {
		if kind, ok := standing[m.Kind]; ok {
			kind.From, kind.To = time.Duration(m.At).Seconds(), time.Duration(m.To).Seconds()
			p.Bands = append(p.Bands, kind)
		}
	}
	d.add(&p, "capacity", plotting.Area, plotting.Pale(plotting.Ink), mega, t.Capacity)
	d.add(&p, "sent", plotting.Line, plotting.Ink, mega, smoothed(t.Sent))
	d.add(&p, "received", plotting.Line, plotting.Color(darkIndex), mega, smoothed(t.Received))
	for i, track := range d.tracks {
		name, c := d.label(track), plotting.Color(i)
		d.add(&p, name+" estimate", plotting.Line, c, mega, track.Estimate)
		if len(d.tracks) == 1 {
			d.add(&p, name+" by delay", plotting.Line, plotting.Pale(c), mega, track.DelayBased)
		}
		d.add(&p, name+" target", plotting.Dashed, c, mega, track.Target)
		d.add(&p, name+" received", plotting.Line, plotting.Pale(c), mega, smoothed(track.Received))
	}

	return p
}

// darkIndex is the palette's darkest colour.
const darkIndex = 6

func (d *drawing) label(t *timeline.Track) string {
	switch {
	case t.Name == "" && t == d.timeline.Recorded:
		return "recorder"
	case t == d.timeline.Recorded && len(d.tracks) > 1:
		return t.Name + " (recorded)"
	default:
		return t.Name
	}
}

// states has a lane for each controller.
func (d *drawing) states() plotting.Panel {
	p := plotting.Panel{Label: "state", Weight: otherWeight}
	for i, track := range d.tracks {
		low, high := plotting.Lane(i, len(d.tracks))
		for _, b := range merged(track.States, d.grid) {
			from, to := time.Duration(b.From).Seconds(), time.Duration(b.To).Seconds()
			p.Bands = append(p.Bands, plotting.Band{
				Name: words(b.State.String()), From: from, To: max(to, from+d.timeline.Duration().Seconds()/stillPoints),
				Low: low, High: high, Color: stateColors[b.State],
			})
		}
		p.Lanes = append(p.Lanes, d.label(track))
	}

	return p
}

func (d *drawing) delay() plotting.Panel {
	p := plotting.Panel{Label: "delay, ms", Weight: otherWeight}
	d.add(&p, "one-way delay, largest", plotting.Line, plotting.Ink, milli, d.timeline.DelayMax)
	d.add(&p, "mean", plotting.Line, plotting.Color(darkIndex), milli, d.timeline.Delay)
	for i, track := range d.tracks {
		d.add(&p, d.label(track)+" queue", plotting.Dashed, plotting.Color(i), milli, track.Queue)
	}

	return p
}

func (d *drawing) trend() plotting.Panel {
	p := plotting.Panel{Label: "trend, ms", Weight: otherWeight}
	for i, track := range d.tracks {
		d.add(&p, d.label(track)+" trend", plotting.Line, plotting.Color(i), milli, track.Trend)
		d.add(&p, d.label(track)+" threshold", plotting.Dashed, plotting.Color(i), milli, track.Threshold)
	}

	return p
}

func (d *drawing) loss() plotting.Panel {
	p := plotting.Panel{Label: "loss, %", Weight: otherWeight}
	if d.timeline.Totals.PacketsLost > 0 {
		d.add(&p, "loss", plotting.Line, plotting.Color(darkIndex), cent, d.timeline.Loss)
	}

	return p
}
