// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
)

// sink notes what becomes of packets.
type sink struct {
	timeline *timeline
	arrivals []bwe.Time
	order    []int64
	lost     []int64
}

func (s *sink) arrive(p *packet) {
	s.arrivals = append(s.arrivals, s.timeline.now)
	s.order = append(s.order, p.seq)
}

func (s *sink) lose(p *packet) { s.lost = append(s.lost, p.seq) }

// harness is one link and a source of packets.
type harness struct {
	timeline timeline
	link     *link
	sink     *sink
	sent     int64
}

func newHarness(t require.TestingT, cfg Link) *harness {
	h := &harness{}
	l, err := newLink(&cfg, "link", 1, &h.timeline, at(time.Hour))
	require.NoError(t, err)
	h.link, h.sink = l, &sink{timeline: &h.timeline}

	return h
}

// handle sends the packet that is due.
func (h *harness) handle(_ operation, p *packet) { forward(p) }

func (h *harness) sendAt(t bwe.Time, size int) {
	h.timeline.schedule(t, h, 0, &packet{owner: h.sink, route: []*link{h.link}, seq: h.sent, size: size})
	h.sent++
}

func (h *harness) run() {
	for h.timeline.step(bwe.Never) {
	}
}

func TestSerialisationAndDelay(t *testing.T) {
	h := newHarness(t, Link{Capacity: Capacity{Steps: []Step{{0, mbps}, {15 * millisecond, 2 * mbps}}}, Delay: 40 * millisecond})
	for range 3 {
		h.sendAt(0, 1250)
	}
	h.sendAt(at(100*time.Millisecond), 1250)
	h.run()
	// 10 ms; 5 ms at 1 Mbps and 2.5 at 2; 5 ms; and after the idle time 5 ms again.
	want := []time.Duration{50 * time.Millisecond, 57500 * time.Microsecond, 62500 * time.Microsecond, 145 * time.Millisecond}
	for i, w := range want {
		require.Equal(t, at(w), h.sink.arrivals[i])
	}
}

func TestQueueingDelayExcludesOwnSerialisation(t *testing.T) {
	h := newHarness(t, Link{Capacity: Constant(mbps)})
	p := []*packet{{size: 1250}, {size: 1250}, {size: 1250}}
	for _, p := range p {
		p.owner, p.route = h.sink, []*link{h.link}
		h.timeline.schedule(0, h, 0, p)
	}
	h.run()
	for i, p := range p {
		require.Equal(t, time.Duration(i)*10*time.Millisecond, p.queued)
	}
}

func TestQueueLimits(t *testing.T) {
	for name, c := range map[string]struct {
		link Link
		size int
		fits int
	}{
		// 300 ms of 2 Mbps are 75000 bytes, the packet in service included.
		"time, exactly full": {Link{Capacity: Constant(2 * mbps), Queue: 300 * millisecond}, 1250, 60},
		"time, no room":      {Link{Capacity: Constant(2 * mbps), Queue: 300 * millisecond}, 1251, 59},
		"default":            {Link{Capacity: Constant(2 * mbps)}, 1250, 60},
		"bytes":              {Link{Capacity: Constant(2 * mbps), QueueBytes: 10_000}, 1000, 10},
		"bytes, no room":     {Link{Capacity: Constant(2 * mbps), QueueBytes: 9_999}, 1000, 9},
		"least":              {Link{Capacity: Constant(10 * kbps), Queue: millisecond}, 1500, 2},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, c.link)
			for range c.fits + 5 {
				h.sendAt(0, c.size)
			}
			h.run()
			require.Len(t, h.sink.order, c.fits)
			require.Len(t, h.sink.lost, 5)
			require.Equal(t, int64(c.fits), h.sink.lost[0], "the tail is dropped")
			require.Equal(t, linkCounts{entered: int64(c.fits + 5), overflowed: 5, carried: int64(c.fits)}, h.link.counts)
		})
	}
}

func TestQueueLimitFollowsTheCapacity(t *testing.T) {
	// Twenty packets fit at 2 Mbps, ten at 1; a standstill keeps what fitted before.
	for after, fits := range map[Rate]int{2 * mbps: 20, mbps: 10, 0: 20} {
		h := newHarness(t, Link{Capacity: Capacity{Steps: []Step{{0, 2 * mbps}, {second, after}, {2 * second, mbps}}}, Queue: 100 * millisecond})
		h.sendAt(0, 1250)
		for range 40 {
			h.sendAt(at(time.Second), 1250)
		}
		h.run()
		require.Len(t, h.sink.lost, 40-fits, "%v", after)
	}
}

func TestJitterKeepsTheOrderUnlessAsked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kinds := []JitterKind{JitterGaussian, JitterUniform, JitterOU, JitterSine, JitterSawtooth, JitterStall, JitterBatch}
		j := &Jitter{
			Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Mean: 20 * millisecond, Deviation: 10 * millisecond, Amplitude: 60 * millisecond,
			Period: 200 * millisecond, Rise: 100 * millisecond,
		}
		h := newHarness(t, Link{Capacity: Constant(10 * mbps), Delay: 10 * millisecond, Jitter: j})
		gap := rapid.Int64Range(0, 3_000_000).Draw(t, "gap")
		for i := range int64(300) {
			h.sendAt(bwe.Time(i*gap), 500)
		}
		h.run()
		require.True(t, slices.IsSorted(h.sink.order))
		require.Len(t, h.sink.order, 300)
		for i, a := range h.sink.arrivals {
			require.GreaterOrEqual(t, a, bwe.Time(int64(i)*gap)+at(10*time.Millisecond+400*time.Microsecond), "never before the propagation delay")
		}
	})
}

func TestJitterReordersWhenAsked(t *testing.T) {
	h := newHarness(t, Link{Capacity: Constant(10 * mbps), Jitter: &Jitter{Kind: JitterUniform, Amplitude: 20 * millisecond, Reorder: true}})
	for i := range 1000 {
		h.sendAt(at(time.Duration(i)*time.Millisecond), 500)
	}
	h.run()
	require.Len(t, h.sink.order, 1000)
	require.False(t, slices.IsSorted(h.sink.order))
}

// draws returns delays in milliseconds of packets a millisecond apart.
func draws(t *testing.T, j Jitter, n int) []float64 {
	t.Helper()
	jitter := newJitter(&j, stream(5, "test"))
	out := make([]float64, n)
	for i := range out {
		out[i] = milliseconds(jitter.draw(at(time.Duration(i) * time.Millisecond)))
	}
	require.GreaterOrEqual(t, slices.Min(out), 0.0)

	return out
}

func moments(x []float64) (mean, deviation float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		deviation += (v - mean) * (v - mean) / float64(len(x))
	}

	return mean, math.Sqrt(deviation)
}

func TestJitterDistributions(t *testing.T) {
	const n = 400_000
	gaussian := draws(t, Jitter{Kind: JitterGaussian, Deviation: 5 * millisecond}, n)
	mean, deviation := moments(gaussian)
	require.InDelta(t, 15, mean, 0.1)
	require.InDelta(t, 5, deviation, 0.1)
	require.LessOrEqual(t, slices.Max(gaussian), 30.0)
	require.Greater(t, slices.Max(gaussian), 29.0)

	uniform := draws(t, Jitter{Kind: JitterUniform, Amplitude: 60 * millisecond}, n)
	mean, deviation = moments(uniform)
	require.InDelta(t, 30, mean, 0.2)
	require.InDelta(t, 60/math.Sqrt(12), deviation, 0.2)

	ou := draws(t, Jitter{Kind: JitterOU, Mean: 50 * millisecond, Deviation: 10 * millisecond, Period: 200 * millisecond}, n)
	mean, deviation = moments(ou)
	require.InDelta(t, 50, mean, 2)
	require.InDelta(t, 10, deviation, 1)
	// Its autocorrelation has fallen to 1/e after the time constant.
	product := 0.0
	for i := range n - 200 {
		product += (ou[i] - mean) * (ou[i+200] - mean) / float64(n-200)
	}
	require.InDelta(t, math.Exp(-1), product/(deviation*deviation), 0.08)

	sine := draws(t, Jitter{Kind: JitterSine, Amplitude: 50 * millisecond, Period: 4 * second}, 4000)
	require.InDelta(t, 50, sine[1000], 0.01)
	require.InDelta(t, 0, sine[3000], 0.01)

	saw := draws(t, Jitter{Kind: JitterSawtooth, Amplitude: 60 * millisecond, Rise: 600 * millisecond, Period: 3 * second}, 6000)
	require.InDelta(t, 30, saw[300], 0.01)
	require.InDelta(t, 60, saw[600], 0.01)
	require.Zero(t, saw[601])
	require.InDelta(t, 30, saw[3300], 0.01)

	batch := draws(t, Jitter{Kind: JitterBatch, Period: 20 * millisecond}, 100)
	require.InDelta(t, 20, batch[0], 0)
	require.InDelta(t, 1, batch[19], 0)
	require.InDelta(t, 20, batch[20], 0)

	stall := draws(t, Jitter{Kind: JitterStall, Mean: 20 * millisecond, Amplitude: 110 * millisecond, Deviation: 3 * millisecond, Period: 1200 * millisecond}, n)
	long := 0
	require.Less(t, slices.Max(stall), 113.0)
	for i, v := range stall {
		if v > 20 && stall[max(0, i-1)] <= 20 {
			long++
		}
	}
	// A stall each 1.2 s and its own 65 ms on average, all of which can be seen.
	require.InDelta(t, n/1265.0, float64(long), 30)
}

func TestLossRates(t *testing.T) {
	const n = 300_000
	for name, c := range map[string]struct {
		loss  Loss
		burst float64
	}{
		"none":        {Loss{}, 0},
		"random":      {Loss{Rate: 0.1}, 1 / 0.9},
		"heavy":       {Loss{Rate: 0.5}, 2},
		"bursts of 6": {Loss{Rate: 0.05, Burst: 6}, 6},
		"long bursts": {Loss{Rate: 0.2, Burst: 40}, 40},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoss(&c.loss, stream(3, name))
			lost, bursts := 0, 0
			last := false
			for range n {
				now := l != nil && l.draw()
				if now {
					lost++
				}
				if now && !last {
					bursts++
				}
				last = now
			}
			require.InDelta(t, c.loss.Rate, float64(lost)/n, 0.01)
			if bursts > 0 {
				require.InEpsilon(t, c.burst, float64(lost)/float64(bursts), 0.06)
			}
		})
	}
}

func TestOutagesAndStalls(t *testing.T) {
	window := []Window{{From: 100 * millisecond, To: 200 * millisecond}}
	send := func(l Link) *harness {
		h := newHarness(t, l)
		for i := range 30 {
			h.sendAt(at(time.Duration(i)*10*time.Millisecond), 1250)
		}
		h.run()

		return h
	}
	// At 10 Mbps a packet leaves 1 ms after it came.
	lost := send(Link{Capacity: Constant(10 * mbps), Outages: window})
	require.Equal(t, []int64{10, 11, 12, 13, 14, 15, 16, 17, 18, 19}, lost.sink.lost)
	held := send(Link{Capacity: Constant(10 * mbps), Stalls: window})
	require.Empty(t, held.sink.lost)
	require.Equal(t, at(91*time.Millisecond), held.sink.arrivals[9])
	require.Equal(t, at(201*time.Millisecond), held.sink.arrivals[10])
	require.Equal(t, at(211*time.Millisecond), held.sink.arrivals[20])
}

func TestUnlimitedLinkAddsOnlyDelay(t *testing.T) {
	h := newHarness(t, Link{Delay: 30 * millisecond})
	for range 1000 {
		h.sendAt(5, 1500)
	}
	h.run()
	require.Len(t, h.sink.arrivals, 1000)
	require.Equal(t, at(30*time.Millisecond)+5, h.sink.arrivals[999])
}

func TestGeneratedCapacities(t *testing.T) {
	const length = 3600 * time.Second
	for name, c := range map[string]struct {
		generator Generator
		least     Rate
		most      Rate
		mean      Rate
	}{
		"poisson":  {Generator{Kind: GeneratorPoisson, Mean: 4 * mbps, Min: 800 * kbps}, 800 * kbps, 20 * mbps, 4 * mbps},
		"markov":   {Generator{Kind: GeneratorMarkov, States: []Rate{mbps, 3 * mbps}}, mbps, 3 * mbps, 2 * mbps},
		"cellular": {Generator{Kind: GeneratorCellular, Mean: 4 * mbps, Max: 15 * mbps}, 100 * kbps, 15 * mbps, 4600 * kbps},
	} {
		t.Run(name, func(t *testing.T) {
			capacity := Capacity{Generator: &c.generator}
			s, err := capacity.schedule(1, "link", at(length))
			require.NoError(t, err)
			require.Zero(t, s.changes[0].at)
			for i, k := range s.changes {
				require.GreaterOrEqual(t, k.rate, c.least.Bitrate())
				require.LessOrEqual(t, k.rate, c.most.Bitrate())
				require.True(t, i == 0 || k.at > s.changes[i-1].at)
			}
			require.InEpsilon(t, float64(c.mean), float64(s.mean(0, at(length))), 0.1)
			again, err := capacity.schedule(1, "link", at(length))
			require.NoError(t, err)
			require.Equal(t, s.changes, again.changes)
			other, err := capacity.schedule(2, "link", at(length))
			require.NoError(t, err)
			require.NotEqual(t, s.changes, other.changes)
			c.generator.Seed = 1
			fixed, err := capacity.schedule(2, "link", at(length))
			require.NoError(t, err)
			require.Equal(t, s.changes, fixed.changes)
		})
	}
}
