// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
)

func TestEncoderKeepsTheTarget(t *testing.T) {
	for name, c := range map[string]struct {
		source Source
		target bwe.Bitrate
		want   float64
	}{
		"plain":      {Source{FPS: 30, Noise: 0.15}, 2 * bwe.Mbps, 2e6},
		"key frames": {Source{FPS: 30, Noise: 0.15, KeyInterval: 2 * second, KeySize: 5}, 2 * bwe.Mbps, 2e6},
		"all keys":   {Source{FPS: 30, KeyInterval: 30 * millisecond, KeySize: 5}, 2 * bwe.Mbps, 2e6},
		"audio":      {Source{FPS: 25, Noise: 0.05, Audio: 64 * kbps}, bwe.Mbps, 936e3},
		"ceiling":    {Source{FPS: 30, Max: 1500 * kbps}, 9 * bwe.Mbps, 1.5e6},
		"floor":      {Source{FPS: 30, Min: 150 * kbps}, 10 * bwe.Kbps, 150e3},
		"rfc8593":    {Source{Model: SourceRFC8593, FPS: 30, Noise: 0.15, KeyInterval: 2 * second, KeySize: 5}, 2 * bwe.Mbps, 2e6},
		"widest":     {Source{Model: SourceRFC8593, FPS: 30, Noise: 1}, 2 * bwe.Mbps, 2e6},
		"no room":    {Source{FPS: 30, Audio: 64 * kbps}, 10 * bwe.Kbps, 0},
	} {
		t.Run(name, func(t *testing.T) {
			e := encoder{cfg: c.source, rng: stream(1, name)}
			e.follow(0, c.target)
			frames := int(c.source.FPS * 60)
			sum, keys := 0, 0
			for i := range frames {
				size, key := e.frame(at(time.Duration(i) * e.interval()))
				sum += size
				if key {
					keys++
				}
			}
			require.InDelta(t, c.want, float64(sum)*8/60, c.want*0.015+1)
			if c.source.KeyInterval == 2*second {
				require.Equal(t, 30, keys)
			} else {
				require.Zero(t, keys)
			}
		})
	}
}

func TestEncoderLag(t *testing.T) {
	e := encoder{cfg: Source{FPS: 30, Lag: 100 * millisecond}, rng: stream(1, "")}
	e.follow(0, bwe.Mbps)
	require.Zero(t, e.video(at(100*time.Millisecond)-1))
	require.Equal(t, bwe.Mbps, e.video(at(100*time.Millisecond)))
	e.follow(at(150*time.Millisecond), 2*bwe.Mbps)
	e.follow(at(160*time.Millisecond), 3*bwe.Mbps)
	require.Equal(t, bwe.Mbps, e.video(at(250*time.Millisecond)-1))
	require.Equal(t, 2*bwe.Mbps, e.video(at(255*time.Millisecond)))
	require.Equal(t, 3*bwe.Mbps, e.video(at(300*time.Millisecond)))
}

// Whatever it is asked for, and however often for key frames, an encoder's mean rate
// stays near the mean of its targets.
func TestEncoderKeepsTheMeanOfItsTargets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source := Source{
			Model: SourceRFC8593, FPS: rapid.Float64Range(15, 60).Draw(t, "fps"), IntervalNoise: -1,
			KeyInterval: Duration(rapid.Int64Range(0, int64(5*second)).Draw(t, "key interval")),
			KeySize:     rapid.Float64Range(1, 10).Draw(t, "key size"),
			BurstFrames: rapid.IntRange(4, 20).Draw(t, "burst"),
		}
		source.setDefaults()
		e := encoder{cfg: source, rng: stream(rapid.Uint64().Draw(t, "seed"), "")}
		sum, want := 0.0, 0.0
		now := bwe.Time(0)
		var rate bwe.Bitrate
		const seconds = 120
		for i := range int(seconds * source.FPS) {
			if i%int(3*source.FPS) == 0 {
				rate = bwe.Bitrate(rapid.Int64Range(1_000_000, 3_000_000).Draw(t, "rate"))
				e.follow(now, rate)
			}
			if i%int(10*source.FPS) == int(source.FPS) {
				e.requestKey()
			}
			size, _ := e.frame(now)
			require.GreaterOrEqual(t, size, 0)
			sum += float64(size) * 8
			want += float64(rate) / source.FPS
			now = now.Add(time.Duration(float64(time.Second) / source.FPS))
		}
		require.InEpsilon(t, want, sum, 0.06)
	})
}

func TestEncoderTakesOneTargetAReaction(t *testing.T) {
	e := encoder{cfg: Source{FPS: 30, Reaction: 200 * millisecond}, rng: stream(1, "")}
	e.follow(0, bwe.Mbps)
	require.Equal(t, bwe.Mbps, e.video(0))
	e.follow(at(100*time.Millisecond), 2*bwe.Mbps)
	e.follow(at(150*time.Millisecond), 3*bwe.Mbps)
	require.Equal(t, bwe.Mbps, e.video(at(200*time.Millisecond)-1))
	require.Equal(t, 3*bwe.Mbps, e.video(at(200*time.Millisecond)))
	e.follow(at(time.Second), 4*bwe.Mbps)
	require.Equal(t, 4*bwe.Mbps, e.video(at(time.Second)), "the time since the last is over")
}

func TestEncoderOvershootsForTheRamp(t *testing.T) {
	e := encoder{cfg: Source{FPS: 30, Ramp: 400 * millisecond}, rng: stream(1, "")}
	e.follow(0, 4*bwe.Mbps)
	require.Equal(t, 4*bwe.Mbps, e.video(0), "the first target is met at once")
	e.follow(at(time.Second), 2*bwe.Mbps)
	require.Equal(t, 4*bwe.Mbps, e.video(at(time.Second)))
	require.Equal(t, 3*bwe.Mbps, e.video(at(1200*time.Millisecond)))
	last := e.video(at(1200 * time.Millisecond))
	for now := at(1200 * time.Millisecond); now < at(1400*time.Millisecond); now = now.Add(10 * time.Millisecond) {
		require.LessOrEqual(t, e.video(now), last)
		require.Greater(t, e.video(now), 2*bwe.Mbps)
		last = e.video(now)
	}
	require.Equal(t, 2*bwe.Mbps, e.video(at(1400*time.Millisecond)))
	e.follow(at(2*time.Second), 4*bwe.Mbps)
	require.Equal(t, 3*bwe.Mbps, e.video(at(2200*time.Millisecond)), "and falls short on the way up")
}

func TestEncoderBurstsAfterAnAbruptChange(t *testing.T) {
	source := Source{FPS: 25, BurstFrames: 8, BurstSize: 3, BurstAbove: 0.25}
	sizes := func(to bwe.Bitrate) (out []int) {
		e := encoder{cfg: source, rng: stream(1, "")}
		e.follow(0, 2*bwe.Mbps)
		e.frame(0)
		e.follow(at(40*time.Millisecond), to)
		for i := range 10 {
			size, _ := e.frame(at(time.Duration(i+1) * 40 * time.Millisecond))
			out = append(out, size)
		}

		return out
	}
	// 1 Mbps at 25 frames a second is 5000 bytes.
	burst := sizes(bwe.Mbps)
	require.Equal(t, 15_000, burst[0])
	sum := 0
	for i, size := range burst[:8] {
		sum += size
		if i > 0 {
			require.Less(t, size, 5000)
		}
	}
	require.InDelta(t, 8*5000, sum, 10, "the whole burst keeps the target")
	require.InDelta(t, 5000, burst[8], 1)
	require.InDelta(t, 8000, sizes(1600 * bwe.Kbps)[0], 1, "a small change makes none")
}

func TestEncoderMakesAKeyFrameOnRequest(t *testing.T) {
	for name, source := range map[string]Source{
		"no regular ones": {FPS: 30, KeySize: 4},
		"regular ones":    {FPS: 30, KeySize: 4, KeyInterval: 2 * second},
	} {
		t.Run(name, func(t *testing.T) {
			e := encoder{cfg: source, rng: stream(1, name)}
			e.follow(0, 2*bwe.Mbps)
			var keys []int
			for i := range 150 {
				if i == 20 {
					e.requestKey()
				}
				_, key := e.frame(at(time.Duration(i) * time.Second / 30))
				if key {
					keys = append(keys, i)
				}
				if i == 99 {
					e.setFrameRate(15, false)
				}
			}
			if source.KeyInterval == 0 {
				require.Equal(t, []int{20}, keys)
				require.InDelta(t, 30, e.rateOfFrames(), 0, "no key frame, no change")
			} else {
				// The interval begins anew, and the last group is one of 15 frames a second.
				require.Equal(t, []int{0, 20, 80, 140}, keys)
				require.InDelta(t, 15, e.rateOfFrames(), 0)
			}
		})
	}
}

func TestASkippedKeyFrameIsMadeUpFor(t *testing.T) {
	e := encoder{cfg: Source{FPS: 30, KeySize: 4, KeyInterval: 2 * second}, rng: stream(1, "")}
	e.follow(0, bwe.Mbps)
	_, key := e.frame(0)
	require.True(t, key)
	e.skipped(key)
	_, key = e.frame(at(33 * time.Millisecond))
	require.True(t, key)
	e.skipped(false)
	_, key = e.frame(at(66 * time.Millisecond))
	require.False(t, key)
}

func TestLaplaceIsCentredAndCutOff(t *testing.T) {
	for _, scale := range []float64{0.01, 0.15, 0.5, 1} {
		rng := stream(1, "laplace")
		sum, size, widest := 0.0, 0.0, 0.0
		const draws = 200_000
		for range draws {
			v := laplace(rng, scale)
			sum += v
			size += math.Abs(v)
			widest = max(widest, math.Abs(v))
		}
		require.InDelta(t, 0, sum/draws, 0.01*scale+0.002)
		require.LessOrEqual(t, widest, min(5*scale, 0.9))
		if scale <= 0.15 {
			require.InEpsilon(t, scale, size/draws, 0.06)
		}
	}
	require.Zero(t, laplace(stream(1, ""), 0))
}
