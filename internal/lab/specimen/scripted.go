// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package specimen

import (
	"math"

	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// estimateNoise is the relative deviation of scripted estimates, from 0.3 % on.
func (d *draw) estimateNoise() float64 { return d.ratio(0.003, 0.02) }

// drawSwing draws a swing of the given shape around a peak that lasts most of the
// session.
func (d *draw) drawSwing(kind shape, peak, length float64) swing {
	s := swing{
		shape: kind, peak: peak, depth: d.uniform(0.2, 0.6), wobble: d.uniform(0, 0.3), unequal: d.uniform(0, 0.2),
		from: d.uniform(2, 10), to: length, rest: peak * d.uniform(0.6, 0.9),
	}
	s.period = d.ratio(2, min(60, (length-15)/5))
	if d.chance(0.3) {
		s.from = length * d.uniform(0.1, 0.35)
		s.period = d.ratio(2, min(60, (length-s.from)/5))
	}

	return s
}

// overuse swings far below the capacity over a path without a queue. With target the
// recording has a target that goes along, otherwise it has none or one that is level.
func overuse(kind shape, target bool) func(*draw) Specimen {
	return func(d *draw) Specimen {
		length, rate := d.length(), d.ratio(2e6, 6e6)
		s := Specimen{Scenario: d.path(rate, length), label: Label{Estimate: Yes, Cause: session.Overuse}}
		d.roughen(&s.Scenario, &s.label)
		if s.label.Lossy == Yes {
			// Nobody could say whether delay or loss did it.
			s.label.Cause = ""
		}
		w := d.drawSwing(kind, rate*d.uniform(0.4, 0.75), length)
		estimate, _ := w.wave(d)
		estimate = estimate.noisy(d, d.estimateNoise(), length)
		s.script = &script{media: estimate, estimate: estimate}
		switch {
		case target:
			s.script.target = estimate.scaled(d.uniform(0.85, 0.98))
			s.script.media = s.script.target
			s.label.Target = Yes
		case d.chance(0.4):
			s.script.target = level(w.peak*(1-w.depth)*0.9).noisy(d, 0.01, length)
			s.script.media, s.script.limit = s.script.target, ratecontrol.LimitSmoothing
		}

		return s
	}
}

// congestion climbs above the capacity again and again, so that a queue builds before
// every fall.
func congestion(d *draw) Specimen {
	length, rate := d.length(), d.ratio(ampleRate, 3.5e6)
	s := Specimen{Scenario: d.path(rate, length), label: Label{Estimate: Yes, Cause: session.Congestion}}
	d.congest(&s, rate, length)

	return s
}

// lowCongestion is congestion on a path that carries little.
func lowCongestion(d *draw) Specimen {
	length, rate := d.length(), d.ratio(300e3, lowRate)
	s := Specimen{Scenario: d.path(rate, length), label: Label{Estimate: Yes, Cause: session.Congestion, LowBandwidth: Yes}}
	d.congest(&s, rate, length)

	return s
}

func (d *draw) congest(s *Specimen, rate, length float64) {
	// Three percent of a packet are headers; the rest of the excess builds the queue.
	w := d.drawSwing(sawtooth, rate*d.uniform(1.15, 1.35), length)
	w.period = d.ratio(5, min(45, (length-w.from)/5))
	w.depth = d.uniform(0.35, 0.6)
	w.rest = rate * 0.6
	estimate, _ := w.wave(d)
	estimate = estimate.noisy(d, d.estimateNoise(), length)
	s.script = &script{media: estimate, estimate: estimate}
	if d.chance(0.5) {
		s.script.target = estimate
		s.label.Target = Yes
	}
	if d.chance(0.2) && s.label.LowBandwidth == No {
		s.Scenario.Forward[0].Jitter = d.jitter()
		s.label.Jittery = Yes
	}
}

// crossTraffic comes and goes; the controller follows what it leaves, too late. Delay
// varies by it, which some call jitter.
func crossTraffic(d *draw) Specimen {
	length, rate := d.length(), d.ratio(3e6, 5e6)
	s := Specimen{Scenario: d.path(rate, length), label: Label{Estimate: Yes, Cause: session.Congestion, Jittery: Unclear}}
	share := d.uniform(0.35, 0.6)
	period := d.ratio(6, min(40, length/6))
	wobble := d.uniform(0, 0.2)
	cross := netsim.Capacity{Steps: []netsim.Step{{At: 0, Rate: 1000}}}
	media := wave{{0, rate * 0.5}}
	high, low := rate*d.uniform(0.85, 0.95), rate*(1-share)*d.uniform(0.85, 0.95)
	at := d.uniform(5, 10)
	media = append(media, knot{at - 2, high})
	for at+period < length {
		off := at + period*d.uniform(0.4, 0.6)
		cross.Steps = append(cross.Steps, netsim.Step{At: seconds(at), Rate: netsim.Rate(rate * share)}, netsim.Step{At: seconds(off), Rate: 1000})
		lag := d.uniform(0.3, 0.8)
		next := at + period*min(max(1+wobble*d.NormFloat64(), 0.6), 1.5)
		climb := d.uniform(0.3, 0.8) * max(next-off, 1)
		media = append(media, knot{at + lag, high}, knot{at + lag + 0.3, low * 0.8}, knot{at + lag + 1, low}, knot{off + 0.1, low}, knot{off + climb, high})
		at = next
	}
	s.Scenario.Cross = []netsim.Cross{{Rate: cross}}
	media = media.noisy(d, d.estimateNoise(), length)
	s.script = &script{media: media, estimate: media}

	return s
}

// lossBursts lose packets for some hundred milliseconds, whereupon the estimate falls,
// again and again.
func lossBursts(d *draw) Specimen {
	length, rate := d.length(), d.ratio(2e6, 5e6)
	s := Specimen{Scenario: d.path(rate, length), label: Label{Estimate: Yes, Cause: session.Loss, Lossy: Unclear}}
	w := d.drawSwing(sawtooth, rate*d.uniform(0.4, 0.75), length)
	w.period = max(w.period, 3)
	estimate, falls := w.wave(d)
	last := 0.0
	for _, fall := range falls {
		for t := max(fall-d.uniform(0.3, 0.9), last); t < fall; t += 0.06 {
			s.Scenario.Forward[0].Outages = append(s.Scenario.Forward[0].Outages, netsim.Window{From: seconds(t), To: seconds(t + 0.02)})
			last = t + 0.06
		}
	}
	if d.chance(0.3) {
		s.Scenario.Forward[0].Jitter = d.jitter()
		s.label.Jittery = Yes
	}
	estimate = estimate.noisy(d, d.estimateNoise(), length)
	s.script = &script{media: estimate, estimate: estimate}

	return s
}

// steady holds its estimate, over a path of any kind.
func steady(d *draw) Specimen {
	length, rate := d.length(), d.ratio(ampleRate, 5e6)
	s := Specimen{Scenario: d.path(rate, length)}
	d.roughen(&s.Scenario, &s.label)
	estimate := d.drift(rate*d.uniform(0.5, 0.85), length)
	s.script = &script{media: estimate.scaled(d.uniform(0.85, 0.98)), estimate: estimate}
	if d.chance(0.5) {
		s.script.target = s.script.media
	}

	return s
}

// drift is a rate that wanders by a few percent.
func (d *draw) drift(rate, length float64) wave {
	deviation, memory := d.uniform(0, 0.04), d.uniform(5, 30)
	var w wave
	x, keep := 0.0, math.Exp(-1/memory)
	for t := 0.0; t <= length; t++ {
		x = x*keep + deviation*math.Sqrt(1-keep*keep)*d.NormFloat64()
		w = append(w, knot{t, rate * (1 + x)})
	}

	return w.noisy(d, d.estimateNoise(), length)
}

// ramp climbs for long, or falls for long.
func ramp(d *draw) Specimen {
	length, rate := d.length(), d.ratio(2e6, 5e6)
	s := Specimen{Scenario: d.path(rate, length)}
	from, to := rate*d.uniform(0.15, 0.3), rate*d.uniform(0.6, 0.85)
	if d.chance(0.3) {
		from, to = to, from
	}
	turn := length * d.uniform(0.3, 0.9)
	estimate := wave{{0, from}, {turn, to}}.noisy(d, d.estimateNoise(), length)
	s.script = &script{media: estimate, estimate: estimate, target: estimate}

	return s
}

// oneDrop is a capacity that falls once or twice and returns.
func oneDrop(d *draw) Specimen {
	length, rate := d.length(), d.ratio(2.5e6, 5e6)
	s := Specimen{Scenario: d.path(rate, length)}
	share := d.uniform(0.3, 0.6)
	steps := []netsim.Step{{At: 0, Rate: netsim.Rate(rate)}}
	estimate := wave{{0, rate * 0.85}}
	for at := length * d.uniform(0.15, 0.3); at < length*0.8; at += length * d.uniform(0.3, 0.5) {
		back := at + length*d.uniform(0.05, 0.15)
		steps = append(steps, netsim.Step{At: seconds(at), Rate: netsim.Rate(rate * share)}, netsim.Step{At: seconds(back), Rate: netsim.Rate(rate)})
		estimate = append(estimate, knot{at + 0.4, rate * 0.85}, knot{at + 0.7, rate * share * 0.8}, knot{back + 0.5, rate * share * 0.9}, knot{back + 4, rate * 0.85})
	}
	s.Scenario.Forward[0].Capacity = netsim.Capacity{Steps: steps}
	estimate = estimate.noisy(d, d.estimateNoise(), length)
	s.script = &script{media: estimate, estimate: estimate, target: estimate}
	s.label.LowBandwidth = No

	return s
}
