// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

// outcome is what became of a packet.
type outcome struct {
	id     int64
	at     bwe.Time
	queued time.Duration
	reason DropReason
}

// outcomes is a [Sink], and an endpoint of the simulator, that notes everything.
type outcomes struct {
	timeline *timeline
	all      []outcome
}

func (o *outcomes) Deliver(id int64, at bwe.Time, queued time.Duration) {
	o.all = append(o.all, outcome{id, at, queued, 0})
}

func (o *outcomes) Drop(id int64, at bwe.Time, queued time.Duration, reason DropReason) {
	o.all = append(o.all, outcome{id, at, queued, reason})
}

func (o *outcomes) arrive(p *packet)              { o.Deliver(p.seq, o.timeline.now, p.queued) }
func (o *outcomes) lose(p *packet)                { o.Drop(p.seq, o.timeline.now, p.queued, p.dropped) }
func (o *outcomes) handle(_ operation, p *packet) { forward(p) }

// offer is a packet and its time.
type offer struct {
	at        bwe.Time
	direction Direction
	size      int
}

// offers draws bursts of packets both ways over a span of time, each way at a mean of
// about rate.
func offers(seed uint64, span time.Duration, rate bwe.Bitrate) []offer {
	r := rand.New(rand.NewPCG(seed, 0))
	var out []offer
	for _, d := range []Direction{Forward, Backward} {
		gap := rate.TimeFor(750 * 4)
		for t := time.Duration(0); t < span; t += time.Duration(r.ExpFloat64() * float64(gap)) {
			for range 1 + r.IntN(7) {
				out = append(out, offer{at(t), d, 1 + r.IntN(1500)})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b offer) int { return int(a.at - b.at) })

	return out
}

// simulated plays offers over the links of the simulator proper.
func simulated(t *testing.T, scenario Scenario, seed uint64, all []offer) *outcomes {
	t.Helper()
	// Media that begins when the run is all but over stays out of the way.
	scenario.Flows = []Flow{{Start: scenario.Duration - 1}}
	require.NoError(t, scenario.Validate())
	s := &simulation{scenario: scenario.withDefaults()}
	choice, err := ParseChoice("fixed:1Mbps")
	require.NoError(t, err)
	require.NoError(t, s.build(Options{Flows: []Choice{choice}, Seed: seed}))
	out := &outcomes{timeline: &s.timeline}
	for i, o := range all {
		p := &packet{owner: out, route: s.forward, flow: flowCross, seq: int64(i), size: o.size}
		if o.direction == Backward {
			p.route = s.backward
		}
		s.timeline.schedule(o.at, out, 0, p)
	}
	for s.timeline.step(scenario.Duration.time() - 1) {
	}

	return out
}

func TestPathIsTheSimulators(t *testing.T) {
	const span = 10 * time.Second
	seen := map[DropReason]int{}
	for i, scenario := range Library() {
		scenario.Duration, scenario.Warmup = 12*second, 0
		for k := range scenario.TCP {
			scenario.TCP[k].Start, scenario.TCP[k].Stop = second, 9*second
		}
		for k := range scenario.Cross {
			scenario.Cross[k].Start, scenario.Cross[k].Stop = second, 9*second
		}
		for k := range scenario.Forward {
			for j := range scenario.Forward[k].Outages {
				scenario.Forward[k].Outages[j] = Window{From: 3 * second, To: 5 * second}
			}
		}
		seed := uint64(i + 1)
		all := offers(seed, span, 2*bwe.Mbps)
		want := simulated(t, scenario, seed, all)

		got := &outcomes{}
		scenario.Flows = nil
		p, err := NewPath(&scenario, seed, got)
		require.NoError(t, err)
		for k, o := range all {
			p.Offer(o.at, o.direction, o.size, int64(k))
			// A clock that looks more often than it must changes nothing.
			if k%3 == 0 && p.Next() < bwe.Never && (k+1 == len(all) || p.Next() < all[k+1].at) {
				p.Advance(p.Next())
			}
		}
		p.Advance(scenario.Duration.time() - 2)
		require.NotEmpty(t, got.all)
		require.Equal(t, want.all, got.all, scenario.Name)
		for _, o := range got.all {
			seen[o.reason]++
		}
	}
	for _, reason := range []DropReason{0, DropQueue, DropLoss, DropOutage} {
		require.Positive(t, seen[reason], reason)
	}
}

func TestPathByHand(t *testing.T) {
	got := &outcomes{}
	p, err := NewPath(&Scenario{Duration: second, Forward: []Link{{
		Capacity: Constant(mbps), Delay: 40 * millisecond, QueueBytes: 2500, Outages: []Window{{From: 100 * millisecond, To: 200 * millisecond}},
	}}}, 1, got)
	require.NoError(t, err)
	require.Equal(t, bwe.Never, p.Next())
	for id := range int64(3) {
		p.Offer(at(10*time.Millisecond), Forward, 1250, id)
	}
	require.Equal(t, []outcome{{2, at(10 * time.Millisecond), 0, DropQueue}}, got.all)
	require.Equal(t, at(20*time.Millisecond), p.Next())
	p.Advance(at(60*time.Millisecond) - 1)
	require.Len(t, got.all, 1)
	p.Advance(at(60 * time.Millisecond))
	require.Equal(t, outcome{0, at(60 * time.Millisecond), 0, 0}, got.all[1])
	// Late news counts from where the path is.
	p.Offer(0, Backward, 100, 3)
	require.Equal(t, at(70*time.Millisecond), p.Next())
	p.Offer(at(150*time.Millisecond), Forward, 1250, 4)
	require.Equal(t, outcome{1, at(70 * time.Millisecond), 10 * time.Millisecond, 0}, got.all[2])
	require.Equal(t, outcome{3, at(100 * time.Millisecond), 0, 0}, got.all[3])
	p.Advance(at(time.Second))
	require.Equal(t, outcome{4, at(160 * time.Millisecond), 0, DropOutage}, got.all[4])
	require.Equal(t, bwe.Never, p.Next())
}

func TestPathRefuses(t *testing.T) {
	_, err := NewPath(&Scenario{Duration: second}, 1, &outcomes{})
	require.ErrorIs(t, err, ErrScenario)
	_, err = NewPath(&Scenario{Duration: second, Forward: []Link{{Capacity: Capacity{Trace: "none"}}}}, 1, &outcomes{})
	require.ErrorIs(t, err, ErrScenario)
}

// idle is a sink that forgets.
type idle struct{}

func (idle) Deliver(int64, bwe.Time, time.Duration)          {}
func (idle) Drop(int64, bwe.Time, time.Duration, DropReason) {}

func TestPathDoesNotAllocate(t *testing.T) {
	scenario := Scenario{Duration: second, Forward: []Link{{
		Capacity: Constant(10 * mbps), Delay: 20 * millisecond, Jitter: &Jitter{Kind: JitterOU, Mean: 5 * millisecond, Deviation: 3 * millisecond, Period: second},
		Loss: &Loss{Rate: 0.1, Burst: 3},
	}}}
	p, err := NewPath(&scenario, 1, idle{})
	require.NoError(t, err)
	now := bwe.Time(0)
	step := func() {
		p.Offer(now, Forward, 1200, 1)
		p.Offer(now, Backward, 80, 2)
		now = now.Add(time.Millisecond)
		p.Advance(now)
	}
	for range 1000 {
		step()
	}
	require.Zero(t, testing.AllocsPerRun(1000, step))
}
