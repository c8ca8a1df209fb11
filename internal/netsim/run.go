// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// Options says how a scenario is run.
type Options struct {
	// Flows are the controllers of the scenario's media flows, used in turn: the
	// first for the first flow and so on, starting over where there are more flows than
	// choices. Where there are more choices than flows, the last flow is repeated.
	Flows []Choice
	// Seed is what every random process of the run is drawn from.
	Seed uint64
	// Observe returns the observer of one flow's inputs and decisions, which may be
	// nil; it may be nil itself.
	Observe func(flow int) bwe.Observer
}

// simulation is one run.
type simulation struct {
	scenario  Scenario
	timeline  timeline
	pool      pool
	limits    Limits
	forward   []*link
	backward  []*link
	senders   []*sender
	tcp       []*tcpFlow
	cross     []*crossFlow
	monitor   *monitor
	reference schedule
	err       error
}

// fail ends the run with its first error.
func (s *simulation) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// checkEvery is how many events pass between looks at the context.
const checkEvery = 4096

// Run plays a scenario once. It fails where the scenario is invalid, where a
// controller fails, and with the context's error when that ends first.
func Run(ctx context.Context, scenario *Scenario, o Options) (*Result, error) {
	if len(o.Flows) == 0 {
		return nil, fmt.Errorf("%w: no controller given", ErrChoice)
	}
	if err := scenario.Validate(); err != nil {
		return nil, err
	}
	s := &simulation{scenario: scenario.withDefaults()}
	flows := s.scenario.Flows
	for len(flows) < len(o.Flows) {
		flows = append(flows, flows[len(flows)-1])
	}
	s.scenario.Flows = flows
	if err := s.build(o); err != nil {
		return nil, err
	}
	err := s.play(ctx)
	for _, f := range s.senders {
		err = errors.Join(err, f.controller.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.scenario.Name, err)
	}

	return s.result(o), nil
}

func (s *simulation) play(ctx context.Context) error {
	end := s.scenario.Duration.time()
	sampled := bwe.Time(0)
	for bin := 0; sampled < end; bin++ {
		for _, f := range s.senders {
			f.tellCapacity(sampled)
		}
		sampled = min(end, sampled.Add(Bin))
		for n := 1; s.timeline.step(sampled); n++ {
			if s.err != nil {
				return s.err
			}
			if n%checkEvery == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
		}
		if s.err != nil {
			return s.err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, f := range s.senders {
			f.record.sample(bin, f.running)
			f.tellFreezes(sampled)
		}
	}

	return nil
}

func (s *simulation) build(o Options) error {
	sc := &s.scenario
	end := sc.Duration.time()
	s.limits = sc.limits()
	bins := int((end + bwe.Time(Bin) - 1) / bwe.Time(Bin))
	var err error
	if s.forward, err = s.links("forward", sc.Forward, o.Seed); err != nil {
		return err
	}
	if s.backward, err = s.links("backward", sc.Backward, o.Seed); err != nil {
		return err
	}
	s.monitor = newMonitor(len(sc.Flows), bins)
	s.forward[sc.Reference].monitor = s.monitor
	// A copy, for a look-up moves the cursor.
	s.reference = s.forward[sc.Reference].schedule
	for i := range sc.Cross {
		if err := s.addCross(i, o.Seed); err != nil {
			return err
		}
	}
	for i := range sc.Flows {
		s.addFlow(i, bins, o)
	}
	for i := range sc.TCP {
		for n := range sc.TCP[i].Count {
			s.addTCP(i, n, o.Seed)
		}
	}

	return nil
}

func (s *simulation) links(name string, configs []Link, seed uint64) ([]*link, error) {
	links := make([]*link, len(configs))
	for i := range configs {
		l, err := newLink(&configs[i], fmt.Sprintf("%s[%d]", name, i), seed, &s.timeline, s.scenario.Duration.time())
		if err != nil {
			return nil, err
		}
		links[i] = l
	}

	return links, nil
}

// access returns the route through links behind a delay of the flow's own.
func (s *simulation) access(delay Duration, links []*link) []*link {
	if delay == 0 {
		return links
	}

	return append([]*link{{cfg: Link{Delay: delay}, timeline: &s.timeline}}, links...)
}

func (s *simulation) addFlow(i, bins int, o Options) {
	cfg := s.scenario.Flows[i]
	there, back := s.forward, s.backward
	if cfg.Backward {
		there, back = back, there
	}
	if cfg.Links != nil {
		there = there[cfg.Links[0] : cfg.Links[1]+1]
	}
	choice := o.Flows[i%len(o.Flows)]
	var observe bwe.Observer
	if o.Observe != nil {
		observe = o.Observe(i)
	}
	name := fmt.Sprintf("flow[%d]", i)
	f := &sender{
		run: s, cfg: cfg, name: choice.Name, record: newFlowRecord(i, bins, s.scenario.Warmup.time()), nextSeq: firstSeq,
		pumpAt: bwe.Never, timerAt: bwe.Never, outstanding: outstanding{first: firstSeq},
		route:   s.access(cfg.Delay, there),
		encoder: encoder{cfg: cfg.Source, rng: stream(o.Seed, name+"/source")}, delivery: newDelivery(cfg.Player),
	}
	view := s.view(i)
	f.feedbackDelay, f.capacity, f.observe = view.FeedbackDelay, view.Capacity, observe
	f.viewer = newViewer(&f.cfg.Player, cfg.Start.time())
	f.controller = choice.make(flowSetup{limits: s.limits, view: view, source: &s.scenario.Flows[i].Source, observe: observe})
	f.media, _ = f.controller.(mediaController)
	clock := stream(o.Seed, name+"/clock")
	f.receiver = &receiver{
		run: s, cfg: s.scenario.Feedback, rng: clock, sender: f, record: f.record, first: firstSeq, report: firstSeq,
		route: s.access(cfg.Delay, back), offset: time.Duration(clock.Float64() * float64(mostOffset)),
	}
	s.senders = append(s.senders, f)
	s.timeline.schedule(cfg.Start.time(), f, senderStart, nil)
	if cfg.Stop < s.scenario.Duration {
		s.timeline.schedule(cfg.Stop.time(), f, senderStop, nil)
	}
}

// firstSeq is the transport-wide sequence number of a flow's first packet.
const firstSeq = 1

// view is what an oracle sees of a flow's path.
func (s *simulation) view(i int) PathView {
	flow := &s.scenario.Flows[i]
	there, back := s.forward, s.backward
	if flow.Backward {
		there, back = back, there
	}
	first, last := 0, len(there)-1
	if flow.Links != nil {
		first, last = flow.Links[0], flow.Links[1]
	}
	delay := flow.Delay.Std()
	for _, l := range back {
		delay += l.cfg.Delay.Std()
	}
	schedules := make([]schedule, 0, last-first+1)
	for _, l := range there[first : last+1] {
		schedules = append(schedules, l.schedule)
	}

	return PathView{FeedbackDelay: delay, Capacity: func(t bwe.Time) bwe.Bitrate {
		least := bwe.Bitrate(maxRate)
		for k := range schedules {
			sharers := max(1, s.sharing(flow.Backward, first+k, t))
			least = min(least, s.free(&schedules[k], flow.Backward, t)/bwe.Bitrate(sharers))
		}

		return least
	}}
}

// sharing counts the active media flows that cross one link.
func (s *simulation) sharing(backward bool, link int, t bwe.Time) int {
	n := 0
	for i := range s.scenario.Flows {
		f := &s.scenario.Flows[i]
		if f.Backward == backward && (f.Links == nil || f.Links[0] <= link && link <= f.Links[1]) && f.active(t) {
			n++
		}
	}

	return n
}

// free is a link's capacity without cross traffic, which crosses every forward link.
func (s *simulation) free(l *schedule, backward bool, t bwe.Time) bwe.Bitrate {
	rate := l.rate(t)
	if backward {
		return rate
	}

	return max(0, rate-s.crossing(t))
}

// crossing is the rate of all cross traffic at t.
func (s *simulation) crossing(t bwe.Time) bwe.Bitrate {
	sum := bwe.Bitrate(0)
	for _, c := range s.cross {
		if t >= c.cfg.Start.time() && t < c.cfg.Stop.time() {
			look := c.schedule
			sum += look.rate(t)
		}
	}

	return sum
}

func (s *simulation) addCross(i int, seed uint64) error {
	cfg := s.scenario.Cross[i]
	name := fmt.Sprintf("cross[%d]", i)
	rate, err := cfg.Rate.schedule(seed, name, s.scenario.Duration.time())
	if err != nil {
		return fmt.Errorf("%s.rate: %w", name, err)
	}
	c := &crossFlow{run: s, cfg: cfg, schedule: rate, route: s.forward}
	s.cross = append(s.cross, c)
	s.timeline.schedule(cfg.Start.time(), c, crossStart, nil)

	return nil
}

func (s *simulation) addTCP(i, n int, seed uint64) {
	cfg := s.scenario.TCP[i]
	t := &tcpFlow{
		run: s, cfg: cfg, rng: stream(seed, fmt.Sprintf("tcp[%d][%d]", i, n)), timeoutAt: bwe.Never,
		route: s.access(cfg.Delay, s.forward), back: s.access(cfg.Delay, s.backward),
	}
	s.tcp = append(s.tcp, t)
	start := cfg.Start.time()
	if cfg.ShortMax > 0 {
		start = start.Add(time.Duration(t.rng.ExpFloat64() * float64(cfg.Idle)))
	}
	s.timeline.schedule(start, t, tcpStart, nil)
}
