// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"math"
	"time"
)

// aimd turns the delay detector's verdicts into a rate (draft-ietf-rmcat-gcc
// section 5.5, libwebrtc AimdRateControl): up by a share while the capacity is
// unknown, up by about a packet a response time near it, down to a share of what
// was acknowledged.
type aimd struct {
	cfg        *AIMDConfig
	rate       float64
	increasing bool
	changedAt  Time
	cutAt      Time
	begun      bool
	// capacity is the acknowledged rate at the last cuts with its relative
	// deviation, zero while unknown.
	capacity, deviation float64
}

// update takes in a verdict and returns the new rate.
func (a *aimd) update(v usage, acked Bitrate, rtt time.Duration, now Time) {
	if !a.begun {
		a.begun, a.changedAt, a.increasing = true, now, true
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

func (a *aimd) decrease(acked float64, rtt time.Duration, now Time) {
	a.increasing = false
	// One cut a round trip, unless the path carries less than half of the rate.
	pause := min(max(rtt, 10*time.Millisecond), 200*time.Millisecond)
	if a.cutAt != 0 && now.Sub(a.cutAt) < pause && acked >= a.rate/2 {
		return
	}
	base := a.rate
	if acked > 0 {
		base = acked
		a.learn(acked)
	}
	a.rate = math.Min(a.rate, a.cfg.Beta*base)
	a.cutAt, a.changedAt = now, now
}

// learn smooths the acknowledged rate at cuts into the link's capacity.
func (a *aimd) learn(acked float64) {
	const weight = 0.05
	if a.capacity > 0 && math.Abs(acked-a.capacity) > 3*a.spread() {
		a.capacity = 0
	}
	if a.capacity == 0 {
		a.capacity, a.deviation = acked, 0.4
	}
	off := acked - a.capacity
	a.capacity += float64(weight * off)
	norm := math.Max(a.capacity/1000, 1)
	a.deviation = float64((1-weight)*a.deviation) + float64(weight*(off/1000)*(off/1000))/norm
	a.deviation = math.Min(math.Max(a.deviation, 0.4), 2.5)
}

// spread is the deviation of the capacity in bits per second.
func (a *aimd) spread() float64 { return 1000 * math.Sqrt(a.deviation*a.capacity/1000) }

func (a *aimd) increase(acked float64, rtt time.Duration, now Time) {
	elapsed := min(now.Sub(a.changedAt), time.Second).Seconds()
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
	step := float64(a.cfg.Growth * elapsed * a.rate)
	if a.capacity > 0 {
		response := (rtt + 100*time.Millisecond).Seconds()
		frame := a.rate / 30
		packet := frame / math.Ceil(frame/(1200*8))
		step = math.Max(4000, packet/response) * elapsed
	}
	a.rate = math.Max(a.rate, math.Min(a.rate+step, limit))
}
