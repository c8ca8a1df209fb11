// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/netsim/captrace"
)

// Capacity says what a link, or a cross flow, carries over time: one of a constant,
// steps, a generator and a trace. The zero value is no limit.
type Capacity struct {
	// Constant is one rate for good.
	Constant Rate `json:"constant,omitzero"`
	// Steps are in order of time, the first at zero; the last rate holds.
	Steps []Step `json:"steps,omitempty"`
	// Generator draws a capacity from the run's seed.
	Generator *Generator `json:"generator,omitempty"`
	// Trace names a file of capacities (docs/sim.md), relative to the scenario's. It
	// starts over where it ends before the run does.
	Trace string `json:"trace,omitempty"`
	// TraceBin is the window over which the delivery opportunities of a Mahimahi
	// trace are averaged, in whole milliseconds. Default 100 ms.
	TraceBin Duration `json:"trace_bin,omitzero"`

	// recorded is the content of Trace.
	recorded *captrace.Trace
}

// Step is a change of capacity: from At on, Rate is carried.
type Step struct {
	At   Duration `json:"at"`
	Rate Rate     `json:"rate"`
}

// GeneratorKind names a random process of capacity.
type GeneratorKind string

// The kinds of generated capacity.
const (
	// GeneratorPoisson holds Poisson-distributed multiples of Unit with mean Mean,
	// each for 200 ms plus an exponential time of mean Hold.
	GeneratorPoisson GeneratorKind = "poisson"
	// GeneratorMarkov jumps between States, all alike likely, holding each for an
	// exponential time of mean Hold.
	GeneratorMarkov GeneratorKind = "markov"
	// GeneratorCellular is fast fading on top of slow shadowing: each 100 ms the
	// logarithm of the capacity moves as an Ornstein-Uhlenbeck process around a level,
	// and the level halves or doubles after exponential times of mean Hold.
	GeneratorCellular GeneratorKind = "cellular"
)

// Generator is a random process of capacity.
type Generator struct {
	Kind GeneratorKind `json:"kind"`
	// Mean is the mean capacity (poisson, cellular).
	Mean Rate `json:"mean,omitzero"`
	// Unit is the grain of the Poisson capacity. Default 1 Mbps.
	Unit Rate `json:"unit,omitzero"`
	// Min and Max bound the capacity. Default 100 kbps and 100 Gbps.
	Min Rate `json:"min,omitzero"`
	Max Rate `json:"max,omitzero"`
	// Hold is the mean time between changes. Default 2 s.
	Hold Duration `json:"hold,omitzero"`
	// Depth is the deviation of the fading as a fraction of the level (cellular).
	// Default 0.25.
	Depth float64 `json:"depth,omitzero"`
	// States are the capacities of the Markov chain.
	States []Rate `json:"states,omitempty"`
	// Seed fixes the realisation whatever the run's seed is; zero for the run's.
	Seed uint64 `json:"seed,omitzero"`
}

// Constant returns a capacity that never changes.
func Constant(r Rate) Capacity { return Capacity{Constant: r} }

// Recorded returns the capacity of a trace that is in memory, under a name.
func Recorded(name string, t *captrace.Trace) Capacity {
	return Capacity{Trace: name, recorded: t}
}

// schedule lays the capacity out over length.
func (c *Capacity) schedule(seed uint64, name string, length bwe.Time) (schedule, error) {
	switch {
	case c.Constant > 0:
		return schedule{changes: []change{{rate: c.Constant.Bitrate()}}}, nil
	case len(c.Steps) > 0:
		s := schedule{changes: make([]change, len(c.Steps))}
		for i, step := range c.Steps {
			s.changes[i] = change{at: step.At.time(), rate: step.Rate.Bitrate()}
		}

		return s, nil
	case c.Generator != nil:
		g := *c.Generator
		if g.Seed != 0 {
			seed = g.Seed
		}

		return g.schedule(stream(seed, name+"/capacity"), length), nil
	case c.Trace != "":
		if c.recorded == nil {
			return schedule{}, fmt.Errorf("%w: trace %q was not loaded: load the scenario from a file", ErrScenario, c.Trace)
		}

		return repeated(c.recorded, length)
	default:
		return schedule{}, nil
	}
}

// repeated plays a recorded trace over and over.
func repeated(t *captrace.Trace, length bwe.Time) (schedule, error) {
	var s schedule
	if rounds := float64(length) / float64(t.Length); rounds*float64(len(t.Points)) > captrace.MaxPoints {
		return s, fmt.Errorf("%w: a trace of %v would have to be repeated %.0f times: use a shorter run or a longer trace", ErrScenario, t.Length, rounds)
	}
	for origin := bwe.Time(0); origin < length; origin = origin.Add(t.Length) {
		for _, p := range t.Points {
			at := origin.Add(p.At)
			if at >= length {
				break
			}
			s.changes = append(s.changes, change{at: at, rate: p.Bitrate})
		}
	}

	return s, nil
}

func (g *Generator) withDefaults() Generator {
	d := *g
	if d.Unit == 0 {
		d.Unit = mbps
	}
	if d.Min == 0 {
		d.Min = 100 * kbps
	}
	if d.Max == 0 {
		d.Max = Rate(maxRate)
	}
	if d.Hold == 0 {
		d.Hold = 2 * second
	}
	if d.Depth == 0 {
		d.Depth = 0.25
	}

	return d
}

func (g *Generator) schedule(r *rand.Rand, length bwe.Time) schedule {
	d := g.withDefaults()
	var s schedule
	add := func(at bwe.Time, rate float64) {
		rate = min(max(rate, float64(d.Min)), float64(d.Max))
		s.changes = append(s.changes, change{at: at, rate: bwe.Bitrate(rate)})
	}
	switch d.Kind {
	case GeneratorPoisson:
		for t := bwe.Time(0); t < length; t = t.Add(shortestHold + d.hold(r)) {
			add(t, float64(poissonDraw(r, float64(d.Mean)/float64(d.Unit)))*float64(d.Unit))
		}
	case GeneratorMarkov:
		state := r.IntN(len(d.States))
		for t := bwe.Time(0); t < length; t = t.Add(d.hold(r) + time.Millisecond) {
			add(t, float64(d.States[state]))
			state = (state + 1 + r.IntN(max(1, len(d.States)-1))) % len(d.States)
		}
	case GeneratorCellular:
		d.fade(r, length, add)
	}

	return s
}

// shortestHold is the least time for which a Poisson capacity stays.
const shortestHold = 200 * time.Millisecond

// Grain and memory of the fading.
const (
	fadingStep = 100 * time.Millisecond
	fadingTime = 500 * time.Millisecond
)

func (g *Generator) fade(r *rand.Rand, length bwe.Time, add func(bwe.Time, float64)) {
	level, x := 0, 0.0
	next := bwe.Time(0).Add(g.hold(r))
	keep := math.Exp(-fadingStep.Seconds() / fadingTime.Seconds())
	for t := bwe.Time(0); t < length; t = t.Add(fadingStep) {
		if t >= next {
			next = t.Add(g.hold(r))
			// Levels of a half, one and two times the mean: every change halves or
			// doubles, and the walk returns to the middle.
			switch {
			case level != 0:
				level = 0
			case r.IntN(2) == 0:
				level = -1
			default:
				level = 1
			}
		}
		x = x*keep + g.Depth*math.Sqrt(1-keep*keep)*r.NormFloat64()
		add(t, float64(g.Mean)*math.Exp2(float64(level))*math.Exp(x))
	}
}

func (g *Generator) hold(r *rand.Rand) time.Duration {
	return time.Duration(r.ExpFloat64() * float64(g.Hold))
}
