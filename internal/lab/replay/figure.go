// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"fmt"
	"image/color"
	"math"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
	"github.com/rtmcc/rtmcc/internal/plotting"
)

// mostCapacity is how far the capacity may rise over the rates before it is cut off, as a
// factor: beyond, they would be a line at the bottom.
const mostCapacity = 4

const (
	rateWeight = 2.4
	lossWeight = 1
	percents   = 100
	milli      = 1000
)

// Figure draws a replay: rates and estimates, delay, what the detectors go by, and loss.
func Figure(r *Result, title string) *plotting.Figure {
	t := r.Timeline
	f := &plotting.Figure{Title: title, Duration: r.Duration, Note: "open loop: the media was sent as its recorder decided"}
	sent, received := plotting.Color(queueColorIndex), plotting.Pale(plotting.Color(queueColorIndex))
	rates := []plotting.Series{
		line("sent", sent, t.Sent, 1/float64(bwe.Mbps)),
		line("received", received, t.Received, 1/float64(bwe.Mbps)),
	}
	trend := plotting.Panel{Label: "trend, ms", Weight: 1}
	for i, track := range tracks(t) {
		name, c := track.Name, plotting.Color(i)
		if track == t.Recorded {
			name += " (recorded)"
		}
		rates = append(rates, line(name, c, track.Estimate, 1/float64(bwe.Mbps)))
		if track.Trend != nil {
			trend.Series = append(trend.Series, line(name, c, track.Trend, milli))
			threshold := line("", c, track.Threshold, milli)
			threshold.Style = plotting.Dashed
			trend.Series = append(trend.Series, threshold)
		}
	}
	if t.Capacity != nil {
		capacity := line("capacity", plotting.Pale(plotting.Ink), bounded(t.Capacity, rates), 1)
		capacity.Style = plotting.Area
		rates = append([]plotting.Series{capacity}, rates...)
	}
	longest := line("delay, longest", plotting.Pale(sent), t.DelayMax, milli)
	longest.Style = plotting.Area
	f.Panels = []plotting.Panel{
		{Label: "rate, Mbps", Weight: rateWeight, Series: rates},
		{Label: "delay, ms", Weight: 1, Series: []plotting.Series{longest, line("delay, mean", sent, t.Delay, milli)}},
	}
	if len(trend.Series) > 0 {
		f.Panels = append(f.Panels, trend)
	}
	f.Panels = append(f.Panels, plotting.Panel{Label: "loss, %", Weight: lossWeight, Series: []plotting.Series{line("", sent, t.Loss, percents)}})

	return f
}

// queueColorIndex is the dark grey of the palette.
const queueColorIndex = 6

func line(name string, c color.Color, s timeline.Signal, scale float64) plotting.Series {
	out := plotting.Series{Name: name, Style: plotting.Line, Color: c, Step: timeline.Bin.Seconds(), Values: make([]float64, len(s))}
	for i, v := range s {
		out.Values[i] = v * scale
	}

	return out
}

// bounded returns the capacity in Mbps, cut off far above the other rates.
func bounded(capacity timeline.Signal, rates []plotting.Series) timeline.Signal {
	highest := 0.0
	for _, s := range rates {
		for _, v := range s.Values {
			if v > highest {
				highest = v
			}
		}
	}
	out := make(timeline.Signal, len(capacity))
	for i, v := range capacity {
		out[i] = math.Min(v/float64(bwe.Mbps), mostCapacity*highest)
	}

	return out
}

// tracks are the recorder's, where there is one, and those of the controllers.
func tracks(t *timeline.Timeline) []*timeline.Track {
	if t.Recorded == nil || t.Recorded.Estimate == nil {
		return t.Replayed
	}

	return append([]*timeline.Track{t.Recorded}, t.Replayed...)
}

// Title says what a figure or a report is about.
func Title(name string, r *Result) string { return fmt.Sprintf("%s (%s)", name, r.Info.Format) }
