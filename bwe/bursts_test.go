// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// trains sends frames of packets at a pace through a link and returns what was read
// off them after n frames.
func trains(cfg *CapacityConfig, held, link, pace Bitrate, n, packets int, jitter func(i int) time.Duration) (*bursts, burstSums) {
	b := &bursts{cfg: cfg}
	free, last, seq := Time(0), Time(0), int64(0)
	for f := range n {
		sent := Time(f) * Time(33*time.Millisecond)
		for range packets {
			free = max(free, sent).Add(link.TimeFor(testPacket))
			at := free
			if jitter != nil {
				at = at.Add(jitter(int(seq)))
			}
			last = max(at, last)
			b.add(seq, sent, last, testPacket*8, testPacket*8/float64(held), 0, float64(held), inSeconds(last.Sub(sent)))
			sent = sent.Add(pace.TimeFor(testPacket))
			seq++
		}
	}

	return b, b.take(float64(n) * 0.033)
}

func TestBurstsShowTheLink(t *testing.T) {
	cfg := Default().Capacity
	for name, c := range map[string]struct {
		held, link, pace Bitrate
		want             float64
	}{
		"right":       {4 * Mbps, 4 * Mbps, 6 * Mbps, 4e6},
		"held high":   {4 * Mbps, 3500 * Kbps, 6 * Mbps, 3.5e6},
		"halved":      {4 * Mbps, 2 * Mbps, 6 * Mbps, 2e6},
		"held low":    {2 * Mbps, 2800 * Kbps, 3 * Mbps, 2.8e6},
		"unsaturated": {2 * Mbps, 20 * Mbps, 3 * Mbps, 3e6},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := trains(&cfg, c.held, c.link, c.pace, 10, 8, nil)
			require.InEpsilon(t, c.want, s.recvBits/s.recvTime, 0.01)
			require.InEpsilon(t, float64(c.pace), s.sentBits/s.sentTime, 0.01)
		})
	}
}

func TestPacketsSentSlowlyAreNoBurst(t *testing.T) {
	cfg := Default().Capacity
	b, s := trains(&cfg, 4*Mbps, 8*Mbps, 4500*Kbps, 30, 10, nil)
	require.Zero(t, s.recvTime)
	require.Zero(t, b.pairs)
	b, _ = trains(&cfg, 4*Mbps, 8*Mbps, 6*Mbps, 30, 10, nil)
	require.Greater(t, b.pairs, 20.0)
}

func TestJitterLevel(t *testing.T) {
	fed := func(delay func(i int) float64) jitterLevel {
		var j jitterLevel
		for i := range 500 {
			j.add(delay(i))
		}

		return j
	}
	level := func(delay func(i int) float64) float64 { return fed(delay).level }
	r := rand.New(rand.NewSource(1))
	require.Zero(t, level(func(int) float64 { return 0.04 }))
	require.Less(t, level(func(i int) float64 { return 0.002 * float64(i) }), 1e-6, "a growing queue is no jitter")
	require.InDelta(t, 0.007, level(func(int) float64 { return 0.005 * r.NormFloat64() }), 0.003)
	require.LessOrEqual(t, level(func(int) float64 { return 10 * r.Float64() }), 0.031, "however wild")
	steady := fed(func(int) float64 { return 0.005 * r.NormFloat64() })
	require.InDelta(t, steady.level, steady.usual, 0.3*steady.level, "what shakes all the time is usual")
	jump := fed(func(i int) float64 { return 0.06 * float64(i/99%2) })
	require.Greater(t, jump.level, 0.002)
	require.Less(t, jump.usual, 0.0007, "a rare jump is not")
}

func TestOnsetTellsJitterThatGrowsFromALink(t *testing.T) {
	factor := func(gap func(i int) float64) float64 {
		var o onset
		for range 80 {
			o.start()
			for i := range 12 {
				o.add(9600, gap(i), true)
			}
			o.close()
		}

		return o.factor()
	}
	require.InDelta(t, 1, factor(func(int) float64 { return 0.0024 }), 1e-12)
	grown := func(i int) float64 {
		if i < 6 {
			return 0.004
		}

		return 0.002
	}
	require.Greater(t, factor(grown), 1.3)
	require.LessOrEqual(t, factor(grown), onsetMost)
	require.InDelta(t, 1, factor(func(i int) float64 { return 0.001 + 0.0005*float64(i) }), 1e-12, "the other way is not corrected")
	overtaken := func(i int) float64 { return grown(i) - 0.003*float64(i%2) }
	require.InDelta(t, 1, factor(overtaken), 1e-12, "nor is what overtakes")
	grid := func(i int) float64 { return 0.02 * float64((i+3)/4%2) }
	require.InDelta(t, 1, factor(grid), 1e-12, "nor what a coarse clock rounds")
	var few onset
	require.InDelta(t, 1, few.factor(), 1e-12)
}

func TestOwnShareTellsOurQueueFromOthers(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	share := func(delay func(bits float64, i int) float64) float64 {
		var o ownShare
		d, bits := 0.0, 0.0
		for i := range 60 {
			d += delay(bits, i)
			bits = 100_000 * (0.8 + 0.4*r.Float64())
			o.start(Time(i)*Time(33*time.Millisecond), d, bits)
		}

		return o.value(4e6)
	}
	ours := func(bits float64, _ int) float64 { return bits/4e6 - 0.025 }
	require.Greater(t, share(ours), 0.9)
	require.LessOrEqual(t, share(ours), 1.0)
	require.Less(t, share(func(_ float64, _ int) float64 { return 0.01 * r.NormFloat64() }), 0.3)
	require.Zero(t, share(func(float64, int) float64 { return 0.002 }))
	var o ownShare
	o.start(0, 0, 1e5)
	o.start(Time(time.Second), 1, 1e5)
	require.Zero(t, o.n, "bursts apart say nothing of each other")
}

func TestCapacityFollowsAndAverages(t *testing.T) {
	cfg := Default().Capacity
	var c linkCapacity
	c.cfg = &cfg
	sums := func(rate, pace float64) *burstSums {
		return &burstSums{recvBits: rate * 0.05, recvTime: 0.05, sentBits: pace * 0.05, sentTime: 0.05}
	}
	c.init(4e6)
	for range 4 {
		c.add(sums(2e6, 6e6), 1, 0)
	}
	require.InEpsilon(t, 2e6, c.rate, 0.1, "within four feedbacks on a clean path")
	c.init(4e6)
	for range 20 {
		c.add(sums(4e6, 6e6), 1, 0.01)
	}
	c.add(sums(2e6, 6e6), 1, 0.01)
	require.Greater(t, c.rate, 3.7e6, "one sample of many under jitter")
	c.init(2e6)
	for range 10 {
		c.add(sums(9e6, 3e6), 1, 0)
	}
	require.LessOrEqual(t, c.rate, 1.03*3e6, "no more than was sent")
	c.add(&burstSums{}, 1, 0)
	c.init(1)
	require.InDelta(t, float64(cfg.Floor), c.rate, 1e-6)
	c.grow(0.1)
	require.InEpsilon(t, float64(cfg.Floor)*1.2, c.rate, 1e-9)
	require.InDelta(t, cfg.MinMemory.Seconds(), c.memory(0), 1e-12)
	require.InDelta(t, cfg.MaxMemory.Seconds(), c.memory(1), 1e-12)
	require.Less(t, c.memory(0.004), c.memory(0.006))
}
