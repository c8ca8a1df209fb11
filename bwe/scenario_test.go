// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"math"
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDefaultUsesPathsThatAreHealthy(t *testing.T) {
	const ms = time.Millisecond
	uniform := func(most time.Duration) func(*rand.Rand, Time) time.Duration {
		return func(r *rand.Rand, _ Time) time.Duration { return time.Duration(r.Int63n(int64(most))) }
	}
	sine := func(_ *rand.Rand, now Time) time.Duration {
		return time.Duration(25e6 * (1 + math.Sin(2*math.Pi*float64(now)/4e9)))
	}
	for name, c := range map[string]struct {
		link  testLink
		rate  Bitrate
		least float64
		p95   time.Duration
		falls int
	}{
		"clean 2M":         {testLink{capacity: flat(2 * Mbps), delay: 50 * ms}, 2 * Mbps, 0.93, 40 * ms, 0},
		"clean 500k":       {testLink{capacity: flat(500 * Kbps), delay: 50 * ms}, 500 * Kbps, 0.92, 50 * ms, 0},
		"clean 12M":        {testLink{capacity: flat(12 * Mbps), delay: 10 * ms}, 12 * Mbps, 0.93, 40 * ms, 0},
		"far":              {testLink{capacity: flat(5 * Mbps), delay: 150 * ms}, 5 * Mbps, 0.93, 40 * ms, 0},
		"shallow":          {testLink{capacity: flat(4 * Mbps), delay: 40 * ms, queue: 30 * ms}, 4 * Mbps, 0.93, 31 * ms, 0},
		"loss 10%":         {testLink{capacity: flat(4 * Mbps), delay: 75 * ms, loss: 0.1}, 4 * Mbps, 0.92, 40 * ms, 4},
		"slow jitter":      {testLink{capacity: flat(4 * Mbps), delay: 40 * ms, jitter: wanderingJitter(25*ms, 15*ms, 200*ms)}, 4 * Mbps, 0.88, 60 * ms, 4},
		"very slow jitter": {testLink{capacity: flat(4 * Mbps), delay: 40 * ms, jitter: wanderingJitter(35*ms, 20*ms, time.Second)}, 4 * Mbps, 0.85, 80 * ms, 4},
		"sine jitter":      {testLink{capacity: flat(4 * Mbps), delay: 40 * ms, jitter: sine}, 4 * Mbps, 0.9, 70 * ms, 6},
		"uniform jitter":   {testLink{capacity: flat(4 * Mbps), delay: 40 * ms, jitter: uniform(60 * ms)}, 4 * Mbps, 0.75, 60 * ms, 4},
		"sparse feedback":  {testLink{capacity: flat(4 * Mbps), delay: 40 * ms, every: 200 * ms}, 4 * Mbps, 0.93, 40 * ms, 0},
		"skewed clock": {testLink{capacity: flat(4 * Mbps), delay: 40 * ms, clock: func(now Time) time.Duration {
			return time.Duration(now) / 5000
		}}, 4 * Mbps, 0.93, 40 * ms, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.link.run(t, Default(), 50*time.Second)
			used := r.used(c.rate, 10, 50)
			require.GreaterOrEqual(t, used, c.least)
			require.LessOrEqual(t, used, 1.02)
			require.LessOrEqual(t, r.queueing(0.95), c.p95)
			require.LessOrEqual(t, r.falls(10), c.falls)
		})
	}
}

func TestDefaultFollowsACapacityThatChanges(t *testing.T) {
	link := testLink{delay: 30 * time.Millisecond, capacity: func(now Time) Bitrate {
		if now >= Time(15*time.Second) && now < Time(30*time.Second) {
			return Mbps
		}

		return 8 * Mbps
	}}
	r := link.run(t, Default(), 45*time.Second)
	require.GreaterOrEqual(t, r.used(8*Mbps, 5, 15), 0.93)
	require.GreaterOrEqual(t, r.used(Mbps, 17, 30), 0.9)
	require.GreaterOrEqual(t, r.used(8*Mbps, 33, 45), 0.9)
	// A queue of our own is drained within a second of the fall.
	at := func(s float64) Update { return r.targets[int(s*10)] }
	require.Less(t, at(16).Estimate, 1200*Kbps)
	require.Greater(t, at(14.5).Estimate, 7*Mbps)
	require.Less(t, r.queueing(0.99), 350*time.Millisecond)
}

func TestGCCMistakesJitterForCongestion(t *testing.T) {
	link := testLink{capacity: flat(4 * Mbps), delay: 40 * time.Millisecond, jitter: wanderingJitter(25*time.Millisecond, 15*time.Millisecond, 200*time.Millisecond)}
	gcc := link.run(t, GCC(), 40*time.Second).used(4*Mbps, 10, 40)
	link.jitter = wanderingJitter(25*time.Millisecond, 15*time.Millisecond, 200*time.Millisecond)
	ours := link.run(t, Default(), 40*time.Second).used(4*Mbps, 10, 40)
	require.Less(t, gcc, 0.3)
	require.Greater(t, ours, 3*gcc)
	clean := testLink{capacity: flat(4 * Mbps), delay: 40 * time.Millisecond}
	require.InDelta(t, 0.87, clean.run(t, GCC(), 40*time.Second).used(4*Mbps, 10, 40), 0.1)
}

func TestEvidenceKeepsTheTrendlineFromCutting(t *testing.T) {
	link := func() testLink {
		return testLink{capacity: flat(4 * Mbps), delay: 40 * time.Millisecond, jitter: wanderingJitter(20*time.Millisecond, 12*time.Millisecond, 200*time.Millisecond)}
	}
	cfg := GCC()
	plain := link().run(t, cfg, 40*time.Second).used(4*Mbps, 10, 40)
	cfg.Evidence.Enabled = true
	with := link().run(t, cfg, 40*time.Second)
	require.Greater(t, with.used(4*Mbps, 10, 40), 1.5*plain)
	require.Less(t, with.queueing(0.95), 150*time.Millisecond)
}

func TestOutageIsWaitedOutAndForgotten(t *testing.T) {
	away := func(now Time) bool { return now >= Time(20*time.Second) && now < Time(23*time.Second) }
	for name, link := range map[string]testLink{
		"packets":  {capacity: flat(4 * Mbps), delay: 40 * time.Millisecond, deaf: away},
		"feedback": {capacity: flat(4 * Mbps), delay: 40 * time.Millisecond, blind: away},
	} {
		t.Run(name, func(t *testing.T) {
			r := link.run(t, Default(), 30*time.Second)
			at := func(s float64) Update { return r.targets[int(s*10)] }
			require.Equal(t, StateBlind, at(21).State)
			require.Less(t, at(21).Estimate, at(19).Estimate)
			require.NotEqual(t, StateBlind, at(24).State)
			require.InEpsilon(t, float64(at(19).Estimate), float64(at(24).Estimate), 0.15)
			require.Contains(t, r.events, "state")
		})
	}
}

func TestPausedAndLimitedSources(t *testing.T) {
	limited := testLink{capacity: flat(8 * Mbps), delay: 40 * time.Millisecond, appLimit: 3 * Mbps}
	r := limited.run(t, Default(), 30*time.Second)
	require.InDelta(t, 1, r.used(3*Mbps, 10, 30), 0.02)
	require.Less(t, r.queueing(0.95), 10*time.Millisecond)
	for _, u := range r.targets[100:] {
		require.Greater(t, u.Estimate, 3*Mbps)
		require.LessOrEqual(t, u.Estimate, 9*Mbps)
	}
	paused := testLink{capacity: flat(4 * Mbps), delay: 40 * time.Millisecond, silent: func(now Time) bool {
		return now > Time(15*time.Second) && now < Time(25*time.Second)
	}}
	r = paused.run(t, Default(), 35*time.Second)
	require.GreaterOrEqual(t, r.used(4*Mbps, 26, 35), 0.92)
	require.LessOrEqual(t, r.queueing(0.99), 60*time.Millisecond)
}

func TestClockStepsAreForgotten(t *testing.T) {
	for name, step := range map[string]time.Duration{"ahead": time.Hour, "back": -time.Hour, "before zero": -100 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			link := testLink{capacity: flat(4 * Mbps), delay: 40 * time.Millisecond, clock: func(now Time) time.Duration {
				if now > Time(20*time.Second) {
					return step
				}

				return 0
			}}
			r := link.run(t, Default(), 35*time.Second)
			require.NotZero(t, r.est.Stats().ClockResets)
			require.Contains(t, r.events, "clock_reset")
			require.GreaterOrEqual(t, r.used(4*Mbps, 22, 35), 0.9)
			require.LessOrEqual(t, r.queueing(0.99), 80*time.Millisecond)
		})
	}
}

func TestAnotherRouteIsNoQueueForEver(t *testing.T) {
	for _, longer := range []time.Duration{30 * time.Millisecond, 200 * time.Millisecond, -100 * time.Millisecond} {
		t.Run(longer.String(), func(t *testing.T) {
			link := testLink{capacity: flat(4 * Mbps), delay: 140 * time.Millisecond, clock: func(now Time) time.Duration {
				if now > Time(15*time.Second) {
					return longer
				}

				return 0
			}}
			r := link.run(t, Default(), 50*time.Second)
			require.GreaterOrEqual(t, r.used(4*Mbps, 8, 15), 0.92)
			require.GreaterOrEqual(t, r.used(4*Mbps, 30, 50), 0.9)
			require.LessOrEqual(t, r.queueing(0.97), 100*time.Millisecond)
		})
	}
}
