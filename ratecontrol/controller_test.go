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

func at(d time.Duration) bwe.Time { return bwe.Time(d) }

func newController(t require.TestingT, cfg Config, estimate bwe.Bitrate) *Controller {
	c, err := New(cfg, 0)
	require.NoError(t, err)
	c.OnEstimate(&bwe.Update{Estimate: estimate})

	return c
}

// following returns a configuration whose target is what the path allows, at once.
func following() Config {
	cfg := Default()
	cfg.Smoothing.Enabled = false
	cfg.Encoder.Learn, cfg.Encoder.MinInterval = false, 0

	return cfg
}

func TestTargetSplit(t *testing.T) {
	cfg := Default()
	cfg.MinBitrate, cfg.MaxBitrate, cfg.AudioBitrate, cfg.Overhead = 50*bwe.Kbps, 2*bwe.Mbps, 64*bwe.Kbps, 0.1
	for name, tc := range map[string]struct {
		estimate, target, audio, video bwe.Bitrate
		limit                          Limit
	}{
		"between":             {1000 * bwe.Kbps, 900 * bwe.Kbps, 64 * bwe.Kbps, 836 * bwe.Kbps, LimitPath},
		"ceiling reached":     {5 * bwe.Mbps, 2 * bwe.Mbps, 64 * bwe.Kbps, 1936 * bwe.Kbps, LimitMax},
		"just at the floor":   {55_556 * bwe.Bps, 50_000, 50_000, 0, LimitPath},
		"below the floor":     {10 * bwe.Kbps, 50 * bwe.Kbps, 50 * bwe.Kbps, 0, LimitMin},
		"zero":                {0, 50 * bwe.Kbps, 50 * bwe.Kbps, 0, LimitMin},
		"negative":            {-7 * bwe.Mbps, 50 * bwe.Kbps, 50 * bwe.Kbps, 0, LimitMin},
		"audio gets it first": {80 * bwe.Kbps, 72 * bwe.Kbps, 64 * bwe.Kbps, 8 * bwe.Kbps, LimitPath},
	} {
		t.Run(name, func(t *testing.T) {
			d := newController(t, cfg, tc.estimate).Latest()
			require.Equal(t, Decision{Target: tc.target, Audio: tc.audio, Video: tc.video, Limit: tc.limit}, d)
		})
	}
}

func TestTargetBeforeTheFirstEstimate(t *testing.T) {
	c, err := New(Default(), at(time.Second))
	require.NoError(t, err)
	require.Equal(t, Default().MinBitrate, c.Latest().Target)
	require.Equal(t, at(time.Second), c.Latest().At)
	require.Equal(t, bwe.Never, c.NextTimer())
}

func TestTargetProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Default()
		cfg.MinBitrate = bwe.Bitrate(rapid.Int64Range(1, int64(mostBitrate)).Draw(t, "min"))
		cfg.MaxBitrate = bwe.Bitrate(rapid.Int64Range(int64(cfg.MinBitrate), int64(mostBitrate)).Draw(t, "max"))
		cfg.AudioBitrate = bwe.Bitrate(rapid.Int64Range(0, int64(mostBitrate)).Draw(t, "audio"))
		cfg.Overhead = rapid.Float64Range(0, 0.5).Draw(t, "overhead")
		c := newController(t, cfg, bwe.Bitrate(rapid.Int64().Draw(t, "estimate")))
		d := c.Latest()
		require.GreaterOrEqual(t, d.Target, cfg.MinBitrate)
		require.LessOrEqual(t, d.Target, cfg.MaxBitrate)
		require.Equal(t, d.Target, d.Audio+d.Video)
		require.Equal(t, min(cfg.AudioBitrate, d.Target), d.Audio)
		require.GreaterOrEqual(t, d.Video, bwe.Bitrate(0))
	})
}

func TestSetConfig(t *testing.T) {
	c := newController(t, Default(), 4*bwe.Mbps)
	before := c.Latest()

	bad := Default()
	bad.Overhead = 0.6
	d, err := c.SetConfig(bad, at(time.Second))
	require.ErrorIs(t, err, ErrConfig)
	require.Equal(t, before, d)
	require.Equal(t, before, c.Latest())

	good := Default()
	good.MaxBitrate = bwe.Mbps
	d, err = c.SetConfig(good, at(time.Second))
	require.NoError(t, err)
	require.Equal(t, bwe.Mbps, d.Target)
	require.Equal(t, at(time.Second), d.At)
}

func TestConfigValidate(t *testing.T) {
	valid := Default()
	require.NoError(t, valid.Validate())
	for name, tc := range map[string]struct {
		change func(*Config)
		ok     bool
	}{
		"min one":               {func(c *Config) { c.MinBitrate = 1 }, true},
		"min zero":              {func(c *Config) { c.MinBitrate = 0 }, false},
		"min is max":            {func(c *Config) { c.MinBitrate = c.MaxBitrate }, true},
		"min above max":         {func(c *Config) { c.MinBitrate = c.MaxBitrate + 1 }, false},
		"max highest":           {func(c *Config) { c.MaxBitrate = mostBitrate }, true},
		"max too high":          {func(c *Config) { c.MaxBitrate = mostBitrate + 1 }, false},
		"no audio":              {func(c *Config) { c.AudioBitrate = 0 }, true},
		"audio negative":        {func(c *Config) { c.AudioBitrate = -1 }, false},
		"overhead none":         {func(c *Config) { c.Overhead = 0 }, true},
		"overhead half":         {func(c *Config) { c.Overhead = 0.5 }, true},
		"overhead above":        {func(c *Config) { c.Overhead = 0.501 }, false},
		"overhead below":        {func(c *Config) { c.Overhead = -0.001 }, false},
		"overhead no number":    {func(c *Config) { c.Overhead = nan() }, false},
		"disposable zero":       {func(c *Config) { c.DropDisposableAfter = 0 }, false},
		"until key lower":       {func(c *Config) { c.DropUntilKeyAfter = c.DropDisposableAfter - 1 }, false},
		"until key equal":       {func(c *Config) { c.DropUntilKeyAfter = c.DropDisposableAfter }, true},
		"until key highest":     {func(c *Config) { c.DropUntilKeyAfter, c.MaxBacklog = mostDropLimit, mostDropLimit }, true},
		"until key too high":    {func(c *Config) { c.DropUntilKeyAfter, c.MaxBacklog = mostDropLimit+1, maxDebt }, false},
		"no allowance":          {func(c *Config) { c.KeyFrameAllowance = 0 }, true},
		"allowance negative":    {func(c *Config) { c.KeyFrameAllowance = -1 }, false},
		"allowance highest":     {func(c *Config) { c.KeyFrameAllowance = mostAllowance }, true},
		"allowance too high":    {func(c *Config) { c.KeyFrameAllowance = mostAllowance + 1 }, false},
		"backlog lowest":        {func(c *Config) { c.MaxBacklog = c.DropUntilKeyAfter }, true},
		"backlog below":         {func(c *Config) { c.MaxBacklog = c.DropUntilKeyAfter - 1 }, false},
		"backlog highest":       {func(c *Config) { c.MaxBacklog = maxDebt }, true},
		"nothing proven":        {func(c *Config) { c.ProvenQueueDelay = 0 }, true},
		"proven negative":       {func(c *Config) { c.ProvenQueueDelay = -1 }, false},
		"proven highest":        {func(c *Config) { c.ProvenQueueDelay = mostProven }, true},
		"proven too high":       {func(c *Config) { c.ProvenQueueDelay = mostProven + 1 }, false},
		"backlog above highest": {func(c *Config) { c.MaxBacklog = maxDebt + 1 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Default()
			tc.change(&cfg)
			if tc.ok {
				require.NoError(t, cfg.Validate())
			} else {
				require.ErrorIs(t, cfg.Validate(), ErrConfig)
				_, err := New(cfg, 0)
				require.ErrorIs(t, err, ErrConfig)
			}
		})
	}
}

func nan() float64 {
	zero := 0.0

	return zero / zero
}

func BenchmarkOnFrame(b *testing.B) {
	c := newController(b, Default(), bwe.Mbps)
	f := Frame{Size: 4000, Disposable: true}
	b.ReportAllocs()
	for b.Loop() {
		f.At = f.At.Add(33 * time.Millisecond)
		c.OnFrame(f)
	}
}

func BenchmarkOnEstimate(b *testing.B) {
	c := newController(b, Default(), bwe.Mbps)
	u := bwe.Update{Estimate: bwe.Mbps}
	b.ReportAllocs()
	for b.Loop() {
		u.At = u.At.Add(25 * time.Millisecond)
		c.OnEstimate(&u)
	}
}
