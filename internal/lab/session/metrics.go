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
	m := Metrics{
		Sent: bwe.Bitrate(float64(n.BytesSent) * 8 / seconds), Received: bwe.Bitrate(float64(n.BytesReceived) * 8 / seconds),
		Utilisation: utilisation(t),
		RTT:         milliseconds(quantiles(t.RTT, 0.5)[0]), Jitter: milliseconds(n.Jitter),
		Loss:      share(n.PacketsLost, n.PacketsLost+n.PacketsReceived),
		Crossings: crossings(t.Sent) / minutes,
	}
	delays := known(t.Delay)
	slices.Sort(delays)
	m.Delay50, m.Delay95, m.Delay99 = milliseconds(quantile(delays, 0.5)), milliseconds(quantile(delays, 0.95)), milliseconds(quantile(delays, 0.99))
	if n.Feedbacks > 0 {
		m.FeedbackInterval = milliseconds(interval(t).Seconds())
	}
	for _, mark := range t.Marks {
		switch mark.Kind {
		case timeline.FrameDrop:
			m.FrameDrops += float64(mark.Count) / minutes
		case timeline.Freeze:
			m.Freezes += float64(mark.Count) / minutes
		default:
		}
	}
	if track != nil {
		m.EstimateMean, m.EstimateCV = steadiness(track.Estimate)
		m.TargetMean, m.TargetCV = steadiness(track.Target)
		m.Falls = float64(len(falls(track.Estimate, c.Swing.Depth, c.Swing.Recovery))) / minutes
	}

	return m
}

func milliseconds(seconds float64) float64 { return orZero(seconds) * 1e3 }

func steadiness(s timeline.Signal) (mean bwe.Bitrate, variation float64) {
	var t tally
	t.addAll(s)

	return bwe.Bitrate(orZero(t.mean())), orZero(t.variation())
}

// utilisation is what was received over the capacity where that is known, else negative.
func utilisation(t *timeline.Timeline) float64 {
	got, there := 0.0, 0.0
	for i, c := range t.Capacity {
		if !math.IsNaN(c) {
			got += t.Received[i]
			there += c
		}
	}
	if there == 0 {
		return -1
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
