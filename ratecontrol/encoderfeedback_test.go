// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
)

func TestEncoderIsCorrected(t *testing.T) {
	for name, tc := range map[string]struct{ hit, corrected float64 }{
		"hits":               {1, 1},
		"overshoots":         {1.2, 1 / 1.2},
		"undershoots":        {0.8, 1.25},
		"bounded":            {1.5, 0.7},
		"does not follow":    {1.7, 1},
		"makes next to none": {0.3, 1},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Default()
			cfg.AudioBitrate, cfg.Smoothing.Enabled = 0, false
			b := newBench(t, cfg)
			for range 600 {
				d := b.hold(bwe.Update{Estimate: 2 * bwe.Mbps}, 25*time.Millisecond)
				size := int(tc.hit * float64(d.Video.Bytes(25*time.Millisecond)))
				b.c.OnFrame(Frame{At: b.now, Size: size})
			}
			require.InDelta(t, tc.corrected, float64(b.c.Latest().Video)/float64(c95(2*bwe.Mbps)), 0.05)
		})
	}
}

func TestEncoderDelayIsLearnt(t *testing.T) {
	cfg := following()
	cfg.AudioBitrate, cfg.Encoder.MinInterval = 0, 100*time.Millisecond
	b := newBench(t, cfg)
	var asked []bwe.Bitrate
	const lag = 24 // steps of 25 ms
	for i := range 2400 {
		rate := 2 * bwe.Mbps
		if i/160%2 == 1 {
			rate = bwe.Mbps
		}
		asked = append(asked, b.hold(bwe.Update{Estimate: rate}, 25*time.Millisecond).Video)
		made := asked[max(0, len(asked)-1-lag)]
		b.c.OnFrame(Frame{At: b.now, Size: int(made.Bytes(25 * time.Millisecond))})
	}
	require.InDelta(t, 0.6, b.c.encoder.interval().Seconds(), 0.15)
}

// TestEncoderIsNotBothered holds every change to what it must be worth.
func TestEncoderIsNotBothered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := following()
		cfg.AudioBitrate, cfg.Overhead, cfg.Encoder.MinInterval = 0, 0, 200*time.Millisecond
		b := newBench(t, cfg)
		rate := bwe.Mbps
		for range rapid.IntRange(1, 50).Draw(t, "steps") {
			rate = bwe.Bitrate(rapid.Float64Range(0.8, 1.25).Draw(t, "factor") * float64(rate))
			rate = min(max(rate, 100*bwe.Kbps), 10*bwe.Mbps)
			b.hold(bwe.Update{Estimate: rate}, 25*time.Millisecond)
		}
		changed := bwe.Time(math.MinInt64 / 2)
		for i, d := range b.all[1:] {
			before := b.all[i].Video
			if d.Video == before {
				continue
			}
			off := math.Abs(float64(d.Video - before))
			require.GreaterOrEqual(t, off, float64(cfg.Encoder.MinChangeBitrate))
			require.GreaterOrEqual(t, off, math.Floor(cfg.Encoder.MinChange*float64(before)))
			require.GreaterOrEqual(t, d.At.Sub(changed), cfg.Encoder.MinInterval)
			changed = d.At
		}
	})
}
