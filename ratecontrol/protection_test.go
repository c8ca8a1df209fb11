// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
)

// planned lets loss and round trip stand for a time and returns the plan.
func planned(t require.TestingT, cfg ProtectionConfig, u bwe.Update, rtt, length time.Duration) ProtectionPlan {
	p, err := NewProtection(cfg)
	require.NoError(t, err)
	var plan ProtectionPlan
	for at := time.Duration(0); at <= length; at += 50 * time.Millisecond {
		u.At = bwe.Time(at)
		plan = *p.OnEstimate(&u, rtt)
	}

	return plan
}

func TestFECWhereRepeatsComeTooLate(t *testing.T) {
	for name, tc := range map[string]struct {
		change   func(*ProtectionConfig)
		loss     float64
		rtt      time.Duration
		attempts int
		rate     float64
	}{
		"short round trip":              {nil, 0.2, 20 * time.Millisecond, 10, 0},
		"unknown round trip":            {nil, 0.2, 0, 10, 0},
		"three repeats mend 5 %":        {nil, 0.05, 300 * time.Millisecond, 3, 0},
		"three repeats mend not 20 %":   {nil, 0.2, 300 * time.Millisecond, 3, 0.3},
		"one repeat mends 2 %":          {nil, 0.02, 600 * time.Millisecond, 1, 0},
		"one repeat mends not 3 %":      {nil, 0.03, 600 * time.Millisecond, 1, 0.09},
		"no repeat":                     {nil, 0.01, 951 * time.Millisecond, 0, 0.03},
		"one repeat just in time":       {nil, 0.01, 950 * time.Millisecond, 1, 0},
		"no loss":                       {nil, 0, 2 * time.Second, 0, 0},
		"a buffer below the NACK delay": {func(c *ProtectionConfig) { c.ReceiverBuffer = 40 * time.Millisecond }, 0.02, time.Millisecond, 0, 0.06},
		"off":                           {func(c *ProtectionConfig) { c.FEC = FECOff }, 0.2, 2 * time.Second, 0, 0},
		"on":                            {func(c *ProtectionConfig) { c.FEC = FECOn }, 0.04, 20 * time.Millisecond, 10, 0.12},
		"on without loss":               {func(c *ProtectionConfig) { c.FEC = FECOn }, 0, 20 * time.Millisecond, 10, 0},
		"another cap":                   {func(c *ProtectionConfig) { c.MaxRate = 0.1 }, 0.2, time.Second, 0, 0.1},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultProtection()
			if tc.change != nil {
				tc.change(&cfg)
			}
			plan := planned(t, cfg, bwe.Update{Loss: tc.loss, Estimate: bwe.Mbps}, tc.rtt, 10*time.Second)
			require.Equal(t, tc.attempts, plan.Attempts)
			require.InDelta(t, tc.rate, plan.Rate, 1e-9)
			require.InDelta(t, min(2*tc.rate, cfg.MaxRate), plan.KeyRate, 1e-9)
			require.InDelta(t, tc.loss, plan.Loss, 1e-9)
			require.InDelta(t, plan.Rate, plan.FEC(FrameReference), 0)
			require.InDelta(t, plan.KeyRate, plan.FEC(FrameKey), 0)
			require.InDelta(t, plan.DisposableRate, plan.FEC(FrameDisposable), 0)
		})
	}
}

func TestPoorPaths(t *testing.T) {
	for name, tc := range map[string]struct {
		u    bwe.Update
		poor bool
	}{
		"normal":                     {bwe.Update{Estimate: bwe.Mbps}, false},
		"underuse":                   {bwe.Update{Estimate: bwe.Mbps, State: bwe.StateUnderuse}, false},
		"overuse, short queue":       {bwe.Update{Estimate: bwe.Mbps, State: bwe.StateOveruse, QueueDelay: 250 * time.Millisecond}, false},
		"overuse, long queue":        {bwe.Update{Estimate: bwe.Mbps, State: bwe.StateOveruse, QueueDelay: 251 * time.Millisecond}, true},
		"congestion loss":            {bwe.Update{Estimate: bwe.Mbps, State: bwe.StateLossLimited}, true},
		"blind":                      {bwe.Update{Estimate: bwe.Mbps, State: bwe.StateBlind}, true},
		"congestion loss, much room": {bwe.Update{Estimate: bwe.Mbps, State: bwe.StateLossLimited, Acked: 500 * bwe.Kbps}, false},
		"loss, unknown room":         {bwe.Update{Estimate: bwe.Mbps, Loss: 0.1}, true},
		"loss, much room":            {bwe.Update{Estimate: bwe.Mbps, Loss: 0.2, Acked: 500 * bwe.Kbps}, false},
		"loss, no room":              {bwe.Update{Estimate: bwe.Mbps, Loss: 0.2, Acked: 790 * bwe.Kbps}, true},
		"less loss, no room":         {bwe.Update{Estimate: bwe.Mbps, Loss: 0.09, Acked: 990 * bwe.Kbps}, false},
	} {
		t.Run(name, func(t *testing.T) {
			plan := planned(t, DefaultProtection(), tc.u, time.Second, time.Second)
			require.Equal(t, tc.poor, plan.Poor)
			if tc.poor {
				require.Zero(t, plan.DisposableRate)
			} else {
				require.InDelta(t, plan.Rate, plan.DisposableRate, 0)
			}
		})
	}
}

// FEC comes within a second of loss, stays through pauses, and goes in the end.
func TestFECFollowsTheLoss(t *testing.T) {
	p, err := NewProtection(DefaultProtection())
	require.NoError(t, err)
	var at time.Duration
	run := func(loss float64, length time.Duration) (plan ProtectionPlan) {
		for end := at + length; at < end; at += 50 * time.Millisecond {
			plan = *p.OnEstimate(&bwe.Update{At: bwe.Time(at), Loss: loss, Estimate: bwe.Mbps}, 950*time.Millisecond)
		}

		return plan
	}
	require.Zero(t, run(0, time.Second).Rate)
	require.Greater(t, run(0.05, time.Second).Rate, 0.1)
	require.InDelta(t, 0.15, run(0.05, 3*time.Second).Rate, rateStep)
	require.Greater(t, run(0, time.Second).Rate, 0.1, "a pause")
	require.Positive(t, run(0, 3*time.Second).Rate)
	require.Zero(t, run(0, 30*time.Second).Rate)
}

// Under overuse the rate may fall and does not rise: what FEC takes is taken from media.
func TestFECDoesNotRiseIntoAQueue(t *testing.T) {
	p, err := NewProtection(DefaultProtection())
	require.NoError(t, err)
	u := bwe.Update{Loss: 0.02, Estimate: bwe.Mbps}
	before := p.OnEstimate(&u, 2*time.Second).Rate
	require.InDelta(t, 0.06, before, 1e-9)
	for i := range 100 {
		u = bwe.Update{At: bwe.Time(i) * bwe.Time(100*time.Millisecond), Loss: 0.1, Estimate: bwe.Mbps, State: bwe.StateOveruse}
		require.InDelta(t, before, p.OnEstimate(&u, 2*time.Second).Rate, 0)
	}
	u.State = bwe.StateNormal
	require.InDelta(t, 0.3, p.OnEstimate(&u, 2*time.Second).Rate, 1e-9)
}

func TestPlansAreWithinBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := DefaultProtection()
		cfg.FEC = rapid.SampledFrom([]FECMode{FECOff, FECAuto, FECOn}).Draw(t, "mode")
		cfg.MaxRate = rapid.Float64Range(0, 1).Draw(t, "max rate")
		cfg.LossGain = rapid.Float64Range(0, mostLossGain).Draw(t, "gain")
		p, err := NewProtection(cfg)
		require.NoError(t, err)
		for range rapid.IntRange(1, 50).Draw(t, "updates") {
			u := bwe.Update{
				At:   bwe.Time(rapid.Int64Range(-int64(time.Hour), int64(time.Hour)).Draw(t, "at")),
				Loss: rapid.OneOf(rapid.Float64(), rapid.Float64Range(0, 1), rapid.Just(nan())).Draw(t, "loss"),
			}
			plan := p.OnEstimate(&u, time.Duration(rapid.Int64().Draw(t, "rtt")))
			for class := FrameKey; class <= FrameDisposable; class++ {
				require.GreaterOrEqual(t, plan.FEC(class), 0.0)
				require.LessOrEqual(t, plan.FEC(class), cfg.MaxRate)
			}
			require.GreaterOrEqual(t, plan.KeyRate, plan.Rate)
			require.GreaterOrEqual(t, plan.Loss, 0.0)
			require.LessOrEqual(t, plan.Loss, 1.0)
			require.GreaterOrEqual(t, plan.Attempts, 0)
			require.LessOrEqual(t, plan.Attempts, mostAttempts)
		}
	})
}

func TestProtectionConfigBounds(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*ProtectionConfig)
		valid  bool
	}{
		"default":            {func(*ProtectionConfig) {}, true},
		"no mode":            {func(c *ProtectionConfig) { c.FEC = "" }, false},
		"buffer none":        {func(c *ProtectionConfig) { c.ReceiverBuffer = 0 }, false},
		"buffer least":       {func(c *ProtectionConfig) { c.ReceiverBuffer = 1 }, true},
		"buffer most":        {func(c *ProtectionConfig) { c.ReceiverBuffer = time.Minute }, true},
		"buffer above":       {func(c *ProtectionConfig) { c.ReceiverBuffer = time.Minute + 1 }, false},
		"NACK delay none":    {func(c *ProtectionConfig) { c.NACKDelay = 0 }, true},
		"NACK delay below":   {func(c *ProtectionConfig) { c.NACKDelay = -1 }, false},
		"NACK delay most":    {func(c *ProtectionConfig) { c.NACKDelay = time.Second }, true},
		"NACK delay above":   {func(c *ProtectionConfig) { c.NACKDelay = time.Second + 1 }, false},
		"residual no number": {func(c *ProtectionConfig) { c.ResidualLoss = nan() }, false},
		"residual most":      {func(c *ProtectionConfig) { c.ResidualLoss = 1 }, true},
		"residual below":     {func(c *ProtectionConfig) { c.ResidualLoss = -0.001 }, false},
		"max rate none":      {func(c *ProtectionConfig) { c.MaxRate = 0 }, true},
		"max rate above":     {func(c *ProtectionConfig) { c.MaxRate = 1.001 }, false},
		"poor loss above":    {func(c *ProtectionConfig) { c.PoorLoss = 1.001 }, false},
		"gain none":          {func(c *ProtectionConfig) { c.LossGain = 0 }, true},
		"gain most":          {func(c *ProtectionConfig) { c.LossGain = 5 }, true},
		"gain above":         {func(c *ProtectionConfig) { c.LossGain = 5.001 }, false},
		"gain no number":     {func(c *ProtectionConfig) { c.LossGain = nan() }, false},
		"rise none":          {func(c *ProtectionConfig) { c.RiseTime = 0 }, false},
		"rise above":         {func(c *ProtectionConfig) { c.RiseTime = time.Minute + 1 }, false},
		"fall none":          {func(c *ProtectionConfig) { c.FallTime = 0 }, false},
		"hold none":          {func(c *ProtectionConfig) { c.Hold = 0 }, true},
		"hold below":         {func(c *ProtectionConfig) { c.Hold = -1 }, false},
		"hold above":         {func(c *ProtectionConfig) { c.Hold = time.Minute + 1 }, false},
		"block none":         {func(c *ProtectionConfig) { c.BlockTime = 0 }, false},
		"block most":         {func(c *ProtectionConfig) { c.BlockTime = time.Second }, true},
		"block above":        {func(c *ProtectionConfig) { c.BlockTime = time.Second + 1 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultProtection()
			tc.change(&cfg)
			p, err := NewProtection(DefaultProtection())
			require.NoError(t, err)
			if tc.valid {
				require.NoError(t, cfg.Validate())
				require.NoError(t, p.SetConfig(cfg))

				return
			}
			require.ErrorIs(t, cfg.Validate(), ErrProtectionConfig)
			require.ErrorIs(t, p.SetConfig(cfg), ErrProtectionConfig)
			_, err = NewProtection(cfg)
			require.ErrorIs(t, err, ErrProtectionConfig)
			require.Equal(t, DefaultProtection(), p.cfg)
		})
	}
}

func TestBlockTimeLeavesTheBufferRoom(t *testing.T) {
	cfg := DefaultProtection()
	require.Equal(t, 200*time.Millisecond, cfg.Block())
	cfg.ReceiverBuffer = 300 * time.Millisecond
	require.Equal(t, 100*time.Millisecond, cfg.Block())
}

func TestMeasuredOverheadIsTakenOffTheTarget(t *testing.T) {
	cfg := Default()
	cfg.Smoothing.Enabled = false
	c, err := New(cfg, 0)
	require.NoError(t, err)
	var now bwe.Time
	// settled lets an estimate stand until the encoder's own ways are over.
	settled := func(estimate bwe.Bitrate) (d Decision) {
		for end := now.Add(time.Minute); now < end; now = now.Add(50 * time.Millisecond) {
			d = c.OnEstimate(&bwe.Update{At: now, Estimate: estimate})
		}

		return d
	}
	require.InEpsilon(t, float64(950*bwe.Kbps), float64(settled(bwe.Mbps).Target), 0.01)
	for _, tc := range []struct {
		share float64
		want  bwe.Bitrate
	}{
		{0.3, 700 * bwe.Kbps}, {0.01, 950 * bwe.Kbps}, {0.5, 500 * bwe.Kbps}, {0.9, 500 * bwe.Kbps},
		{-1, 950 * bwe.Kbps}, {0.2, 800 * bwe.Kbps}, {nan(), 950 * bwe.Kbps},
	} {
		d := c.OnOverhead(Overhead{At: now, Share: tc.share})
		require.Equal(t, now, d.At)
		require.Equal(t, d, c.Latest())
		require.InEpsilon(t, float64(tc.want), float64(settled(bwe.Mbps).Target), 0.01, "share %g", tc.share)
	}
}

func BenchmarkProtection(b *testing.B) {
	p, err := NewProtection(DefaultProtection())
	require.NoError(b, err)
	u := bwe.Update{Loss: 0.05, Estimate: bwe.Mbps}
	b.ReportAllocs()
	for b.Loop() {
		u.At = u.At.Add(50 * time.Millisecond)
		p.OnEstimate(&u, 300*time.Millisecond)
	}
}
