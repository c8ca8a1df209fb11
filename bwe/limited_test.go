// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// sendEvenly lets packets out at a rate for d and returns the time after it.
func sendEvenly(l *limited, at Time, rate, allowed Bitrate, d time.Duration) Time {
	end := at.Add(d)
	for ; at < end; at = at.Add(rate.TimeFor(testPacket)) {
		l.onSent(8*testPacket, allowed, at)
	}

	return at
}

func TestLimitedApplication(t *testing.T) {
	cfg := GCC().Probe
	for name, c := range map[string]struct {
		rate Bitrate
		want bool
	}{
		"uses it all":            {Mbps, false},
		"uses just enough":       {660 * Kbps, false},
		"uses a little too less": {640 * Kbps, true},
		"uses a tenth":           {100 * Kbps, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := limited{cfg: &cfg}
			at := sendEvenly(&l, 0, Mbps, Mbps, time.Second)
			require.False(t, l.now)
			at = sendEvenly(&l, at, c.rate, Mbps, 60*time.Second)
			require.Equal(t, c.want, l.now)
			require.Equal(t, c.want, l.lately(0, at))
			at = sendEvenly(&l, at, 2*Mbps, Mbps, time.Second)
			require.False(t, l.now)
			require.Equal(t, c.want, l.lately(2*time.Second, at))
			require.False(t, l.lately(100*time.Millisecond, at))
		})
	}
}

func TestLimitedIsBoundedForAnyInput(t *testing.T) {
	cfg := GCC().Probe
	rapid.Check(t, func(t *rapid.T) {
		l, at := limited{cfg: &cfg}, Time(0)
		for range rapid.IntRange(1, 50).Draw(t, "n") {
			at = at.Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "gap")))
			rate := Bitrate(rapid.Int64Range(1, int64(100*Mbps)).Draw(t, "rate"))
			l.advance(rate, at)
			most := cfg.LimitedUsage * float64(rate) * limitedWindow
			require.LessOrEqual(t, l.budget, most)
			require.GreaterOrEqual(t, l.budget, -most)
			l.onSent(rapid.Int64Range(0, 1<<20).Draw(t, "bits"), rate, at)
		}
	})
}

func TestProbesWhileLimited(t *testing.T) {
	cfg := GCC().Probe
	s, l := probeSchedule{cfg: &cfg}, limited{cfg: &cfg}
	ms := func(n int) Time { return Time(time.Duration(n) * time.Millisecond) }
	require.Zero(t, s.periodic(&l, Mbps, ms(60_000)), "not limited")
	l.now = true
	require.Zero(t, s.periodic(&l, Mbps, ms(61_000)))
	require.Zero(t, s.periodic(&l, Mbps, ms(65_999)))
	require.Equal(t, 2*Mbps, s.periodic(&l, Mbps, ms(66_000)))
	require.Zero(t, s.periodic(&l, Mbps, ms(66_025)))
	require.Equal(t, 2*Mbps, s.periodic(&l, Mbps, ms(71_000)))
}

func TestProbeAfterALargeFall(t *testing.T) {
	const second = Time(time.Second)
	type step struct {
		at   Time
		over bool
		want Bitrate
	}
	for name, c := range map[string]struct {
		to      Bitrate
		limited bool
		steps   []step
	}{
		"small fall":         {1400 * Kbps, true, []step{{second, true, 0}, {2 * second, false, 0}}},
		"large fall":         {1300 * Kbps, true, []step{{second, true, 0}, {2 * second, false, 1700 * Kbps}, {3 * second, false, 0}}},
		"not limited":        {1300 * Kbps, false, []step{{second, true, 0}, {2 * second, false, 0}}},
		"overuse stays long": {1300 * Kbps, true, []step{{second, true, 0}, {6 * second, false, 0}}},
		"asked just before":  {1300 * Kbps, true, []step{{0, true, 0}, {second, false, 1700 * Kbps}, {2 * second, true, 0}, {3 * second, false, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := GCC().Probe
			s, l := probeSchedule{cfg: &cfg}, limited{cfg: &cfg, now: c.limited}
			s.onRate(2*Mbps, c.to, second/2)
			for _, st := range c.steps {
				require.Equal(t, st.want, s.recovery(&l, st.over, c.to, st.at), "at %v", st.at)
			}
		})
	}
	cfg := GCC().Probe
	s, l := probeSchedule{cfg: &cfg}, limited{cfg: &cfg, now: true}
	s.onRate(2*Mbps, Mbps, 0)
	s.recovery(&l, true, Mbps, 0)
	require.Zero(t, s.recovery(&l, false, 1690*Kbps, second), "it has come back by itself")
}

// probedAt lists when probes showed something, each once, after the start.
func probedAt(t *testing.T, l testLink, cfg Config, d time.Duration) ([]Time, *testRun) {
	t.Helper()
	var at []Time
	last := 0
	s := l.sender(t, cfg)
	s.est.SetObserver(func(e Event) {
		if p, ok := e.(*ProbeResult); ok && p.ID != last && p.At > Time(2*time.Second) {
			last = p.ID
			at = append(at, p.At)
		}
	})
	for s.now < Time(d) {
		s.step()
	}

	return at, s.testRun
}

func TestGCCProbesAPathThatMediaDoesNotFill(t *testing.T) {
	idle := testLink{capacity: flat(8 * Mbps), delay: 40 * time.Millisecond, appLimit: 500 * Kbps}
	at, r := probedAt(t, idle, GCC(), 40*time.Second)
	require.GreaterOrEqual(t, len(at), 6)
	for i := range at[1:] {
		require.GreaterOrEqual(t, at[i+1].Sub(at[i]), 4900*time.Millisecond)
	}
	require.Greater(t, r.targets[390].Estimate, 3*Mbps)
	require.Less(t, r.queueing(0.95), 20*time.Millisecond)

	full := testLink{capacity: flat(2 * Mbps), delay: 40 * time.Millisecond}
	at, _ = probedAt(t, full, GCC(), 40*time.Second)
	require.Empty(t, at, "media itself tests the path")

	off := GCC()
	off.Probe.Enabled = false
	at, _ = probedAt(t, idle, off, 40*time.Second)
	require.Empty(t, at)
}
