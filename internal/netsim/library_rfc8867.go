// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import "fmt"

// The common figures of RFC 8867: section 4 and the tables of section 5.
const (
	rfcDelay   = 50 * millisecond
	rfcQueue   = 300 * millisecond
	rfcLag     = 100 * millisecond
	rfcAudio   = 20 * kbps
	rfcLow     = 150 * kbps
	rfcHigh    = 1500 * kbps
	rfcShared  = 4 * mbps
	rfcNoise   = 0.05
	rfcSpread  = 5 * millisecond
	shortLow   = 30_000
	shortHigh  = 50_000
	shortCount = 10
)

// rfcStep is a step of a schedule in RFC 8867's terms: a start in seconds and a
// ratio of the reference capacity.
type rfcStep struct{ at, ratio float64 }

func rfcSteps(reference Rate, steps ...rfcStep) Capacity {
	c := Capacity{}
	for _, s := range steps {
		c.Steps = append(c.Steps, Step{At: Duration(s.at * float64(second)), Rate: Rate(s.ratio * float64(reference))})
	}

	return c
}

// rfcLink is RFC 8867's bottleneck, whose jitter of at most 30 ms is RFC 8868's.
func rfcLink(c Capacity, delay Duration) Link {
	return Link{Capacity: c, Delay: delay, Queue: rfcQueue, Jitter: &Jitter{Kind: JitterGaussian, Deviation: rfcSpread}}
}

func rfcFlow() Flow {
	return Flow{Source: Source{Noise: rfcNoise, Lag: rfcLag, Min: rfcLow, Max: rfcHigh, Audio: rfcAudio}}
}

func rfcFlows(n int, apart Duration) []Flow {
	flows := make([]Flow, n)
	for i := range flows {
		flows[i] = rfcFlow()
		flows[i].Start = Duration(i) * apart
	}

	return flows
}

func rfcScenario(section, about string, length Duration, flows []Flow, links ...Link) Scenario {
	return Scenario{
		Name: "rfc8867-" + section, About: about, Duration: length, Forward: links, Flows: flows,
		Start: rfcLow + rfcAudio,
	}
}

// crossed turns a variable link into a constant one of 4 Mbps that constant-bitrate
// traffic fills up to what the variable one would have left.
func crossed(s Scenario) Scenario {
	link := &s.Forward[0]
	rest := Capacity{}
	for _, step := range link.Capacity.Steps {
		rest.Steps = append(rest.Steps, Step{At: step.At, Rate: rfcShared - step.Rate})
	}
	link.Capacity = Constant(rfcShared)
	s.Cross = []Cross{{Rate: rest}}
	s.Name += "-cbr"
	s.About += ", by cross traffic on a link of 4 Mbps"

	return s
}

func rfcVariable(delay Duration, suffix string) Scenario {
	c := rfcSteps(mbps, rfcStep{0, 1}, rfcStep{40, 2.5}, rfcStep{60, 0.6}, rfcStep{80, 1})

	return rfcScenario("5.1"+suffix, fmt.Sprintf("variable capacity, one flow, %v one way", delay), 100*second, rfcFlows(1, 0), rfcLink(c, delay))
}

func rfcMultiple() Scenario {
	c := rfcSteps(2*mbps, rfcStep{0, 2}, rfcStep{25, 1}, rfcStep{50, 1.75}, rfcStep{75, 0.5}, rfcStep{100, 1})

	return rfcScenario("5.2", "variable capacity, two flows", 125*second, rfcFlows(2, 0), rfcLink(c, rfcDelay))
}

func rfcCongestedFeedback() Scenario {
	flows := rfcFlows(2, 0)
	flows[1].Backward = true
	there := rfcSteps(mbps, rfcStep{0, 2}, rfcStep{20, 1}, rfcStep{40, 0.5}, rfcStep{60, 2})
	s := rfcScenario("5.3", "congested feedback: one flow each way", 100*second, flows, rfcLink(there, rfcDelay))
	s.Backward = []Link{rfcLink(rfcSteps(mbps, rfcStep{0, 2}, rfcStep{35, 0.8}, rfcStep{70, 2}), rfcDelay)}

	return s
}

func rfc8867Basic() []Scenario {
	shared := rfcLink(Constant(3500*kbps), rfcDelay)
	delays := rfcFlows(5, 10*second)
	for i, d := range []Duration{10, 25, 50, 100, 150} {
		delays[i].Delay = d * millisecond
	}
	paused := rfcFlows(3, 0)
	paused[1].Source.Pauses = []Window{{From: 40 * second, To: 60 * second}}

	return []Scenario{
		rfcVariable(rfcDelay, ""),
		rfcVariable(2*rfcDelay, "-100ms"),
		crossed(rfcVariable(rfcDelay, "")),
		rfcMultiple(),
		crossed(rfcMultiple()),
		rfcCongestedFeedback(),
		crossed(rfcCongestedFeedback()),
		rfcScenario("5.4", "three competing flows, 20 s apart", 120*second, rfcFlows(3, 20*second), shared),
		rfcScenario("5.5", "round-trip fairness: five flows of 10 to 150 ms, 10 s apart", 300*second, delays, rfcLink(Constant(4*mbps), 0)).
			with(func(s *Scenario) { s.Warmup = 50 * second }),
		rfcLongTCP("5.6", 300*millisecond),
		rfcLongTCP("5.6-1000ms", 1000*millisecond),
		rfcShortTCP(),
		rfcScenario("5.8", "three flows, the second paused from 40 to 60 s", 120*second, paused, shared),
	}
}

func rfcLongTCP(section string, queue Duration) Scenario {
	flow := rfcFlow()
	flow.Start, flow.Stop = 5*second, 119*second
	s := rfcScenario(section, fmt.Sprintf("one flow against one long TCP, queue of %v", queue), 120*second, []Flow{flow}, rfcLink(Constant(2*mbps), rfcDelay))
	s.Forward[0].Queue = queue
	s.TCP = []TCP{{}}

	return s
}

func rfcShortTCP() Scenario {
	flows := rfcFlows(2, 0)
	for i := range flows {
		flows[i].Start, flows[i].Stop = 5*second, 299*second
	}
	s := rfcScenario("5.7", "two flows against ten short TCP connections", 300*second, flows, rfcLink(Constant(2*mbps), rfcDelay))
	s.TCP = []TCP{{Count: shortCount, ShortMin: shortLow, ShortMax: shortHigh, Idle: 10 * second}}

	return s
}

// rfc8867Extended is section 6; 6.2 is in [Unsupported].
func rfc8867Extended() []Scenario {
	weighted := rfcFlows(3, 20*second)
	for i, w := range []float64{2, 1, 1} {
		weighted[i].Weight = w
	}
	crossing := rfcFlows(3, 0)
	crossing[1].Links = &[2]int{0, 0}
	crossing[2].Links = &[2]int{2, 2}
	const reference = 2 * mbps
	links := make([]Link, 0, 3)
	for i, ratio := range []float64{1, 4, 0.75} {
		// The path's 50 ms are spread, so that the flows that cross one link have a
		// delay too; the jitter is the last link's.
		delay := []Duration{15, 20, 15}[i] * millisecond
		links = append(links, Link{Capacity: Constant(Rate(ratio * float64(reference))), Delay: delay, Queue: rfcQueue})
	}
	links[2].Jitter = &Jitter{Kind: JitterGaussian, Deviation: rfcSpread}

	return []Scenario{
		rfcScenario("6.1", "priority: three flows of weights 2, 1 and 1", 120*second, weighted, rfcLink(Constant(3500*kbps), rfcDelay)),
		rfcScenario("6.3", "three bottlenecks in a row, one flow across all, one each at the first and the last", 300*second, crossing, links...).
			with(func(s *Scenario) { s.Reference = 2 }),
	}
}

// rfc8868Sweeps varies one figure of the reference path at a time (RFC 8868
// section 4).
func rfc8868Sweeps() []Scenario {
	var out []Scenario
	for _, ms := range []Duration{1, 50, 150, 300} {
		link := rfcLink(Constant(2*mbps), ms*millisecond)
		out = append(out, Scenario{Name: fmt.Sprintf("rfc8868-delay-%dms", ms), About: "one-way delay", Duration: 60 * second, Forward: []Link{link}})
	}
	for _, percent := range []int{0, 1, 5, 10, 20} {
		link := rfcLink(Constant(2*mbps), rfcDelay)
		link.Loss = &Loss{Rate: float64(percent) / 100}
		out = append(out, Scenario{Name: fmt.Sprintf("rfc8868-loss-%d", percent), About: "random loss in percent", Duration: 60 * second, Forward: []Link{link}})
	}
	for _, ms := range []Duration{70, 300, 500, 1000, 2000} {
		link := rfcLink(Constant(2*mbps), rfcDelay)
		link.Queue = ms * millisecond
		out = append(out, Scenario{Name: fmt.Sprintf("rfc8868-queue-%dms", ms), About: "length of the queue", Duration: 60 * second, Forward: []Link{link}})
	}

	return out
}
