// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"math"
	"time"
)

// usage is the verdict of a delay detector.
type usage uint8

const (
	usageNormal usage = iota
	usageOver
	usageUnder
)

// trendlineWindow is the most groups that the line is fitted through (libwebrtc
// kDefaultTrendlineWindowSize).
const trendlineWindow = 20

// trendline fits a line through the smoothed one-way delay of the latest groups
// and compares its slope with a threshold that adapts to the path
// (draft-ietf-rmcat-gcc sections 5.3 and 5.4, libwebrtc TrendlineEstimator).
type trendline struct {
	cfg *TrendlineConfig

	points [trendlineWindow]struct{ at, delay float64 }
	groups int
	origin Time
	sum    float64 // accumulated delay, ms
	smooth float64

	threshold  float64 // ms
	adaptedAt  Time
	timing     bool    // the slope is over the threshold, for overFor
	overFor    float64 // ms
	overGroups int
	slope      float64
	modified   float64 // ms, what is compared with threshold
	state      usage
}

func newTrendline(cfg *TrendlineConfig) trendline {
	return trendline{cfg: cfg, threshold: cfg.Threshold.Seconds() * 1000}
}

// add takes in the comparison of two groups, the second of which arrived at recv.
func (t *trendline) add(sendDelta, recvDelta time.Duration, recv Time) {
	ms := func(d time.Duration) float64 { return float64(d) / 1e6 }
	if t.groups == 0 {
		t.origin, t.adaptedAt = recv, recv
	}
	t.sum += ms(recvDelta - sendDelta)
	t.smooth = float64(t.cfg.Smoothing*t.smooth) + float64((1-t.cfg.Smoothing)*t.sum)
	p := &t.points[t.groups%trendlineWindow]
	p.at, p.delay = ms(recv.Sub(t.origin)), t.smooth
	t.groups++
	slope := t.slope
	if t.groups >= trendlineWindow {
		slope = t.fit(slope)
	}
	t.detect(slope, ms(sendDelta), recv)
}

// fit returns the least-squares slope, or otherwise where all points coincide.
func (t *trendline) fit(otherwise float64) float64 {
	var x, y float64
	for i := range t.points {
		x += t.points[i].at
		y += t.points[i].delay
	}
	x /= trendlineWindow
	y /= trendlineWindow
	var num, den float64
	for i := range t.points {
		dx := t.points[i].at - x
		num += float64(dx * (t.points[i].delay - y))
		den += float64(dx * dx)
	}
	if den == 0 {
		return otherwise
	}

	return num / den
}

func (t *trendline) detect(slope, sendDelta float64, recv Time) {
	if t.groups < 2 {
		return
	}
	modified := float64(min(t.groups, t.cfg.MaxGroups)) * slope * t.cfg.Gain
	switch {
	case modified > t.threshold:
		if !t.timing {
			t.timing, t.overFor = true, sendDelta/2
		} else {
			t.overFor += sendDelta
		}
		t.overGroups++
		if t.overFor > float64(t.cfg.OveruseTime)/1e6 && t.overGroups > 1 && slope >= t.slope {
			t.overFor, t.overGroups = 0, 0
			t.state = usageOver
		}
	case modified < -t.threshold:
		t.timing, t.overGroups = false, 0
		t.state = usageUnder
	default:
		t.timing, t.overGroups = false, 0
		t.state = usageNormal
	}
	t.slope, t.modified = slope, modified
	t.adapt(math.Abs(modified), recv)
}

// adapt lets the threshold follow the delay's own variation, slowly down and
// slower up, so that a competing loss-based flow does not starve this one.
func (t *trendline) adapt(modified float64, recv Time) {
	const maxExcess, lowest, highest = 15, 6, 600
	if modified <= t.threshold+maxExcess {
		k := t.cfg.ThresholdUp
		if modified < t.threshold {
			k = t.cfg.ThresholdDown
		}
		elapsed := math.Min(float64(recv.Sub(t.adaptedAt))/1e6, 100)
		t.threshold += float64(k * (modified - t.threshold) * elapsed)
		t.threshold = math.Min(math.Max(t.threshold, lowest), highest)
	}
	t.adaptedAt = recv
}
