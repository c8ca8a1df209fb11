// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// targetSwing recognises that the target swings periodically, whether or not the
// estimate does, and holds it level. The judge is the estimator's own
// [bwe.OscillationDetector], which works on any series.
type targetSwing struct {
	cfg      *SmoothingConfig
	detector *bwe.OscillationDetector
	// clock counts the time that was seen, so that jumps of the owner's clock do not
	// reach the detector.
	clock bwe.Time
	// mean is the mean of the target over the swing's period.
	mean   float64
	active bool
	// held: the mean rather than the target was used last.
	held bool
}

// levelShare is the part of a swing's depth that the level is put below its mean: a
// level at the mean would lie above what the path allows for half of the time.
const levelShare = 0.25

// level returns the rate to aim at in place of rate.
func (t *targetSwing) level(rate float64, elapsed time.Duration) float64 {
	t.clock = t.clock.Add(elapsed)
	o := t.detector.OnEstimate(t.clock, bwe.Bitrate(rate))
	active := o.Active && o.Confidence >= t.cfg.SwingConfidence
	if active && !t.active || t.mean <= 0 {
		t.mean = rate
	}
	t.active, t.held = active, false
	if !active {
		t.mean = rate

		return rate
	}
	t.mean = approach(t.mean, rate, elapsed, o.Period)
	if level := t.mean * (1 - float64(levelShare*o.Depth)); level < rate {
		t.held = true

		return level
	}

	return rate
}
