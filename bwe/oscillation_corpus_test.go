// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"math"
	"math/rand"
	"time"
)

// window is one labelled series of the corpus at 5 Hz; the estimate is missing where
// a sample is zero.
type window struct {
	class   string
	swings  bool
	samples []float64
}

const corpusHz = 5

// corpusClass draws one window of a class.
type corpusClass struct {
	name   string
	swings bool
	draw   func(r *rand.Rand) []float64
}

func uniformIn(r *rand.Rand, lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }

func logUniform(r *rand.Rand, lo, hi float64) float64 {
	return lo * math.Pow(hi/lo, r.Float64())
}

// corpusClasses are the kinds of series that the detector has to tell apart. The
// first is what published figures for other detectors were taken on: noisy sawtooths
// of 15 to 30 % depth and 5 to 18 s period.
var corpusClasses = []corpusClass{
	{"sawtooth", true, func(r *rand.Rand) []float64 {
		return drawSwing(r, swingShape{kind: 0, period: uniformIn(r, 5, 18), depth: uniformIn(r, 0.15, 0.30), seconds: 60})
	}},
	{"wide sawtooth", true, func(r *rand.Rand) []float64 { return drawWide(r, 0) }},
	{"wide sine", true, func(r *rand.Rand) []float64 { return drawWide(r, 1) }},
	{"wide triangle", true, func(r *rand.Rand) []float64 { return drawWide(r, 2) }},
	{"relaxation", true, drawRelaxation},
	{"random walk", false, drawWalk},
	{"markov", false, drawMarkov},
	{"ou", false, drawOU},
	{"handover", false, drawHandover},
	{"bursty", false, drawBursty},
	{"ramp", false, drawRamp},
	{"drop", false, drawDrop},
	{"recoveries", false, drawRecoveries},
	{"start", false, drawStart},
	{"constant", false, drawConstant},
}

func drawWide(r *rand.Rand, kind int) []float64 {
	period := logUniform(r, 1.5, 30)

	return drawSwing(r, swingShape{kind: kind, period: period, depth: uniformIn(r, 0.15, 0.5), seconds: max(60, 4.5*period)})
}

type swingShape struct {
	kind          int
	period, depth float64
	seconds       float64
}

// drawSwing draws a limit cycle: each cycle's length and depth vary, the level
// drifts, there is noise, samples are missing.
func drawSwing(r *rand.Rand, s swingShape) []float64 {
	base := logUniform(r, 3e5, 1e7)
	lengthJitter, depthJitter := uniformIn(r, 0.02, 0.12), uniformIn(r, 0.02, 0.15)
	drift := uniformIn(r, -0.2, 0.2) / (60 * corpusHz)
	// Fall takes up to three feedbacks; the rise is additive, multiplicative or first
	// quick and then slow.
	fall, bend := uniformIn(r, 0, 0.6), uniformIn(r, -0.35, 0.35)
	n := int(s.seconds * corpusHz)
	out := make([]float64, n)
	t, length, depth := uniformIn(r, 0, s.period), s.period, s.depth
	for i := range out {
		for t >= length {
			t -= length
			length = s.period * math.Max(0.5, 1+lengthJitter*r.NormFloat64())
			depth = s.depth * math.Max(0.4, 1+depthJitter*r.NormFloat64())
		}
		phase := t / length
		var y float64
		switch s.kind {
		case 0:
			down := math.Min(fall/length, 0.4)
			if phase < down {
				y = 1 - phase/down
			} else {
				u := (phase - down) / (1 - down)
				y = u + bend*u*(1-u)
			}
		case 1:
			y = 0.5 + 0.5*math.Cos(2*math.Pi*phase)
		default:
			y = math.Abs(2*phase - 1)
		}
		out[i] = base * (1 - depth*(1-y)) * (1 + drift*float64(i))
		t += 1.0 / corpusHz
	}

	return spoil(r, out)
}

// drawRelaxation draws what an additive- or multiplicative-increase estimator makes
// of overuse cried at random times: steady climbs, falls to about the same share.
func drawRelaxation(r *rand.Rand) []float64 {
	x, period := logUniform(r, 1e5, 3e6), logUniform(r, 1.5, 8)
	irregular := uniformIn(r, 0.2, 0.6)
	share, spread := uniformIn(r, 0.65, 0.88), uniformIn(r, 0.01, 0.06)
	rate := (1/share - 1) / period / corpusHz
	additive := r.Intn(2) == 0
	step := x * rate
	// A false overuse more or less moves the level as a whole.
	rate *= uniformIn(r, 0.4, 1.3)
	next, falling := 0.0, 0
	out := make([]float64, 60*corpusHz)
	for i := range out {
		t := float64(i) / corpusHz
		switch {
		case t >= next:
			x *= math.Min(0.95, math.Max(0.4, share+spread*r.NormFloat64()))
			next = t + period*math.Max(0.15, 1+irregular*r.NormFloat64())
			falling = r.Intn(4)
		case falling > 0:
			falling--
		case additive:
			x += step
		default:
			x *= 1 + rate
		}
		x = math.Max(x, 3e4)
		out[i] = x * (1 + 0.003*r.NormFloat64())
	}

	return out
}

// spoil adds noise and takes samples away.
func spoil(r *rand.Rand, x []float64) []float64 {
	sigma, missing := uniformIn(r, 0.002, 0.03), uniformIn(r, 0, 0.15)
	for i := range x {
		x[i] *= math.Max(0.1, 1+sigma*r.NormFloat64())
		if i > 0 && r.Float64() < missing {
			x[i] = 0
		}
	}

	return x
}

// follow is what an estimator makes of a capacity: late, and never above 20 Mbps.
func follow(r *rand.Rand, capacity []float64) []float64 {
	tau := uniformIn(r, 0.1, 1.2)
	gain := 1 - math.Exp(-1/(tau*corpusHz))
	y := capacity[0]
	for i, c := range capacity {
		y += gain * (math.Max(c, 2e4) - y)
		capacity[i] = y
	}

	return spoil(r, capacity)
}

const corpusSamples = 60 * corpusHz

func drawWalk(r *rand.Rand) []float64 {
	x, step := math.Log(logUniform(r, 5e5, 8e6)), logUniform(r, 0.005, 0.06)
	out := make([]float64, corpusSamples)
	for i := range out {
		x += step * r.NormFloat64()
		out[i] = math.Exp(x)
	}

	return follow(r, out)
}

func drawMarkov(r *rand.Rand) []float64 {
	base, spread := logUniform(r, 5e5, 8e6), uniformIn(r, 0.15, 1.2)
	states := make([]float64, 2+r.Intn(5))
	for i := range states {
		states[i] = base * math.Exp(spread*(r.Float64()-0.5))
	}
	stay := logUniform(r, 0.5, 15) * corpusHz
	k := 0
	out := make([]float64, corpusSamples)
	for i := range out {
		if r.Float64() < 1/stay {
			k = (k + 1 + r.Intn(len(states)-1)) % len(states)
		}
		out[i] = states[k]
	}

	return follow(r, out)
}

func drawOU(r *rand.Rand) []float64 {
	base, sigma, tau := math.Log(logUniform(r, 5e5, 8e6)), uniformIn(r, 0.05, 0.5), logUniform(r, 0.3, 20)
	a := math.Exp(-1 / (tau * corpusHz))
	slow, b := 0.0, math.Exp(-1/(30.0*corpusHz))
	slowSigma := uniformIn(r, 0, 0.4)
	x := sigma * r.NormFloat64()
	out := make([]float64, corpusSamples)
	for i := range out {
		x = a*x + sigma*math.Sqrt(1-a*a)*r.NormFloat64()
		slow = b*slow + slowSigma*math.Sqrt(1-b*b)*r.NormFloat64()
		out[i] = math.Exp(base + x + slow)
	}

	return follow(r, out)
}

func drawHandover(r *rand.Rand) []float64 {
	out := drawOU(r)
	every, gap := logUniform(r, 6, 30), uniformIn(r, 0.3, 2)
	until, floor, level := -1.0, 0.1, 1.0
	for i := range out {
		t := float64(i) / corpusHz
		if r.Float64() < 1/(every*corpusHz) {
			until, floor = t+gap, uniformIn(r, 0.05, 0.4)
			level = uniformIn(r, 0.5, 1.6)
		}
		if t < until {
			out[i] *= floor
		} else {
			out[i] *= level
		}
	}

	return out
}

// drawBursty draws a capacity as a drive or a walk records it: noise of several time
// constants at once, deep fades, long tails; half of them as they are, without an
// estimator that follows.
func drawBursty(r *rand.Rand) []float64 {
	base := logUniform(r, 5e5, 8e6)
	var state, tau, sigma [4]float64
	for k := range tau {
		tau[k] = logUniform(r, 0.2, 12)
		sigma[k] = uniformIn(r, 0, 0.35)
	}
	fade, white := 0.0, uniformIn(r, 0, 0.3)
	out := make([]float64, corpusSamples)
	for i := range out {
		x := white * r.NormFloat64()
		for k := range state {
			a := math.Exp(-1 / (tau[k] * corpusHz))
			state[k] = a*state[k] + sigma[k]*math.Sqrt(1-a*a)*r.NormFloat64()
			x += state[k]
		}
		if r.Float64() < 0.02 {
			fade = r.ExpFloat64()
		}
		fade *= 0.8
		out[i] = math.Max(2e4, base*math.Exp(x-fade))
	}
	if r.Intn(2) == 0 {
		return spoil(r, out)
	}

	return follow(r, out)
}

func drawRamp(r *rand.Rand) []float64 {
	from, to := logUniform(r, 3e5, 8e6), logUniform(r, 3e5, 8e6)
	begin := r.Intn(corpusSamples / 2)
	end := begin + 25 + r.Intn(corpusSamples/2)
	out := make([]float64, corpusSamples)
	for i := range out {
		out[i] = from + (to-from)*math.Max(0, math.Min(1, float64(i-begin)/float64(end-begin)))
	}

	return follow(r, out)
}

func drawDrop(r *rand.Rand) []float64 {
	base := logUniform(r, 5e5, 8e6)
	out := make([]float64, corpusSamples)
	for i := range out {
		out[i] = base
	}
	for range 1 + r.Intn(2) {
		at, deep := r.Intn(corpusSamples), uniformIn(r, 0.1, 0.8)
		rise := logUniform(r, 5, 150)
		for i := at; i < len(out); i++ {
			out[i] *= 1 - deep*math.Max(0, 1-float64(i-at)/rise)
		}
	}

	return follow(r, out)
}

// drawRecoveries draws a path that keeps losing capacity, by any share, and getting
// it back, in any time.
func drawRecoveries(r *rand.Rand) []float64 {
	base, every := logUniform(r, 5e5, 8e6), logUniform(r, 4, 20)
	part, rate := 1.0, 0.0
	out := make([]float64, corpusSamples)
	for i := range out {
		if r.Float64() < 1/(every*corpusHz) {
			part *= uniformIn(r, 0.3, 0.9)
			rate = (1 - part) / (corpusHz * logUniform(r, 1, 20))
		}
		part = math.Min(1, part+rate)
		out[i] = base * part
	}

	return follow(r, out)
}

func drawStart(r *rand.Rand) []float64 {
	base, x, rate := logUniform(r, 5e5, 8e6), 3e5, uniformIn(r, 0.01, 0.1)
	wobble := 0.0
	out := make([]float64, corpusSamples)
	for i := range out {
		if x < base {
			x *= 1 + rate
			if r.Float64() < 0.02 {
				x = math.Min(base, x*2)
			}
		} else if r.Float64() < 0.01 {
			x *= uniformIn(r, 0.6, 0.9)
		}
		wobble = 0.95*wobble + 0.01*r.NormFloat64()
		out[i] = x * (1 + wobble)
	}

	return follow(r, out)
}

func drawConstant(r *rand.Rand) []float64 {
	base, sigma := logUniform(r, 3e5, 8e6), uniformIn(r, 0, 0.08)
	out := make([]float64, corpusSamples)
	for i := range out {
		out[i] = base * (1 + sigma*r.NormFloat64())
	}

	return spoil(r, out)
}

// corpus draws n windows of every class that keep admits.
func corpus(seed int64, n int, keep func(corpusClass) bool) []window {
	var out []window
	for k, c := range corpusClasses {
		if !keep(c) {
			continue
		}
		r := rand.New(rand.NewSource(seed*1000 + int64(k)))
		for range n {
			out = append(out, window{c.name, c.swings, c.draw(r)})
		}
	}

	return out
}

// detect feeds a window at irregular times and reports the surest judgement and
// whether the detector ever was active.
func detect(cfg OscillationConfig, w window, seed int64) (bool, Oscillation) {
	d, err := NewOscillationDetector(cfg)
	if err != nil {
		panic(err)
	}
	r := rand.New(rand.NewSource(seed))
	var hit bool
	var at Oscillation
	d.SetObserver(func(e Event) {
		if o, ok := e.(*Oscillation); ok && o.Phase == OscillationStarted && !hit {
			hit, at = true, *o
		}
	})
	const step = Time(time.Second / corpusHz)
	for i, x := range w.samples {
		if x > 0 {
			d.OnEstimate(Time(i)*step+Time(r.Int63n(int64(step))), Bitrate(x))
		}
	}

	return hit, at
}
