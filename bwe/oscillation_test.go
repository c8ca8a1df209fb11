// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// sawtooth is a swing in whole numbers, alike on every architecture: it climbs from
// low to high in period and falls back at once.
func sawtooth(low, high Bitrate, period time.Duration) func(Time) Bitrate {
	return func(t Time) Bitrate {
		return low + Bitrate(int64(high-low)*(int64(t)%int64(period))/int64(period))
	}
}

// watch feeds a detector with a series and returns it and its events.
func watch(t require.TestingT, from, to, step time.Duration, series func(Time) Bitrate) (*OscillationDetector, *[]Oscillation) {
	d, err := NewOscillationDetector(DefaultOscillation())
	require.NoError(t, err)
	events := &[]Oscillation{}
	d.SetObserver(func(e Event) {
		require.Equal(t, "oscillation", e.EventName())
		*events = append(*events, *e.(*Oscillation))
	})
	for at := Time(from); at < Time(to); at = at.Add(step) {
		d.OnEstimate(at, series(at))
	}

	return d, events
}

func TestOscillationIsFoundOverItsWholeRange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		period  time.Duration
		periods float64 // within how many it must be found
	}{
		{1500 * time.Millisecond, 7},
		{3 * time.Second, 5},
		{8 * time.Second, 4},
		{15 * time.Second, 4},
		{29 * time.Second, 4},
	} {
		t.Run(c.period.String(), func(t *testing.T) {
			t.Parallel()
			_, events := watch(t, 0, 10*c.period, 90*time.Millisecond, sawtooth(800*Kbps, Mbps, c.period))
			require.NotEmpty(t, *events)
			o := (*events)[0]
			require.Equal(t, OscillationStarted, o.Phase)
			require.True(t, o.Active)
			require.LessOrEqual(t, float64(o.At), c.periods*float64(c.period))
			require.InEpsilon(t, float64(c.period), float64(o.Period), 0.1)
			require.InDelta(t, 0.2, o.Depth, 0.04)
			require.GreaterOrEqual(t, o.Confidence, 0.5)
			require.Less(t, o.Confidence, 1.0)
			require.Less(t, o.Since, o.At)
			require.Equal(t, o.At, o.Time())
		})
	}
}

func TestOscillationOutsideOfBoundsIsNone(t *testing.T) {
	t.Parallel()
	for name, series := range map[string]func(Time) Bitrate{
		"constant":           func(Time) Bitrate { return Mbps },
		"too shallow":        sawtooth(930*Kbps, Mbps, 5*time.Second),
		"too slow":           sawtooth(800*Kbps, Mbps, 45*time.Second),
		"too fast":           sawtooth(800*Kbps, Mbps, 600*time.Millisecond),
		"one long climb":     func(t Time) Bitrate { return 300*Kbps + Bitrate(t/100_000) },
		"a step up and down": func(t Time) Bitrate { return Mbps - Bitrate(int64(t)/int64(40*time.Second)%2)*400*Kbps },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, events := watch(t, 0, 3*time.Minute, 100*time.Millisecond, series)
			require.Empty(t, *events)
			require.False(t, d.Latest().Active)
		})
	}
}

func TestOscillationEndsAndChanges(t *testing.T) {
	t.Parallel()
	_, events := watch(t, 0, 4*time.Minute, 100*time.Millisecond, func(at Time) Bitrate {
		switch {
		case at < Time(time.Minute):
			return sawtooth(800*Kbps, Mbps, 5*time.Second)(at)
		case at < Time(2*time.Minute):
			return sawtooth(500*Kbps, Mbps, 3*time.Second)(at)
		default:
			return 900 * Kbps
		}
	})
	var phases []OscillationPhase
	for _, o := range *events {
		phases = append(phases, o.Phase)
	}
	require.Equal(t, OscillationStarted, phases[0])
	require.Contains(t, phases, OscillationChanged)
	last := (*events)[len(*events)-1]
	require.Equal(t, OscillationEnded, last.Phase)
	require.False(t, last.Active)
	require.Greater(t, last.At, Time(2*time.Minute))
	require.Less(t, last.At, Time(2*time.Minute+20*time.Second))
	require.InEpsilon(t, float64(3*time.Second), float64(last.Period), 0.1)
	for i := 1; i < len(*events); i++ {
		require.GreaterOrEqual(t, (*events)[i].At, (*events)[i-1].At)
	}
}

func TestOscillationSurvivesGapsAndLeavesSilence(t *testing.T) {
	t.Parallel()
	series := sawtooth(800*Kbps, Mbps, 6*time.Second)
	d, events := watch(t, 0, time.Minute, 100*time.Millisecond, series)
	require.True(t, d.Latest().Active)
	// Four seconds without feedback are bridged, six are not.
	d.OnEstimate(Time(64*time.Second), series(Time(64*time.Second)))
	require.True(t, d.Latest().Active)
	d.OnEstimate(Time(70*time.Second+100*time.Millisecond), Mbps)
	require.False(t, d.Latest().Active)
	require.Equal(t, OscillationEnded, (*events)[len(*events)-1].Phase)
}

func TestOscillationIgnoresThePast(t *testing.T) {
	t.Parallel()
	series := sawtooth(800*Kbps, Mbps, 6*time.Second)
	plain, _ := watch(t, 0, time.Minute, 100*time.Millisecond, series)
	odd, err := NewOscillationDetector(DefaultOscillation())
	require.NoError(t, err)
	for at := Time(0); at < Time(time.Minute); at = at.Add(100 * time.Millisecond) {
		odd.OnEstimate(at, series(at))
		odd.OnEstimate(at-Time(time.Second), 5*Mbps)
		odd.OnEstimate(at, 0)
		odd.OnEstimate(at, -1)
	}
	require.Equal(t, plain.Latest(), odd.Latest())
	// A clock that goes back for good starts the detector anew.
	odd.OnEstimate(Time(10*time.Second), Mbps)
	require.False(t, odd.Latest().Active)
	for at := Time(10 * time.Second); at < Time(time.Minute); at = at.Add(100 * time.Millisecond) {
		odd.OnEstimate(at, series(at))
	}
	require.True(t, odd.Latest().Active)
}

// TestOscillationGolden pins the exact events for whole-number input, so that another
// architecture or compiler that computes differently is seen.
func TestOscillationGolden(t *testing.T) {
	t.Parallel()
	noise := uint32(1)
	_, events := watch(t, 0, 3*time.Minute, 70*time.Millisecond, func(at Time) Bitrate {
		noise = noise*1664525 + 1013904223

		return sawtooth(700*Kbps, Mbps, 7300*time.Millisecond)(at) + Bitrate(noise>>16)
	})
	hash := uint64(14695981039346656037)
	add := func(v uint64) { hash = (hash ^ v) * 1099511628211 }
	for _, o := range *events {
		add(uint64(o.At))
		add(uint64(o.Phase))
		add(uint64(o.Period))
		add(math.Float64bits(o.Depth))
		add(math.Float64bits(o.Confidence))
		add(uint64(o.Since))
	}
	require.NotEmpty(t, *events)
	require.Equal(t, uint64(0x1f1703bcbb46b42e), hash)
}

// TestOscillationHoldsForAnyInput feeds what no estimator would.
func TestOscillationHoldsForAnyInput(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, err := NewOscillationDetector(DefaultOscillation())
		require.NoError(t, err)
		active, last := false, Time(math.MinInt64)
		d.SetObserver(func(e Event) {
			o := e.(*Oscillation)
			require.Equal(t, o.Phase != OscillationEnded, o.Active)
			require.Equal(t, o.Phase == OscillationStarted, !active)
			active = o.Active
		})
		at := Time(rapid.Int64Range(-1e15, 1e15).Draw(t, "start"))
		for range rapid.IntRange(1, 400).Draw(t, "inputs") {
			at = at.Add(time.Duration(rapid.OneOf(
				rapid.Int64Range(0, 3e8), rapid.Int64Range(-1e9, 7e9), rapid.Int64Range(-1e12, 1e12),
			).Draw(t, "step")))
			o := d.OnEstimate(at, Bitrate(rapid.OneOf(
				rapid.Int64Range(-1, 10), rapid.Int64Range(3e5, 3e6), rapid.Int64Range(1<<60, math.MaxInt64),
			).Draw(t, "estimate")))
			require.Equal(t, active, o.Active)
			require.True(t, o.Confidence >= 0 && o.Confidence <= 1, o.Confidence)
			require.True(t, o.Depth >= 0 && o.Depth <= 1, o.Depth)
			require.True(t, o.Period >= 0 && o.Period <= 30*time.Second, o.Period)
			last = max(last, o.At)
		}
		require.LessOrEqual(t, last, max(last, at))
	})
}

func TestOscillationIsScaleFree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// Powers of two leave the same binary fractions.
		shift := rapid.IntRange(1, 12).Draw(t, "shift")
		period := time.Duration(rapid.Int64Range(2e9, 12e9).Draw(t, "period"))
		series := sawtooth(800_000, 1_000_000, period)
		a, _ := watch(t, 0, 70*time.Second, 110*time.Millisecond, series)
		b, _ := watch(t, 0, 70*time.Second, 110*time.Millisecond, func(at Time) Bitrate { return series(at) << shift })
		require.Equal(t, a.Latest(), b.Latest())
	})
}

func TestOscillationConfigBounds(t *testing.T) {
	t.Parallel()
	good := DefaultOscillation()
	require.NoError(t, good.Validate())
	for name, change := range map[string]func(*OscillationConfig){
		"period too short": func(c *OscillationConfig) { c.MinPeriod = 999 * time.Millisecond },
		"period too long":  func(c *OscillationConfig) { c.MaxPeriod = 31 * time.Second },
		"periods crossed":  func(c *OscillationConfig) { c.MinPeriod, c.MaxPeriod = 5*time.Second, 5*time.Second },
		"depth too small":  func(c *OscillationConfig) { c.MinDepth = 0.019 },
		"depth too large":  func(c *OscillationConfig) { c.MinDepth = 0.91 },
		"depth not one":    func(c *OscillationConfig) { c.MinDepth = math.NaN() },
		"end above start":  func(c *OscillationConfig) { c.End = c.Start },
		"end not above 0":  func(c *OscillationConfig) { c.End = 0 },
		"change 0":         func(c *OscillationConfig) { c.Change = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := DefaultOscillation()
			change(&c)
			require.ErrorIs(t, c.Validate(), ErrConfig)
			_, err := NewOscillationDetector(c)
			require.ErrorIs(t, err, ErrConfig)
			d, err := NewOscillationDetector(good)
			require.NoError(t, err)
			require.ErrorIs(t, d.SetConfig(c), ErrConfig)
			require.Equal(t, good, d.cfg)
		})
	}
	edge := OscillationConfig{MinPeriod: time.Second, MaxPeriod: 30 * time.Second, MinDepth: 0.9, Start: 2, End: 1, Change: 0.01}
	require.NoError(t, edge.Validate())
}

func TestOscillationPhaseNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, "none started changed ended unknown", OscillationNone.String()+" "+OscillationStarted.String()+" "+
		OscillationChanged.String()+" "+OscillationEnded.String()+" "+OscillationPhase(99).String())
}

// TestLog2 holds the approximation to what its comment says.
func TestLog2(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(1e-9, 1e9).Draw(t, "x")
		require.InDelta(t, math.Log2(x), log2(x), 0.01)
	})
}

func TestOscillationAllocatesNothing(t *testing.T) {
	series := sawtooth(800*Kbps, Mbps, 2*time.Second)
	d, _ := watch(t, 0, time.Minute, 100*time.Millisecond, series)
	d.SetObserver(nil)
	at := Time(time.Minute)
	require.Zero(t, testing.AllocsPerRun(2000, func() {
		at = at.Add(100 * time.Millisecond)
		d.OnEstimate(at, series(at))
	}))
}

func BenchmarkOscillationDetector(b *testing.B) {
	for name, series := range map[string]func(Time) Bitrate{
		"swing":    sawtooth(800*Kbps, Mbps, 3*time.Second),
		"constant": func(Time) Bitrate { return Mbps },
		"noise": func(t Time) Bitrate {
			return Mbps + Bitrate(uint32(t>>20)*2654435761>>13)
		},
	} {
		b.Run(name, func(b *testing.B) {
			d, err := NewOscillationDetector(DefaultOscillation())
			require.NoError(b, err)
			b.ReportAllocs()
			at := Time(0)
			for b.Loop() {
				at = at.Add(100 * time.Millisecond)
				d.OnEstimate(at, series(at))
			}
		})
	}
}

// TestOscillationDetectorOverAClockThatJumps: the ends of the clock's range are farther
// apart than a duration can say.
func TestOscillationDetectorOverAClockThatJumps(t *testing.T) {
	d, err := NewOscillationDetector(DefaultOscillation())
	require.NoError(t, err)
	for _, now := range []Time{math.MinInt64, math.MaxInt64, 0, math.MinInt64, math.MaxInt64 - 1} {
		require.False(t, d.OnEstimate(now, Mbps).Active)
	}
}
