// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"math"
	"time"
)

// throughput measures the acknowledged bitrate: a Bayesian estimate over short
// windows of receive time, as libwebrtc's BitrateEstimator does it. A sample that
// is far from the estimate moves it less, so that bursts and stalls at the receiver
// do not pass for throughput.
type throughput struct {
	window  time.Duration
	start   Time
	bytes   int64
	begun   bool
	rate    float64 // kbps, zero while unknown
	varying float64
}

const (
	throughputFirstWindow = 500 * time.Millisecond
	throughputWindow      = 150 * time.Millisecond
)

// add takes in size bytes that arrived at the receive time at.
func (t *throughput) add(at Time, size int) {
	if elapsed := at.Sub(t.start); elapsed < 0 || elapsed >= t.window {
		t.turn(at)
	}
	t.bytes += int64(size)
}

// turn ends the window at the receive time at, or starts over.
func (t *throughput) turn(at Time) {
	if !t.begun || at < t.start.Add(-time.Second) || at > t.start.Add(2*time.Second) {
		// The first packet, a jump of the receiver's clock, or the end of a pause:
		// what lies before says nothing of the throughput after.
		t.begun, t.start, t.bytes = true, at, 0
		t.window = throughputWindow
		if t.rate == 0 {
			t.window, t.varying = throughputFirstWindow, 50
		}
	}
	if elapsed := at.Sub(t.start); elapsed >= t.window {
		t.sample(float64(RateOf(t.bytes, elapsed)) / 1000)
		t.start, t.bytes, t.window = at, 0, throughputWindow
	}
}

func (t *throughput) sample(kbps float64) {
	if t.rate == 0 {
		t.rate = kbps

		return
	}
	// A sample's uncertainty grows with its distance from the estimate; above the
	// estimate the same distance counts for less.
	const scale = 10
	off := math.Abs(t.rate-kbps) / t.rate
	uncertainty := scale * off * kbps / math.Max(kbps, 25)
	uncertainty = float64(4 * uncertainty * uncertainty)
	prior := t.varying + 5
	t.rate = (float64(uncertainty*t.rate) + float64(prior*kbps)) / (uncertainty + prior)
	t.varying = uncertainty * prior / (uncertainty + prior)
}

// value returns the acknowledged bitrate, zero while unknown.
func (t *throughput) value() Bitrate { return Bitrate(t.rate * 1000) }
