// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"math"
	"time"
)

// aimd turns the delay detector's verdicts into a rate (draft-ietf-rmcat-gcc
// section 5.5, libwebrtc AimdRateControl): up by a share while the capacity is
// unknown, up by about half a packet a response time near it, down to a share of what
// was acknowledged.
type aimd struct {
	cfg        *AIMDConfig
	rate       float64
	increasing bool
	changedAt  Time
	begun      bool
	// capacity is the acknowledged rate at the last cuts with its relative
	// deviation, zero while unknown.
	capacity, deviation float64
}

// update takes in a verdict and returns the new rate.
func (a *aimd) update(v usage, acked Bitrate, rtt time.Duration, now Time) {
	if !a.begun {
		a.begun, a.changedAt, a.increasing = true, now, true
		if v == usageOver {
			// No change came before it that it could be the echo of.
			a.changedAt = now.Add(-time.Second)
		}
	}
	switch v {
	case usageOver:
		a.decrease(float64(acked), rtt, now)
	case usageUnder:
		a.increasing = false
	case usageNormal:
		if !a.increasing {
			a.increasing, a.changedAt = true, now
		}
		a.increase(float64(acked), rtt, now)
	}
}

// set takes a rate that was measured, by a probe, for the path's.
func (a *aimd) set(rate float64, now Time) {
	a.begun, a.rate, a.changedAt = true, rate, now
}

func (a *aimd) decrease(acked float64, rtt time.Duration, now Time) {
	// The rate is left alone for a round trip after it last changed, up or down, unless
	// the path carries less than half of it.
	pause := min(max(rtt, 10*time.Millisecond), 200*time.Millisecond)
	known := acked > 0
	if now.Sub(a.changedAt) < pause && (!known || acked >= a.rate/2) {
		return
	}
	a.increasing, a.changedAt = false, now
	if !known {
		a.rate /= 2

		return
	}
	lower := a.cfg.Beta * acked
	if lower > a.rate && a.capacity > 0 {
		lower = a.cfg.Beta * a.capacity
	}
	a.rate = math.Min(a.rate, lower)
	a.learn(acked)
}

// learn smooths the acknowledged rate at cuts into the link's capacity (libwebrtc
// LinkCapacityEstimator).
func (a *aimd) learn(acked float64) {
	const weight, least, most = 0.05, 0.4, 2.5
	if a.capacity > 0 && acked < a.capacity-float64(3*a.spread()) {
		a.capacity = 0
	}
	if a.capacity == 0 {
		a.capacity = acked
	}
	a.capacity += float64(weight * (acked - a.capacity))
	off := (a.capacity - acked) / 1000
	norm := math.Max(a.capacity/1000, 1)
	a.deviation = float64((1-weight)*a.deviation) + float64(weight*off*off)/norm
	a.deviation = math.Min(math.Max(a.deviation, least), most)
}

// spread is the deviation of the capacity in bits per second.
func (a *aimd) spread() float64 { return 1000 * math.Sqrt(a.deviation*a.capacity/1000) }

func (a *aimd) increase(acked float64, rtt time.Duration, now Time) {
	elapsed := now.Sub(a.changedAt).Seconds()
	a.changedAt = now
	if elapsed <= 0 {
		return
	}
	if a.capacity > 0 && acked > a.capacity+float64(3*a.spread()) {
		a.capacity = 0
	}
	limit := math.Inf(1)
	if acked > 0 {
		limit = float64(1.5*acked) + 10_000
	}
	step := math.Max(1000, a.cfg.Growth*math.Min(elapsed, 1)*a.rate)
	if a.capacity > 0 {
		response := 2 * (rtt + 100*time.Millisecond).Seconds()
		frame := a.rate / 30
		packet := frame / math.Ceil(frame/(1200*8))
		step = math.Max(4000, packet/response) * elapsed
	}
	a.rate = math.Max(a.rate, math.Min(a.rate+step, limit))
}
