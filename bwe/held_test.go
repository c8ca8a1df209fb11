// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// heldPath feeds packets that a path of 4 Mbps lets out 2.4 ms apart, sent 1.6 ms apart
// in frames of ten.
type heldPath struct {
	bursts
	seq        int64
	sent, recv Time
}

func newHeldPath(cfg *CapacityConfig) *heldPath {
	return &heldPath{bursts: bursts{cfg: cfg}}
}

// packets feeds n packets that arrive gap apart.
func (p *heldPath) packets(n int, gap time.Duration) {
	for range n {
		p.sent = p.sent.Add(1600 * time.Microsecond)
		if p.seq%10 == 0 {
			p.sent = p.sent.Add(9 * time.Millisecond)
		}
		p.recv = p.recv.Add(gap)
		p.add(p.seq, p.sent, p.recv, testPacket*8, testPacket*8/4e6, 0, 4e6, 1)
		p.seq++
	}
}

// known has the path seen for long enough, and what was summed taken.
func (p *heldPath) known() *heldPath {
	for range 40 {
		p.packets(20, 2400*time.Microsecond)
		p.take(0.05)
	}

	return p
}

func TestPacketsHeldBackShowNoLink(t *testing.T) {
	const own, pause, rush = 2400 * time.Microsecond, 60 * time.Millisecond, 10 * time.Microsecond
	cfg := Default().Capacity
	for name, c := range map[string]struct {
		before  int // packets at the link's own gap before the pause
		rushing int
		apart   bool // a feedback ends with the pause
		shown   bool
	}{
		"held and released":                {before: 4, rushing: 15},
		"in two feedbacks":                 {before: 15, rushing: 15, apart: true},
		"only a pause":                     {before: 4, shown: true},
		"two packets are no release":       {before: 14, rushing: 2, shown: true},
		"a pause that the next one denies": {before: 15, apart: true, shown: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := newHeldPath(&cfg).known()
			p.packets(c.before, own)
			p.packets(1, pause)
			if c.apart {
				s := p.take(0.05)
				require.InEpsilon(t, 4e6, s.recvBits/s.recvTime, 0.01, "the pause waits for the next packet")
			}
			p.packets(c.rushing, rush)
			if c.shown {
				p.packets(5, own)
			}
			s := p.take(0.05)
			if c.shown {
				require.Greater(t, s.recvTime, pause.Seconds())
			} else {
				require.Zero(t, s)
			}
			p.packets(20, own)
			s = p.take(0.05)
			require.InEpsilon(t, 4e6, s.recvBits/s.recvTime, 0.01)
		})
	}
}

func TestPathsThatAlwaysHoldPacketsAreMeasured(t *testing.T) {
	cfg := Default().Capacity
	p := newHeldPath(&cfg)
	for i := range 60 {
		p.packets(1, 20*time.Millisecond)
		p.packets(7, 10*time.Microsecond)
		if s := p.take(0.02); i > 2 {
			require.NotZero(t, s.recvTime, i)
		}
	}
	fresh := newHeldPath(&cfg)
	fresh.packets(5, 2400*time.Microsecond)
	fresh.packets(15, 10*time.Microsecond)
	require.NotZero(t, fresh.take(0.05).recvTime, "before the path is known nothing is left out")
}

func TestRareDelayLeavesTheEstimate(t *testing.T) {
	ramp := func(_ *rand.Rand, now Time) time.Duration {
		const period, rise = Time(3 * time.Second), Time(600 * time.Millisecond)
		if at := now % period; at < rise {
			return time.Duration(at / 10)
		}

		return 0
	}
	stall := func(r *rand.Rand, now Time) time.Duration {
		const period, length = Time(1300 * time.Millisecond), Time(70 * time.Millisecond)
		base := time.Duration(r.Int63n(3e6))
		if at := now % period; at < length {
			return time.Duration(length-at) + base
		}

		return base
	}
	for name, c := range map[string]struct {
		jitter func(*rand.Rand, Time) time.Duration
		falls  int
	}{"ramp": {ramp, 10}, "stall": {stall, 5}} {
		t.Run(name, func(t *testing.T) {
			r := testLink{capacity: flat(4 * Mbps), delay: 40 * time.Millisecond, jitter: c.jitter}.run(t, Default(), 70*time.Second)
			require.LessOrEqual(t, r.falls(10), c.falls)
			require.GreaterOrEqual(t, r.used(4*Mbps, 10, 70), 0.9)
			require.Less(t, r.queueing(0.95), 60*time.Millisecond)
		})
	}
	steps := func(now Time) Bitrate {
		if now/Time(5*time.Second)%2 == 0 {
			return 4 * Mbps
		}

		return 3 * Mbps
	}
	stepped := testLink{capacity: steps, delay: 40 * time.Millisecond}.run(t, Default(), 40*time.Second)
	require.GreaterOrEqual(t, stepped.falls(10), 3, "a link that falls is followed")
}

func TestJitterAllowedIsNoQueueOfALimitedSource(t *testing.T) {
	cfg := Default()
	judged := func(sent float64) float64 {
		var m pathModel
		m.init(&cfg)
		m.capacity.rate, m.rate, m.sentRate = 4e6, 4e6, sent
		m.response.allowance = 0.03
		for i := range 40 {
			bits := 100_000 * (1 + 0.2*float64(i%3))
			m.bursts.own.regress(bits, bits/4e6)
		}
		m.judge(0.03, false, 0.05, Time(time.Second))

		return m.own
	}
	require.Zero(t, judged(2e6))
	require.Greater(t, judged(3.9e6), 0.02)
}
