// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"math"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// RFC 8868's window of rates and the watermarks of its crossings.
const (
	rateWindow        = 200 * time.Millisecond
	lowMark, highMark = 0.85, 1.15
)

// metricsOf sums up a session. Track may be nil.
func metricsOf(t *timeline.Timeline, track *timeline.Track, c *Config) Metrics {
	n := &t.Totals
	seconds := t.Duration().Seconds()
	minutes := seconds / 60
	f := feedbackOf(t, &c.Path)
	m := Metrics{
		RTT: milliseconds(quantiles(t.RTT, 0.5)[0]), Loss: figure(ratio(n.PacketsLost, n.PacketsLost+n.PacketsReceived)),
		FeedbackInterval: milliseconds(f.interval), FeedbackSilent: figure(f.silent),
		FeedbackUnreported: figure(f.unreported), FeedbackNeverSent: figure(f.neverSent),
		FrameDrops: perMinute(t, timeline.FrameDrop, t.FrameDropsKnown), Freezes: perMinute(t, timeline.Freeze, t.FreezesKnown),
	}
	if n.PacketsSent > 0 {
		m.Sent, m.Crossings = rate(float64(n.BytesSent)*8/seconds), figure(crossings(t.Sent)/minutes)
	}
	if n.PacketsReceived+n.PacketsLost > 0 {
		m.Received, m.Utilisation = rate(float64(n.BytesReceived)*8/seconds), figure(utilisation(t))
	}
	if n.Jitter != nil {
		m.Jitter = milliseconds(*n.Jitter)
	}
	delays := known(t.Delay)
	slices.Sort(delays)
	m.Delay50, m.Delay95, m.Delay99 = milliseconds(quantile(delays, 0.5)), milliseconds(quantile(delays, 0.95)), milliseconds(quantile(delays, 0.99))
	if track != nil {
		m.EstimateMean, m.EstimateCV = steadiness(track.Estimate)
		m.TargetMean, m.TargetCV = steadiness(track.Target)
	}
	if m.EstimateMean != nil {
		m.Falls = figure(float64(len(falls(track.Estimate, c.Swing.Depth, c.Swing.Recovery))) / minutes)
	}

	return m
}

func milliseconds(seconds float64) *float64 { return figure(seconds * 1e3) }

// perMinute counts marks of a kind. Where the recording does not tell of all of them, it is
// unknown, but for those that are there.
func perMinute(t *timeline.Timeline, kind timeline.MarkKind, all bool) *float64 {
	n := 0
	for _, mark := range t.Marks {
		if mark.Kind == kind {
			n += mark.Count
		}
	}
	if n == 0 && !all {
		return nil
	}

	return figure(float64(n) / t.Duration().Minutes())
}

func steadiness(s timeline.Signal) (mean *bwe.Bitrate, variation *float64) {
	var t tally
	t.addAll(s)

	return rate(t.mean()), figure(t.variation())
}

// utilisation is what was received over the capacity, NaN where that is unknown.
func utilisation(t *timeline.Timeline) float64 {
	got, there := 0.0, 0.0
	for i, c := range t.Capacity {
		if !math.IsNaN(c) {
			got += t.Received[i]
			there += c
		}
	}
	if there == 0 {
		return unknownFigure
	}

	return got / there
}

// crossings counts how often the rate came from below the low mark to above the high one.
func crossings(sent timeline.Signal) float64 {
	var all tally
	all.addAll(sent)
	width := int(rateWindow / timeline.Bin)
	n, below := 0.0, false
	for from := 0; from+width <= len(sent); from += width {
		switch rate := meanOf(sent, from, from+width); {
		case rate < lowMark*all.mean():
			below = true
		case rate > highMark*all.mean() && below:
			below = false
			n++
		}
	}

	return n
}
