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

// TestSmootherNeverExceedsWhatIsProven runs any capacities, jitter and loss.
func TestSmootherNeverExceedsWhatIsProven(t *testing.T) {
	t.Parallel()
	cfg := enabled()
	rapid.Check(t, func(t *rapid.T) {
		p := newToyPath(t, cfg)
		p.engage()
		p.every = time.Duration(rapid.Int64Range(1e9, 8e9).Draw(t, "overuse"))
		for range rapid.IntRange(1, 12).Draw(t, "pieces") {
			p.capacity = float64(rapid.Int64Range(1e5, 2e7).Draw(t, "capacity"))
			p.loss = rapid.SampledFrom([]float64{0, 0, 0, 0.02, 0.2, 1}).Draw(t, "loss")
			if rapid.Bool().Draw(t, "calm") {
				p.jitter = func(Time) time.Duration { return 0 }
			} else {
				p.jitter = toyJitter
			}
			end := p.now.Add(time.Duration(rapid.Int64Range(1e8, 3e10).Draw(t, "time")))
			for p.now < end {
				p.step()
				if p.smoother.Engaged() {
					require.LessOrEqual(t, p.output, (1+cfg.Margin)*float64(p.smoother.Proven()+1))
					require.Positive(t, p.output)
				}
			}
		}
	})
}

// TestSmootherHoldsForAnyInput feeds what no estimator would.
func TestSmootherHoldsForAnyInput(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, err := NewSmoother(enabled())
		require.NoError(t, err)
		duration := func(name string) time.Duration {
			return time.Duration(rapid.OneOf(rapid.Int64Range(0, 2e8), rapid.Int64Range(-1e9, 1e12)).Draw(t, name))
		}
		rate := func(name string) Bitrate {
			return Bitrate(rapid.OneOf(rapid.Int64Range(3e5, 3e6), rapid.Int64Range(-1, math.MaxInt64)).Draw(t, name))
		}
		at := Time(0)
		for range rapid.IntRange(1, 300).Draw(t, "inputs") {
			at = at.Add(duration("step"))
			in := SmootherInput{
				At: at, Estimate: rate("estimate"), Acked: rate("acked"), RTT: duration("rtt"), MinRTT: duration("min rtt"),
				QueueDelay: duration("queue"), Loss: rapid.Float64().Draw(t, "loss"), State: State(rapid.IntRange(0, 9).Draw(t, "state")),
			}
			out := s.OnFeedback(in)
			if !s.Engaged() {
				require.Equal(t, in.Estimate, out)
			}
			require.GreaterOrEqual(t, s.Proven(), Bitrate(0))
		}
	})
}

// TestSmootherTakesRoundTripsWithoutOneWayDelay feeds the same path with a queue
// delay that is unknown.
func TestSmootherTakesRoundTripsWithoutOneWayDelay(t *testing.T) {
	t.Parallel()
	known, unknown := newToyPath(t, enabled()), newToyPath(t, enabled())
	for known.now < Time(time.Minute) {
		in := known.step()
		in.QueueDelay = -1
		require.Equal(t, Bitrate(known.output), unknown.smoother.OnFeedback(in))
	}
	require.True(t, known.smoother.Engaged())
}

func TestSmootherConfigBounds(t *testing.T) {
	t.Parallel()
	good := enabled()
	require.NoError(t, good.Validate())
	for name, change := range map[string]func(*SmootherConfig){
		"oscillation":           func(c *SmootherConfig) { c.Oscillation.Start = 0 },
		"confidence":            func(c *SmootherConfig) { c.Confidence = 1.01 },
		"confidence not one":    func(c *SmootherConfig) { c.Confidence = math.NaN() },
		"margin":                func(c *SmootherConfig) { c.Margin = 0.51 },
		"growth":                func(c *SmootherConfig) { c.Growth = 0 },
		"growth over the most":  func(c *SmootherConfig) { c.Growth = c.MaxGrowth + 0.1 },
		"loss margin":           func(c *SmootherConfig) { c.LossMargin = 0 },
		"backoff":               func(c *SmootherConfig) { c.Backoff = 1.01 },
		"queue margin":          func(c *SmootherConfig) { c.QueueMargin = 0 },
		"release under margin":  func(c *SmootherConfig) { c.ReleaseQueue = c.QueueMargin - 1 },
		"standing":              func(c *SmootherConfig) { c.MaxStanding = 2 * time.Second },
		"hold":                  func(c *SmootherConfig) { c.Hold = 0 },
		"wait":                  func(c *SmootherConfig) { c.Wait = -1 },
		"wait over the longest": func(c *SmootherConfig) { c.MaxWait = c.Hold - 1 },
		"silence":               func(c *SmootherConfig) { c.Silence = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := enabled()
			change(&c)
			require.ErrorIs(t, c.Validate(), ErrConfig)
			_, err := NewSmoother(c)
			require.ErrorIs(t, err, ErrConfig)
			s, err := NewSmoother(good)
			require.NoError(t, err)
			require.ErrorIs(t, s.SetConfig(c), ErrConfig)
			require.Equal(t, good, s.cfg)
		})
	}
}

func TestSmoothingReasonNames(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for r := SmoothingOscillation; r <= SmoothingOff; r++ {
		require.NotEqual(t, "unknown", r.String())
		require.False(t, seen[r.String()])
		seen[r.String()] = true
	}
	require.Equal(t, "unknown", (SmoothingOff + 1).String())
}

func TestSmootherAllocatesNothing(t *testing.T) {
	p := newToyPath(t, enabled())
	p.engage()
	p.smoother.SetObserver(nil)
	require.Zero(t, testing.AllocsPerRun(2000, func() { p.step() }))
}

func BenchmarkSmoother(b *testing.B) {
	p := newToyPath(b, enabled())
	p.engage()
	p.smoother.SetObserver(nil)
	b.ReportAllocs()
	for b.Loop() {
		p.step()
	}
}
