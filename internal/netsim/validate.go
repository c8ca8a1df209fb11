// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"fmt"
	"time"
)

// The bounds of a scenario, which keep a run within a machine's means.
const (
	maxDuration  = Duration(24 * time.Hour)
	maxDelay     = Duration(time.Minute)
	maxLinks     = 16
	maxFlows     = 64
	maxSteps     = 1 << 20
	maxWindows   = 1 << 12
	maxPacket    = 65_535
	maxQueueSize = 1 << 30
	maxStates    = 1 << 10
)

// checker collects the first complaint about a scenario.
type checker struct{ err error }

func (c *checker) fail(path, format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: %s: %s", ErrScenario, path, fmt.Sprintf(format, args...))
	}
}

func (c *checker) duration(path string, d, least, most Duration) {
	if d < least || d > most {
		c.fail(path, "%v, want %v to %v", d, least, most)
	}
}

func (c *checker) rate(path string, r, least Rate) {
	if r < least || r > maxRate {
		c.fail(path, "%v, want %v to %v", r, least, Rate(maxRate))
	}
}

func (c *checker) number(path string, v, least, most float64) {
	if !(v >= least && v <= most) {
		c.fail(path, "%g, want %g to %g", v, least, most)
	}
}

func (c *checker) windows(path string, windows []Window) {
	if len(windows) > maxWindows {
		c.fail(path, "%d windows, want at most %d", len(windows), maxWindows)
	}
	last := Duration(-1)
	for i, w := range windows {
		if w.From <= last || w.To <= w.From || w.To > maxDuration {
			c.fail(fmt.Sprintf("%s[%d]", path, i), "from %v to %v, want from < to, in order and apart", w.From, w.To)
		}
		last = w.To
	}
}

// Validate reports the first field that is out of range, by its path in the file.
func (s *Scenario) Validate() error {
	c := &checker{}
	c.duration("duration", s.Duration, 100*millisecond, maxDuration)
	if s.Warmup < 0 || s.Warmup >= s.Duration {
		c.fail("warmup", "%v, want 0s up to below the duration", s.Warmup)
	}
	if len(s.Forward) == 0 {
		c.fail("forward", "no link, want at least one")
	}
	c.links("forward", s.Forward)
	c.links("backward", s.Backward)
	if s.Reference < 0 || s.Reference >= max(1, len(s.Forward)) {
		c.fail("reference", "%d, want the index of a forward link", s.Reference)
	}
	d := s.withDefaults()
	if d.Min <= 0 || d.Min > d.Start || d.Start > d.Max || d.Max > maxRate {
		c.fail("start", "min %v, start %v and max %v must be above zero and in order", d.Min, d.Start, d.Max)
	}
	if len(s.Flows) > maxFlows || len(s.TCP) > maxFlows || len(s.Cross) > maxFlows {
		c.fail("flows", "want at most %d of flows, tcp and cross each", maxFlows)
	}
	for i := range d.Flows {
		links := len(d.Forward)
		if d.Flows[i].Backward {
			links = len(d.Backward)
		}
		c.flow(fmt.Sprintf("flows[%d]", i), &d.Flows[i], links)
	}
	for i := range d.TCP {
		c.tcp(fmt.Sprintf("tcp[%d]", i), &d.TCP[i])
	}
	for i := range d.Cross {
		c.cross(fmt.Sprintf("cross[%d]", i), &d.Cross[i])
	}
	c.feedback(&d.Feedback)

	return c.err
}

func (c *checker) links(path string, links []Link) {
	if len(links) > maxLinks {
		c.fail(path, "%d links, want at most %d", len(links), maxLinks)
	}
	for i := range links {
		l, p := &links[i], fmt.Sprintf("%s[%d]", path, i)
		c.capacity(p+".capacity", &l.Capacity, false)
		c.duration(p+".delay", l.Delay, 0, maxDelay)
		c.duration(p+".queue", l.Queue, 0, maxDelay)
		if l.QueueBytes < 0 || l.QueueBytes > maxQueueSize {
			c.fail(p+".queue_bytes", "%d, want 0 to %d", l.QueueBytes, maxQueueSize)
		}
		if l.Queue != 0 && l.QueueBytes != 0 {
			c.fail(p+".queue_bytes", "queue and queue_bytes exclude each other")
		}
		c.jitter(p+".jitter", l.Jitter)
		if l.Loss != nil {
			c.number(p+".loss.rate", l.Loss.Rate, 0, 0.99)
			c.number(p+".loss.burst", l.Loss.Burst, 0, 1e6)
			if l.Loss.Burst > 1 && l.Loss.Rate/(1-l.Loss.Rate) > l.Loss.Burst {
				c.fail(p+".loss.burst", "%g is too short for a rate of %g: gaps would be shorter than one packet", l.Loss.Burst, l.Loss.Rate)
			}
		}
		c.windows(p+".outages", l.Outages)
		c.windows(p+".stalls", l.Stalls)
	}
}

func (c *checker) capacity(path string, k *Capacity, required bool) {
	given := 0
	for _, is := range []bool{k.Constant != 0, len(k.Steps) > 0, k.Generator != nil, k.Trace != ""} {
		if is {
			given++
		}
	}
	if given > 1 {
		c.fail(path, "constant, steps, generator and trace exclude each other")
	}
	if given == 0 && required {
		c.fail(path, "want one of constant, steps, generator and trace")
	}
	c.rate(path+".constant", k.Constant, 0)
	if len(k.Steps) > maxSteps {
		c.fail(path+".steps", "%d steps, want at most %d", len(k.Steps), maxSteps)
	}
	for i, step := range k.Steps {
		p := fmt.Sprintf("%s.steps[%d]", path, i)
		if i == 0 && step.At != 0 {
			c.fail(p+".at", "%v, want the first step at 0s", step.At)
		}
		if i > 0 && step.At <= k.Steps[i-1].At {
			c.fail(p+".at", "%v, want steps in order of time", step.At)
		}
		c.duration(p+".at", step.At, 0, maxDuration)
		c.rate(p+".rate", step.Rate, 0)
	}
	if k.Generator != nil {
		c.generator(path+".generator", k.Generator)
	}
	if k.TraceBin < 0 || k.TraceBin%millisecond != 0 {
		c.fail(path+".trace_bin", "%v, want whole milliseconds", k.TraceBin)
	}
}

func (c *checker) generator(path string, g *Generator) {
	d := g.withDefaults()
	switch g.Kind {
	case GeneratorPoisson, GeneratorCellular:
		c.rate(path+".mean", d.Mean, 1)
		c.number(path+".mean in units", float64(d.Mean)/float64(max(1, d.Unit)), 0, 500)
	case GeneratorMarkov:
		if len(d.States) < 2 || len(d.States) > maxStates {
			c.fail(path+".states", "%d states, want 2 to %d", len(d.States), maxStates)
		}
	default:
		c.fail(path+".kind", "%q, want poisson, markov or cellular", g.Kind)
	}
	for i, r := range d.States {
		c.rate(fmt.Sprintf("%s.states[%d]", path, i), r, 0)
	}
	c.rate(path+".min", d.Min, 1)
	c.rate(path+".max", d.Max, d.Min)
	c.rate(path+".unit", d.Unit, 1)
	c.duration(path+".hold", d.Hold, 10*millisecond, maxDuration)
	c.number(path+".depth", d.Depth, 0, 3)
}

func (c *checker) jitter(path string, j *Jitter) {
	if j == nil {
		return
	}
	for _, f := range []struct {
		name  string
		value Duration
	}{{"mean", j.Mean}, {"deviation", j.Deviation}, {"amplitude", j.Amplitude}, {"rise", j.Rise}} {
		c.duration(path+"."+f.name, f.value, 0, maxDelay)
	}
	c.duration(path+".period", j.Period, 0, maxDuration)
	periodic := true
	switch j.Kind {
	case JitterGaussian, JitterUniform:
		periodic = false
	case JitterOU, JitterSine, JitterBatch:
	case JitterSawtooth:
		c.duration(path+".rise", j.Rise, millisecond, j.Period)
	case JitterStall:
		c.duration(path+".amplitude", j.Amplitude, j.Mean, maxDelay)
	default:
		c.fail(path+".kind", "%q, want gaussian, uniform, ou, sine, sawtooth, stall or batch", j.Kind)
	}
	if periodic {
		c.duration(path+".period", j.Period, millisecond, maxDuration)
	}
}

func (c *checker) flow(path string, f *Flow, links int) {
	c.span(path, f.Start, f.Stop)
	c.duration(path+".delay", f.Delay, 0, maxDelay)
	c.number(path+".weight", f.Weight, 0.01, 100)
	if f.Links != nil && (f.Links[0] < 0 || f.Links[1] < f.Links[0] || f.Links[1] >= links) {
		c.fail(path+".links", "%v, want the first and the last of links 0 to %d", *f.Links, links-1)
	}
	c.source(path+".source", &f.Source)
	c.player(path+".player", &f.Player)
}

func (c *checker) span(path string, start, stop Duration) {
	c.duration(path+".start", start, 0, maxDuration)
	if stop <= start {
		c.fail(path+".stop", "%v, want after the start at %v", stop, start)
	}
}

func (c *checker) tcp(path string, t *TCP) {
	c.span(path, t.Start, t.Stop)
	c.duration(path+".delay", t.Delay, 0, maxDelay)
	c.duration(path+".idle", t.Idle, 0, maxDuration)
	if t.Kind != TCPCubic && t.Kind != TCPReno {
		c.fail(path+".kind", "%q, want cubic or reno", t.Kind)
	}
	if t.Count < 1 || t.Count > maxFlows {
		c.fail(path+".count", "%d, want 1 to %d", t.Count, maxFlows)
	}
	if t.ShortMin < 0 || t.ShortMax < t.ShortMin || t.ShortMax > maxQueueSize || t.ShortMin == 0 && t.ShortMax > 0 {
		c.fail(path+".short_max", "short transfers of %d to %d bytes, want 0 < short_min <= short_max <= %d", t.ShortMin, t.ShortMax, maxQueueSize)
	}
	if t.ShortMax > 0 && t.Idle < millisecond {
		c.fail(path+".idle", "%v, want at least 1ms between short transfers", t.Idle)
	}
}

func (c *checker) cross(path string, x *Cross) {
	c.span(path, x.Start, x.Stop)
	c.capacity(path+".rate", &x.Rate, true)
	if x.PacketSize < 40 || x.PacketSize > maxPacket {
		c.fail(path+".packet_size", "%d, want 40 to %d", x.PacketSize, maxPacket)
	}
}

func (c *checker) feedback(f *Feedback) {
	c.duration("feedback.interval", f.Interval, millisecond, maxDelay)
	c.duration("feedback.quantum", f.Quantum, Duration(time.Microsecond), second)
	c.number("feedback.clock_skew_ppm", f.ClockSkew, -100_000, 100_000)
	c.number("feedback.duplicate", f.Duplicate, 0, 1)
}
