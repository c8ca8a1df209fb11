// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

// aboveOneTier has one tier that ends at 3 Mbps and a full ceiling.
func aboveOneTier() Config {
	cfg := onLadder()
	cfg.Tiers = []Tier{{Name: "720p", Width: 1280, Height: 720, FrameRate: 30, Min: 400 * bwe.Kbps, Start: bwe.Mbps, Max: 3 * bwe.Mbps}}
	cfg.Ceiling.Mode = CeilingFull

	return cfg
}

// carry lets the path acknowledge what is asked for, up to the estimate.
func (b *bench) carry(u bwe.Update, d time.Duration) Decision {
	for end := b.now.Add(d); b.now < end; {
		u.Acked = min(b.c.Latest().Target, u.Estimate)
		b.hold(u, 25*time.Millisecond)
	}

	return b.c.Latest()
}

func TestCeilingIsLiftedStepByStep(t *testing.T) {
	cfg := aboveOneTier()
	b := newBench(t, cfg)
	strong := bwe.Update{Estimate: 10 * bwe.Mbps}
	d := b.carry(strong, 2*time.Second)
	require.Equal(t, 3*bwe.Mbps, d.Target)
	require.Equal(t, CeilingWaiting, d.Ceiling)
	b.carry(strong, 30*time.Second)
	probes, before := 0, bwe.Bitrate(0)
	for _, d := range b.all {
		if d.Probe != 0 && d.Probe != before {
			probes++
			require.Greater(t, d.Probe, d.Target, "a step is shown before it is taken")
		}
		before = d.Probe
	}
	require.Greater(t, probes, 4)
	b.carry(strong, 2*time.Minute)
	require.Equal(t, 7500*bwe.Kbps, b.c.Latest().Target, "2.5 times the maximum and no more")
	require.Equal(t, CeilingRaised, b.c.Latest().Ceiling)
}

func TestCeilingStaysClosed(t *testing.T) {
	strong := bwe.Update{Estimate: 10 * bwe.Mbps}
	for name, tc := range map[string]struct {
		change func(c *Config)
		update func(u *bwe.Update)
		most   bwe.Bitrate
	}{
		"off":             {func(c *Config) { c.Ceiling.Mode = CeilingOff }, nil, 3 * bwe.Mbps},
		"cautious":        {func(c *Config) { c.Ceiling.Mode = CeilingCautious }, nil, 5250 * bwe.Kbps},
		"absolute cap":    {func(c *Config) { c.Ceiling.MaxBitrate = 4 * bwe.Mbps }, nil, 4 * bwe.Mbps},
		"cap below":       {func(c *Config) { c.Ceiling.MaxBitrate = bwe.Mbps }, nil, 3 * bwe.Mbps},
		"own maximum":     {func(c *Config) { c.MaxBitrate = 5 * bwe.Mbps }, nil, 5 * bwe.Mbps},
		"hardly stronger": {nil, func(u *bwe.Update) { u.Estimate = 3500 * bwe.Kbps }, 3 * bwe.Mbps},
		"queue":           {nil, func(u *bwe.Update) { u.QueueDelay = 31 * time.Millisecond }, 3 * bwe.Mbps},
		"overuse":         {nil, func(u *bwe.Update) { u.State = bwe.StateOveruse }, 3 * bwe.Mbps},
		"usual loss":      {nil, func(u *bwe.Update) { u.Loss = 0.1 }, 7500 * bwe.Kbps},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, u := aboveOneTier(), strong
			if tc.change != nil {
				tc.change(&cfg)
			}
			if tc.update != nil {
				tc.update(&u)
			}
			// The last step may be too small to be worth asking for.
			d := newBench(t, cfg).carry(u, 3*time.Minute)
			require.LessOrEqual(t, d.Target, tc.most)
			require.InEpsilon(t, float64(tc.most), float64(d.Target), cfg.Encoder.MinChange)
		})
	}
}

func TestCeilingComesBackAtOnce(t *testing.T) {
	for name, weak := range map[string]bwe.Update{
		"estimate": {Estimate: 4 * bwe.Mbps},
		"queue":    {Estimate: 10 * bwe.Mbps, QueueDelay: 121 * time.Millisecond},
		"loss":     {Estimate: 10 * bwe.Mbps, Loss: 0.1},
		"blind":    {Estimate: 10 * bwe.Mbps, State: bwe.StateBlind},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, aboveOneTier())
			b.carry(bwe.Update{Estimate: 10 * bwe.Mbps}, time.Minute)
			require.Greater(t, b.c.Latest().Target, 5*bwe.Mbps)
			require.Equal(t, 3*bwe.Mbps, b.hold(weak, 25*time.Millisecond).Target)
		})
	}
}

func TestCeilingWaitsForTheEncoder(t *testing.T) {
	b := newBench(t, aboveOneTier())
	d := b.hold(bwe.Update{Estimate: 10 * bwe.Mbps, Acked: 2500 * bwe.Kbps}, time.Minute)
	require.InDelta(t, 3_450_000, float64(d.Target), 1, "what is not sent confirms nothing")
}

// TestCeilingBearsKeyFrames: a key frame is a queue of its own, and between two of them
// less than the mean is sent.
func TestCeilingBearsKeyFrames(t *testing.T) {
	for name, tc := range map[string]struct {
		stands time.Duration
		open   bool
	}{
		"a key frame's queue": {250 * time.Millisecond, true},
		"a standing queue":    {400 * time.Millisecond, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, aboveOneTier())
			strong := bwe.Update{Estimate: 10 * bwe.Mbps}
			for range 60 {
				target := float64(b.c.Latest().Target)
				strong.Acked, strong.QueueDelay = bwe.Bitrate(1.5*target), 60*time.Millisecond
				b.hold(strong, tc.stands)
				strong.Acked, strong.QueueDelay = bwe.Bitrate(0.8*target), 0
				b.hold(strong, 2*time.Second-tc.stands)
			}
			require.Equal(t, tc.open, b.c.Latest().Target > 6*bwe.Mbps)
		})
	}
}

func TestCeilingComesDownWithTheEstimate(t *testing.T) {
	b := newBench(t, aboveOneTier())
	b.carry(bwe.Update{Estimate: 10 * bwe.Mbps}, 2*time.Minute)
	require.Equal(t, 7500*bwe.Kbps, b.c.Latest().Target)
	d := b.carry(bwe.Update{Estimate: 7 * bwe.Mbps}, 2*time.Second)
	require.Greater(t, d.Target, 6*bwe.Mbps)
	require.LessOrEqual(t, d.Target, 7*bwe.Mbps)
}
