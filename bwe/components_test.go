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
		require.InDelta(t, 1e6, l.update(1e6, &m, 100*time.Millisecond, now), 1, "once a response time")
	}
}

func TestProber(t *testing.T) {
	cfg := GCC().Probe
	probe := func(link Bitrate) Bitrate {
		p := prober{cfg: &cfg}
		p.start(300*Kbps, 20*Mbps, 0)
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
				p.further(result, 20*Mbps, 0)
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
		p.ask(Mbps, 0)
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
