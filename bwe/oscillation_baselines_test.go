// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "math"

// knownDetectors are published ways to find an oscillation in a window, each with
// the threshold that its author or a later comparison recommends. They see the whole
// window at once, as relative deviations from its mean.
var knownDetectors = []struct {
	name   string
	detect func(x []float64) bool
}{
	{"Hägglund 1995, IAE, hysteresis", detectHagglund},
	{"Thornhill, Huang and Zhang 2003, r > 1.5", detectThornhill},
	{"zero-crossing intervals r > 1, hysteresis", detectIntervals},
	{"Forsman and Stattin 1999, h > 0.4", detectForsman},
	{"spectral peak", detectSpectrum},
}

// deviations fills gaps with the last value, and returns the rest from the mean.
func deviations(samples []float64) []float64 {
	x := make([]float64, len(samples))
	last, sum := samples[0], 0.0
	for i, v := range samples {
		if v > 0 {
			last = v
		}
		x[i] = last
		sum += last
	}
	mean := sum / float64(len(x))
	for i := range x {
		x[i] = x[i]/mean - 1
	}

	return x
}

func deviation(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}

	return math.Sqrt(sum / float64(len(x)))
}

// halfWave is the stretch between two crossings of zero.
type halfWave struct {
	samples, area float64
	positive      bool
}

// halfWaves cuts x at its crossings of zero by more than the hysteresis; the first and
// last stretches, which are not whole, are left out.
func halfWaves(x []float64, hysteresis float64) []halfWave {
	var out []halfWave
	var now halfWave
	for i, v := range x {
		if i == 0 {
			now.positive = v > 0
		} else if now.positive && v < -hysteresis || !now.positive && v > hysteresis {
			out = append(out, now)
			now = halfWave{positive: !now.positive}
		}
		now.samples++
		now.area += math.Abs(v)
	}
	if len(out) > 0 {
		out = out[1:]
	}

	return out
}

// regularity is T̄/(3σ_T) of intervals, zero where there are too few.
func regularity(intervals []float64) float64 {
	if len(intervals) < 4 {
		return 0
	}
	var sum, squares float64
	for _, v := range intervals {
		sum += v
		squares += v * v
	}
	n := float64(len(intervals))
	mean := sum / n

	return mean / (3*math.Sqrt(math.Max(0, (squares-n*mean*mean)/(n-1))) + 1e-9)
}

// detectHagglund counts half waves whose integrated absolute error is above that of a
// sine of 1 % amplitude and 10 s period.
func detectHagglund(x []float64) bool {
	const amplitude, period, least = 0.01, 10, 7
	n := 0
	for _, h := range halfWaves(x, 0.25*deviation(x)) {
		if h.area/corpusHz > amplitude*period/math.Pi {
			n++
		}
	}

	return n >= least
}

func detectThornhill(x []float64) bool {
	n := len(x)
	acf := make([]float64, n/2)
	for lag := range acf {
		for i := lag; i < n; i++ {
			acf[lag] += x[i] * x[i-lag]
		}
	}
	var crossings []float64
	for lag := 1; lag < len(acf); lag++ {
		a, b := acf[lag-1], acf[lag]
		if (a > 0) != (b > 0) {
			crossings = append(crossings, float64(lag-1)+a/(a-b))
		}
	}
	var intervals []float64
	for i := 1; i < len(crossings) && i <= 11; i++ {
		intervals = append(intervals, crossings[i]-crossings[i-1])
	}

	return regularity(intervals) > 1.5
}

func detectIntervals(x []float64) bool {
	var intervals []float64
	for _, h := range halfWaves(x, 0.5*deviation(x)) {
		intervals = append(intervals, h.samples)
	}

	return regularity(intervals) > 1
}

// detectForsman compares the areas and lengths of successive half waves of one sign.
func detectForsman(x []float64) bool {
	const alpha, gamma = 0.5, 0.7
	waves := halfWaves(x, 0.25*deviation(x))
	alike := 0.0
	for i := 2; i < len(waves); i++ {
		area, length := waves[i].area/waves[i-2].area, waves[i].samples/waves[i-2].samples
		if area > alpha && area < 1/alpha && length > gamma && length < 1/gamma {
			alike++
		}
	}

	return len(waves) >= 4 && alike/float64(len(waves)) > 0.4
}

// detectSpectrum asks for a part of the power between 1 s and 30 s periods to lie
// within one bin of the highest.
func detectSpectrum(x []float64) bool {
	n := len(x)
	first, last := n/(30*corpusHz), n/corpusHz
	power := make([]float64, last+2)
	total := 0.0
	for k := first; k <= last; k++ {
		var re, im float64
		for i, v := range x {
			hann := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(n))
			sin, cos := math.Sincos(2 * math.Pi * float64(k*i%n) / float64(n))
			re += hann * v * cos
			im += hann * v * sin
		}
		power[k] = re*re + im*im
		total += power[k]
	}
	peak := 0.0
	for k := first + 1; k < last; k++ {
		peak = max(peak, power[k-1]+power[k]+power[k+1])
	}

	return peak > 0.55*total
}
