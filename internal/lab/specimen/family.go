// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package specimen

import (
	"github.com/rtmcc/rtmcc/internal/netsim"
)

// family makes specimens of one kind.
type family struct {
	name string
	make func(*draw) Specimen
}

// families are taken in turn: what is there twice is twice as frequent.
var families = []family{
	{"overuse-sawtooth", overuse(sawtooth, false)},
	{"gcc-jitter", run("gcc", jittery)},
	{"steady", steady},
	{"capped-scripted", cappedScripted(true)},
	{"congestion-sawtooth", congestion},
	{"target-alone", targetAlone},
	{"default-path", run("default+rc", plain)},
	{"loss-bursts", lossBursts},
	{"cross-traffic", crossTraffic},
	{"feedback-scripted", feedbackScripted},
	{"overuse-target", overuse(sawtooth, true)},
	{"follows-varying", followsVarying},
	{"capped-live", cappedLive},
	{"gcc-loss", run("gcc+rc", lossy)},
	{"overuse-hump", overuse(hump, false)},
	{"default-jitter", run("default+rc", jittery)},
	{"one-drop", oneDrop},
	{"gcc-varying", run("gcc+rc", varying)},
	{"capped-media", cappedScripted(false)},
	{"low-congestion", lowCongestion},
	{"gcc-jitter", run("gcc+rc", jittery)},
	{"nearly-capped", nearlyCapped},
	{"loss-reaction", lossReaction},
	{"default-varying", run("default+rc", varying)},
	{"idle-content", idleContent},
	{"target-alone", targetAlone},
	{"default-feedback", run("default+rc", badFeedback)},
	{"overuse-block", overuse(block, true)},
	{"gcc-path", run("gcc", plain)},
	{"cross-traffic", crossTraffic},
	{"low-path", run("default+rc", low)},
	{"pauses", run("default+rc", pausing)},
	{"congestion-sawtooth", congestion},
	{"ramp", ramp},
	{"default-loss", run("default+rc", lossy)},
	{"low-path", run("gcc+rc", low)},
}

// lowRate and ampleRate are the capacities, in bits per second, below and above which
// everybody calls a path of a live push low or not.
const (
	lowRate   = 750e3
	ampleRate = 1.4e6
)

// mildLoss and badLoss are the shares of random loss below and above which everybody
// calls a path lossy or not.
const (
	mildLoss = 0.01
	badLoss  = 0.03
)

// path makes a scenario of one link, in bits per second and seconds, with some jitter
// and some loss as every path has.
func (d *draw) path(rate, length float64) netsim.Scenario {
	link := netsim.Link{
		Capacity: netsim.Constant(netsim.Rate(rate)), Delay: d.milliseconds(10, 80), Queue: d.milliseconds(200, 400), Jitter: d.calm(),
	}
	if d.chance(0.3) {
		link.Loss = &netsim.Loss{Rate: d.uniform(0.0005, 0.006)}
	}

	return netsim.Scenario{
		Duration: seconds(length), Forward: []netsim.Link{link},
		Flows:    []netsim.Flow{{Source: netsim.Source{Noise: d.uniform(0.05, 0.3)}}},
		Feedback: netsim.Feedback{Interval: d.milliseconds(40, 110)},
	}
}

// roughen makes the path jittery, lossy, both or neither, and says so.
func (d *draw) roughen(s *netsim.Scenario, l *Label) {
	if d.chance(0.4) {
		s.Forward[0].Jitter = d.jitter()
		l.Jittery = Yes
	}
	if d.chance(0.15) {
		s.Forward[0].Loss = &netsim.Loss{Rate: d.uniform(0.035, 0.1)}
		l.Lossy = Yes
	}
}

// jittery is a healthy path but for its jitter.
func jittery(d *draw, s *Specimen) {
	s.Scenario = d.path(d.ratio(ampleRate, 4e6), d.length())
	s.Scenario.Forward[0].Jitter = d.jitter()
	s.label.Jittery = Yes
}

// plain is a path without anything special.
func plain(d *draw, s *Specimen) {
	s.Scenario = d.path(d.ratio(ampleRate, 4e6), d.length())
	s.encode(d)
}

// low is a path that carries little.
func low(d *draw, s *Specimen) {
	s.Scenario = d.path(d.ratio(300e3, lowRate), d.length())
	s.Scenario.Start = netsim.Rate(200e3)
	s.label.LowBandwidth = Yes
	s.label.Jittery = Unclear
}

func lossy(d *draw, s *Specimen) {
	s.Scenario = d.path(d.ratio(2e6, 4e6), d.length())
	s.Scenario.Forward[0].Loss = &netsim.Loss{Rate: d.uniform(badLoss+0.005, 0.12)}
	s.label.Lossy = Yes
	// A controller that gives way to loss uses too little to tell what is there.
	s.label.LowBandwidth = No
	s.encode(d)
}

// varying is a path whose capacity swings at random.
func varying(d *draw, s *Specimen) {
	s.Scenario = d.path(0, d.length())
	s.Scenario.Forward[0].Capacity = d.varyingCapacity()
	s.label.Jittery, s.label.LowBandwidth = Unclear, Unclear
}

// pausing is a source that goes silent now and then.
func pausing(d *draw, s *Specimen) {
	s.Scenario = d.path(d.ratio(ampleRate, 4e6), d.length())
	from := d.uniform(15, 25)
	for from < s.Scenario.Duration.Std().Seconds()-15 {
		to := from + d.uniform(2, 8)
		s.Scenario.Flows[0].Source.Pauses = append(s.Scenario.Flows[0].Source.Pauses, netsim.Window{From: seconds(from), To: seconds(to)})
		from = to + d.uniform(10, 40)
	}
}

// badFeedback is a path whose way back fails.
func badFeedback(d *draw, s *Specimen) {
	s.Scenario = d.path(d.ratio(ampleRate, 4e6), d.length())
	d.spoilFeedback(&s.Scenario)
	s.label.FeedbackTrouble = Yes
	// A queue may swing with every feedback.
	s.label.Jittery = Unclear
}

// spoilFeedback makes feedback rare, lost or silent.
func (d *draw) spoilFeedback(s *netsim.Scenario) {
	back := netsim.Link{Delay: s.Forward[0].Delay}
	switch d.IntN(3) {
	case 0:
		s.Feedback.Interval = d.milliseconds(450, 1000)
	case 1:
		back.Loss = &netsim.Loss{Rate: d.uniform(0.1, 0.3)}
	default:
		for at := d.uniform(10, 20); at < s.Duration.Std().Seconds()-5; at += d.uniform(8, 15) {
			back.Outages = append(back.Outages, netsim.Window{From: seconds(at), To: seconds(at + d.uniform(1.2, 3))})
		}
	}
	s.Backward = []netsim.Link{back}
}

// encode gives half of the specimens the encoder of a live push.
func (s *Specimen) encode(d *draw) {
	if d.chance(0.5) {
		s.Scenario = s.Scenario.Live()
	}
}

// varyingCapacity draws a random process of capacity.
func (d *draw) varyingCapacity() netsim.Capacity {
	hold := seconds(d.uniform(2, 7))
	switch d.IntN(3) {
	case 0:
		return netsim.Capacity{Generator: &netsim.Generator{
			Kind: netsim.GeneratorPoisson, Mean: netsim.Rate(d.ratio(2e6, 4e6)), Unit: netsim.Rate(500e3), Min: netsim.Rate(600e3), Hold: hold,
		}}
	case 1:
		unit := d.ratio(0.7e6, 1.2e6)

		return netsim.Capacity{Generator: &netsim.Generator{
			Kind: netsim.GeneratorMarkov, Hold: hold, States: []netsim.Rate{netsim.Rate(unit), netsim.Rate(2 * unit), netsim.Rate(4 * unit)},
		}}
	default:
		return netsim.Capacity{Generator: &netsim.Generator{
			Kind: netsim.GeneratorCellular, Mean: netsim.Rate(d.ratio(1.5e6, 3e6)), Hold: hold, Depth: d.uniform(0.15, 0.4),
		}}
	}
}

// run returns specimens that a controller of the simulator runs over a path.
func run(controller string, path func(*draw, *Specimen)) func(*draw) Specimen {
	return func(d *draw) Specimen {
		s := Specimen{Controller: controller, measured: true}
		path(d, &s)

		return s
	}
}
