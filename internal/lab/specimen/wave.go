// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package specimen

import (
	"math"
	"sort"

	"github.com/rtmcc/rtmcc/bwe"
)

// wave is a rate over time: straight lines between knots, in order of time.
type wave []knot

// knot is the rate in bits per second at a time in seconds.
type knot struct{ at, rate float64 }

// at returns the rate at a time.
func (w wave) at(t bwe.Time) bwe.Bitrate { return bwe.Bitrate(w.value(float64(t) / 1e9)) }

func (w wave) value(t float64) float64 {
	i := sort.Search(len(w), func(i int) bool { return w[i].at > t })
	switch {
	case i == 0:
		return w[0].rate
	case i == len(w):
		return w[i-1].rate
	}
	a, b := w[i-1], w[i]

	return a.rate + (b.rate-a.rate)*(t-a.at)/(b.at-a.at)
}

// scaled returns the wave times a factor.
func (w wave) scaled(factor float64) wave {
	out := make(wave, len(w))
	for i, k := range w {
		out[i] = knot{k.at, k.rate * factor}
	}

	return out
}

// noisy returns the wave with noise on it, of a relative deviation, a value each 100 ms.
func (w wave) noisy(d *draw, deviation, length float64) wave {
	const step, memory = 0.1, 0.7
	out := make(wave, 0, int(length/step)+1)
	x := 0.0
	for t := 0.0; t <= length; t += step {
		x = x*memory + deviation*math.Sqrt(1-memory*memory)*d.NormFloat64()
		out = append(out, knot{t, w.value(t) * max(0.2, 1+x)})
	}

	return out
}

// shape is how a swing goes from peak to peak.
type shape uint8

const (
	// sawtooth falls at once and climbs slowly.
	sawtooth shape = iota
	// hump goes down and up as a sine does.
	hump
	// block is high for half the time and low for the other.
	block
	shapes
)

// swing describes a periodic wave.
type swing struct {
	shape shape
	// peak is in bits per second, depth the fall as a share of it, period in seconds.
	peak, depth, period float64
	// wobble is the relative deviation of each period, unequal that of each depth and of
	// each peak.
	wobble, unequal float64
	// from and to bound it, in seconds; outside, the rate rests at rest.
	from, to, rest float64
}

// wave lays the swing out and returns the times of its falls as well.
func (s swing) wave(d *draw) (w wave, falls []float64) {
	vary := func(deviation float64) float64 { return min(max(1+deviation*d.NormFloat64(), 0.4), 1.8) }
	w = wave{{0, s.rest}, {max(s.from, 0.01), s.rest}}
	peak := s.peak * vary(s.unequal/3)
	for t := s.from + 0.5; ; {
		period := s.period * vary(s.wobble)
		if t+period > s.to {
			w = append(w, knot{t, peak}, knot{t + 0.5, s.rest})

			return w, falls
		}
		trough := peak * (1 - min(s.depth*vary(s.unequal), 0.85))
		next := s.peak * vary(s.unequal/3)
		falls = append(falls, t)
		w = append(w, knot{t, peak})
		switch s.shape {
		case hump:
			const parts = 16
			for k := 1; k < parts; k++ {
				share := float64(k) / parts
				high := peak + (next-peak)*share
				w = append(w, knot{t + share*period, trough + (high-trough)*(1+math.Cos(2*math.Pi*share))/2})
			}
		case block:
			w = append(w, knot{t + 0.1, trough}, knot{t + period/2, trough}, knot{t + period/2 + 0.1, next})
		default:
			w = append(w, knot{t + min(0.6, period/6), trough})
		}
		t += period
		peak = next
	}
}

// level is a rate that stays.
func level(rate float64) wave { return wave{{0, rate}} }
