// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestThroughput(t *testing.T) {
	var m throughput
	require.Zero(t, m.value())
	at := Time(-time.Hour)
	feed := func(rate Bitrate, d time.Duration) {
		for end := at.Add(d); at < end; at = at.Add(rate.TimeFor(testPacket)) {
			m.add(at, testPacket)
		}
	}
	feed(2*Mbps, 3*time.Second)
	require.InEpsilon(t, float64(2*Mbps), float64(m.value()), 0.02)
	feed(4*Mbps, 200*time.Millisecond)
	require.Less(t, m.value(), 3*Mbps, "one window does not double it")
	feed(4*Mbps, 5*time.Second)
	require.InEpsilon(t, float64(4*Mbps), float64(m.value()), 0.05)
	at = at.Add(time.Minute)
	feed(4*Mbps, time.Second)
	require.InEpsilon(t, float64(4*Mbps), float64(m.value()), 0.05, "a pause is no low rate")
}

func TestGroupsCloseOnAStandingQueueToo(t *testing.T) {
	cfg := GCC().Trendline
	a := interArrival{cfg: &cfg}
	groups := 0
	// Packets leave each 4 ms and arrive each 4.1 ms, back to back for ever.
	for i := range 500 {
		sent := Time(i) * Time(4*time.Millisecond)
		if s, r, ok := a.add(sent, Time(i)*Time(4100*time.Microsecond)); ok {
			groups++
			require.Greater(t, r, s)
		}
	}
	require.Greater(t, groups, 100)
	_, _, ok := a.add(0, 0)
	require.False(t, ok, "out of order")
	_, _, ok = a.add(Time(time.Hour), Time(time.Second))
	require.False(t, ok)
}

func TestTrendline(t *testing.T) {
	cfg := GCC().Trendline
	run := func(growth time.Duration, n int) usage {
		l := newTrendline(&cfg)
		for i := range n {
			l.add(10*time.Millisecond, 10*time.Millisecond+growth, Time(i)*Time(10*time.Millisecond))
		}

		return l.state
	}
	require.Equal(t, usageNormal, run(0, 200))
	require.Equal(t, usageOver, run(2*time.Millisecond, 60))
	require.Equal(t, usageUnder, run(-2*time.Millisecond, 60))
	require.Equal(t, usageNormal, run(2*time.Millisecond, 10), "too few groups")
	require.Equal(t, usageNormal, run(20*time.Microsecond, 200), "below the threshold")
}

func TestAIMD(t *testing.T) {
	cfg := GCC().AIMD
	now := Time(0)
	a := aimd{cfg: &cfg, rate: 1e6}
	feed := func(v usage, acked Bitrate, d time.Duration) {
		for end := now.Add(d); now < end; now = now.Add(50 * time.Millisecond) {
			a.update(v, acked, 100*time.Millisecond, now)
		}
	}
	feed(usageNormal, 0, 2*time.Second)
	require.InEpsilon(t, 1.08*1.08e6, a.rate, 0.02)
	feed(usageUnder, Mbps, time.Second)
	held := a.rate
	require.InEpsilon(t, 1.08*1.08e6, held, 0.02, "held while a queue drains")
	now = now.Add(time.Second)
	a.update(usageOver, Mbps, 100*time.Millisecond, now)
	require.InDelta(t, 0.85e6, a.rate, 1)
	a.update(usageOver, 900*Kbps, 100*time.Millisecond, now.Add(50*time.Millisecond))
	require.InDelta(t, 0.85e6, a.rate, 1, "one cut a round trip")
	a.update(usageOver, 300*Kbps, 100*time.Millisecond, now.Add(60*time.Millisecond))
	require.InDelta(t, 0.255e6, a.rate, 1, "unless the path carries less than half")
	feed(usageNormal, 100*Kbps, 10*time.Second)
	require.InDelta(t, 0.255e6, a.rate, 5e3, "no growth beyond half as much again as acknowledged")
	a.set(3e6, now)
	a.update(usageOver, 2*Mbps, 100*time.Millisecond, now.Add(99*time.Millisecond))
	require.InDelta(t, 3e6, a.rate, 1, "no cut within a round trip of any change")
	a.update(usageOver, 2*Mbps, 100*time.Millisecond, now.Add(100*time.Millisecond))
	require.InDelta(t, 1.7e6, a.rate, 1)
	a.update(usageOver, 0, 100*time.Millisecond, now.Add(200*time.Millisecond))
	require.InDelta(t, 0.85e6, a.rate, 1, "halved where nothing is known of the path")
}

func TestAIMDNearTheCapacity(t *testing.T) {
	cfg := GCC().AIMD
	const rtt = 100 * time.Millisecond
	a := aimd{cfg: &cfg, rate: 2e6}
	a.update(usageOver, 2*Mbps, rtt, Time(time.Second))
	require.InDelta(t, 1.7e6, a.rate, 1)
	require.InDelta(t, 2e6, a.capacity, 1)
	at := Time(2 * time.Second)
	a.update(usageNormal, 1700*Kbps, rtt, at)
	before := a.rate
	a.update(usageNormal, 1700*Kbps, rtt, at.Add(time.Second))
	// 1.7 Mbps are six packets of 1180 bytes a frame: one in twice 200 ms.
	require.InDelta(t, 9444/0.4, a.rate-before, 50)
	a.update(usageNormal, 2200*Kbps, rtt, at.Add(2*time.Second))
	require.Zero(t, a.capacity, "the path carries more than was learnt")
	require.Greater(t, a.rate, 1.8e6)
	a.capacity = 2e6
	a.update(usageOver, 1500*Kbps, rtt, at.Add(3*time.Second))
	require.InDelta(t, 1.5e6, a.capacity, 1, "or less")
}

func TestRobustThroughput(t *testing.T) {
	var r robustThroughput
	sent, recv := Time(time.Hour), Time(0)
	feed := func(rate Bitrate, d time.Duration) {
		for end := recv.Add(d); recv < end; {
			sent, recv = sent.Add(rate.TimeFor(testPacket)), recv.Add(rate.TimeFor(testPacket))
			r.add(sent, recv, testPacket)
		}
	}
	require.Zero(t, r.value())
	feed(2*Mbps, (robustLeast-1)*(2*Mbps).TimeFor(testPacket))
	require.Zero(t, r.value(), "too few")
	feed(2*Mbps, 3*time.Second)
	require.InEpsilon(t, float64(2*Mbps), float64(r.value()), 0.01)
	recv = recv.Add(400 * time.Millisecond)
	feed(2*Mbps, 100*time.Millisecond)
	require.InEpsilon(t, float64(2*Mbps), float64(r.value()), 0.05, "a stall does not count")
	feed(2*Mbps, 2*time.Second)
	for range 100 {
		sent, recv = sent.Add((2 * Mbps).TimeFor(testPacket)), recv.Add((8 * Mbps).TimeFor(testPacket))
		r.add(sent, recv, testPacket)
	}
	require.InEpsilon(t, float64(2*Mbps), float64(r.value()), 0.05, "nor does a burst out of a queue")
	r.add(sent, recv.Add(-robustMaxBackward-1), testPacket)
	require.Zero(t, r.value(), "the receiver's clock was set")
	sent, recv = sent.Add(time.Second), recv.Add(time.Second)
	feed(20*Mbps, 3*time.Second)
	require.InEpsilon(t, float64(20*Mbps), float64(r.value()), 0.01, "more packets than the window holds")
}

// Arrivals that overtake each other are put in order, so that their order says nothing.
func TestRobustThroughputOrder(t *testing.T) {
	var a, b robustThroughput
	for i := range 200 {
		at := Time(i) * Time(10*time.Millisecond)
		a.add(at, at, testPacket)
		other := Time(i^1) * Time(10*time.Millisecond)
		b.add(other, other, testPacket)
	}
	require.Equal(t, a.value(), b.value())
	require.NotZero(t, a.value())
}

func TestGroupsThatArriveBackwards(t *testing.T) {
	cfg := GCC().Trendline
	a := interArrival{cfg: &cfg}
	at := func(ms int) Time { return Time(ms) * Time(time.Millisecond) }
	for i := range 3 {
		a.add(at(10*i), at(10*i))
	}
	_, _, ok := a.add(at(30), at(30))
	require.True(t, ok)
	// The fourth group, at 30 ms, arrived before the third.
	a.cur.lastRecv = at(5)
	for i := range maxBackwards - 1 {
		_, _, ok = a.add(at(40+i), at(50))
		require.False(t, ok)
		require.NotZero(t, a.old.packets)
	}
	_, _, ok = a.add(at(50), at(60))
	require.False(t, ok)
	require.Zero(t, a.old.packets, "all is begun anew")
}

func TestLossMeter(t *testing.T) {
	var m lossMeter
	now := Time(time.Hour)
	m.advance(now)
	require.Zero(t, m.fraction())
	m.add(90, 10)
	require.InDelta(t, 0.1, m.fraction(), 1e-9)
	m.advance(now.Add(500 * time.Millisecond))
	m.add(0, -10)
	require.Zero(t, m.fraction(), "received after all")
	m.add(0, -5)
	require.Zero(t, m.fraction(), "never negative")
	m.advance(now.Add(10 * time.Second))
	m.add(0, 1)
	require.InDelta(t, 1, m.fraction(), 1e-9, "the past is forgotten")
}

func TestLossControl(t *testing.T) {
	cfg := GCC().Loss
	for _, c := range []struct {
		received, lost int64
		want           float64
	}{{90, 9, 1e6}, {89, 11, 0.945e6}, {10, 9, 1e6}, {11, 9, 0.775e6}} {
		var m lossMeter
		now := Time(time.Hour)
		m.advance(now)
		m.add(c.received, c.lost)
		l := lossControl{cfg: &cfg}
		require.InDelta(t, c.want, l.update(1e6, &m, 100*time.Millisecond, now), 1)
		require.InDelta(t, c.want, l.update(1e6, &m, 100*time.Millisecond, now), 1, "once a response time")
	}
}

func TestLossLimitComesBack(t *testing.T) {
	cfg := GCC().Loss
	var m lossMeter
	l := lossControl{cfg: &cfg}
	now := Time(time.Hour)
	m.advance(now)
	m.add(80, 20)
	require.InDelta(t, 0.9e6, l.update(1e6, &m, 0, now), 1)
	feed := func(lost int64, d time.Duration) float64 {
		got := 0.0
		for end := now.Add(d); now < end; {
			now = now.Add(100 * time.Millisecond)
			m.advance(now)
			m.add(100-lost, lost)
			got = l.update(1e6, &m, 0, now)
		}

		return got
	}
	require.Less(t, feed(5, time.Second), 0.99e6)
	require.InDelta(t, 1e6, feed(5, 3*time.Second), 1, "8 % a second below the bound")
	require.Zero(t, l.limit)
	feed(20, time.Second)
	l.release()
	require.InDelta(t, 1e6, l.update(1e6, &lossMeter{}, 0, now), 1)
}

func TestProber(t *testing.T) {
	cfg := GCC().Probe
	probe := func(link Bitrate) Bitrate {
		p := prober{cfg: &cfg}
		p.start(300*Kbps, 20*Mbps)
		asked := p.take()
		require.Len(t, asked, 2)
		require.Nil(t, p.take())
		last := asked[1]
		require.Equal(t, 1800*Kbps, last.Bitrate)
		free := Time(0)
		for i := range last.MinPackets + 2 {
			sent := Time(0).Add(time.Duration(i) * last.Bitrate.TimeFor(testPacket))
			free = max(free, sent).Add(link.TimeFor(testPacket))
			if _, result := p.add(uint16(last.ID), sent, free, testPacket); result > 0 {
				p.further(result, 20*Mbps)
				if result > 1300*Kbps {
					require.Len(t, p.take(), 1)
				} else {
					require.Empty(t, p.take())
				}

				return result
			}
		}

		return 0
	}
	require.InEpsilon(t, 1.8e6, float64(probe(20*Mbps)), 0.01)
	require.InEpsilon(t, 0.95e6, float64(probe(Mbps)), 0.02)
	p := prober{cfg: &cfg}
	_, result := p.add(7, 0, 0, testPacket)
	require.Zero(t, result, "nobody asked")
	for range 2 * maxProbes {
		p.ask(Mbps)
	}
	require.Len(t, p.take(), maxProbes)
}

func TestRoundTrip(t *testing.T) {
	var r roundTrip
	r.add(-time.Second)
	require.Zero(t, r.smooth)
	r.add(100 * time.Millisecond)
	require.Equal(t, 100*time.Millisecond, r.smooth)
	r.add(180 * time.Millisecond)
	require.Equal(t, 110*time.Millisecond, r.smooth)
	require.Equal(t, 100*time.Millisecond, r.least)
}
