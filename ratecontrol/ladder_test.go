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

// onLadder follows the path at once over the default ladder, without audio.
func onLadder() Config {
	cfg := following()
	cfg.Tiers, cfg.AudioBitrate, cfg.Overhead = DefaultTiers(), 0, 0
	cfg.Ceiling.Mode = CeilingOff

	return cfg
}

// bench drives a controller in steps of 25 ms.
type bench struct {
	t   require.TestingT
	c   *Controller
	now bwe.Time
	all []Decision
}

func newBench(t require.TestingT, cfg Config) *bench {
	c, err := New(cfg, 0)
	require.NoError(t, err)

	return &bench{t: t, c: c}
}

// hold lets an update stand for d.
func (b *bench) hold(u bwe.Update, d time.Duration) Decision {
	for end := b.now.Add(d); b.now < end; {
		b.now = b.now.Add(25 * time.Millisecond)
		u.At = b.now
		b.all = append(b.all, b.c.OnEstimate(&u))
	}

	return b.c.Latest()
}

func (b *bench) key() {
	b.c.OnFrame(Frame{At: b.now, Size: 1000, Key: true})
	b.c.OnTimer(b.now)
}

func TestLadderOpensWhereTheRateIs(t *testing.T) {
	for name, tc := range map[string]struct {
		rate bwe.Bitrate
		tier int
	}{
		"below everything":  {100 * bwe.Kbps, 0},
		"below 480p":        {699 * bwe.Kbps, 0},
		"480p":              {700 * bwe.Kbps, 1},
		"720p":              {1300 * bwe.Kbps, 2},
		"1080p and no more": {20 * bwe.Mbps, 3},
	} {
		t.Run(name, func(t *testing.T) {
			d := newBench(t, onLadder()).hold(bwe.Update{Estimate: tc.rate}, 25*time.Millisecond)
			require.Equal(t, tc.tier, d.Tier)
			require.False(t, d.Switching)
			require.False(t, d.KeyFrame)
			require.Equal(t, min(tc.rate, DefaultTiers()[tc.tier].Max), d.Video)
		})
	}
}

func TestTierChangesAtAKeyFrame(t *testing.T) {
	b := newBench(t, onLadder())
	b.hold(bwe.Update{Estimate: bwe.Mbps}, time.Second)
	up := bwe.Update{Estimate: 2 * bwe.Mbps}
	d := b.hold(up, 4*time.Second)
	require.Equal(t, 1, d.Tier, "not before the rate has stood for long enough")
	require.Equal(t, 1500*bwe.Kbps, d.Video)
	require.Equal(t, LimitTier, d.Limit)

	d = b.hold(up, 2*time.Second)
	require.Equal(t, 2, d.Tier)
	require.True(t, d.Switching)
	require.True(t, d.KeyFrame, "an encoder is asked for the key frame that opens the tier")
	require.Equal(t, 1500*bwe.Kbps, d.Video, "the encoder is still in the old tier")

	b.c.OnFrame(Frame{At: b.now, Size: 1000})
	require.True(t, b.hold(up, time.Second).Switching, "only a key frame opens a tier")
	b.key()
	d = b.hold(up, time.Second)
	require.False(t, d.Switching)
	require.False(t, d.KeyFrame)
	require.Equal(t, 2*bwe.Mbps, d.Video)
	require.Equal(t, uint64(1), b.c.Stats().TierSwitches)

	// Between what a tier is left at and what the next is entered at it rests.
	require.Equal(t, 2, b.hold(bwe.Update{Estimate: 950 * bwe.Kbps}, 20*time.Second).Tier)
	d = b.hold(bwe.Update{Estimate: 600 * bwe.Kbps}, 2*time.Second)
	require.Equal(t, 1, d.Tier)
	require.Equal(t, 600*bwe.Kbps, d.Video, "down at once, key frame or not")
}

func TestLadderSkipsTiersOnTheWayDown(t *testing.T) {
	b := newBench(t, onLadder())
	b.hold(bwe.Update{Estimate: 8 * bwe.Mbps}, time.Second)
	require.Equal(t, 0, b.hold(bwe.Update{Estimate: 300 * bwe.Kbps}, 2*time.Second).Tier)
}

func TestReplacedLadderKeepsTheTierByName(t *testing.T) {
	b := newBench(t, onLadder())
	b.hold(bwe.Update{Estimate: 2 * bwe.Mbps}, time.Second)
	cfg := onLadder()
	cfg.Tiers = cfg.Tiers[1:]
	d, err := b.c.SetConfig(cfg, b.now)
	require.NoError(t, err)
	require.Equal(t, 1, d.Tier)
	require.False(t, d.Switching, "the same picture")

	cfg.Tiers = []Tier{{Name: "small", Width: 320, Height: 180, FrameRate: 15, Min: 1, Start: 2, Max: 500 * bwe.Kbps}}
	d, err = b.c.SetConfig(cfg, b.now)
	require.NoError(t, err)
	require.Equal(t, 0, d.Tier)
	require.True(t, d.Switching)
	require.LessOrEqual(t, d.Video, 500*bwe.Kbps)

	cfg.Tiers = nil
	d, err = b.c.SetConfig(cfg, b.now)
	require.NoError(t, err)
	require.Zero(t, d.Tier)
	require.Equal(t, 2*bwe.Mbps, d.Target)
}

func TestTiersAreValidated(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(c *Config)
		ok     bool
	}{
		"default":        {func(*Config) {}, true},
		"no name":        {func(c *Config) { c.Tiers[0].Name = "" }, false},
		"same name":      {func(c *Config) { c.Tiers[1].Name = c.Tiers[0].Name }, false},
		"wide":           {func(c *Config) { c.Tiers[0].Width = mostPixels + 1 }, false},
		"negative":       {func(c *Config) { c.Tiers[0].Height = -1 }, false},
		"fps no number":  {func(c *Config) { c.Tiers[0].FrameRate = nan() }, false},
		"fps unknown":    {func(c *Config) { c.Tiers[0].FrameRate = 0 }, true},
		"fps too high":   {func(c *Config) { c.Tiers[0].FrameRate = mostFrameRate + 1 }, false},
		"min zero":       {func(c *Config) { c.Tiers[0].Min = 0 }, false},
		"start below":    {func(c *Config) { c.Tiers[0].Start = c.Tiers[0].Min - 1 }, false},
		"start at min":   {func(c *Config) { c.Tiers[0].Start = c.Tiers[0].Min }, true},
		"max below":      {func(c *Config) { c.Tiers[3].Max = c.Tiers[3].Start - 1 }, false},
		"not ascending":  {func(c *Config) { c.Tiers[0], c.Tiers[1] = c.Tiers[1], c.Tiers[0] }, false},
		"same start":     {func(c *Config) { c.Tiers[1].Start = c.Tiers[0].Start; c.Tiers[1].Min = c.Tiers[0].Min }, false},
		"hysteresis":     {func(c *Config) { c.Ladder.Hysteresis = 2.1 }, false},
		"dwell negative": {func(c *Config) { c.Ladder.Dwell = -1 }, false},
		"dwell longest":  {func(c *Config) { c.Ladder.Dwell = mostDwell }, true},
		"up too long":    {func(c *Config) { c.Ladder.UpAfter = mostDwell + 1 }, false},
		"too many": {func(c *Config) {
			for len(c.Tiers) <= mostTiers {
				last := c.Tiers[len(c.Tiers)-1]
				last.Name += "+"
				last.Start++
				c.Tiers = append(c.Tiers, last)
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := onLadder()
			tc.change(&cfg)
			if err := cfg.Validate(); tc.ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, ErrConfig)
			}
		})
	}
}

// TestLadderProperties lets the path do anything.
func TestLadderProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Default()
		cfg.Tiers = DefaultTiers()
		cfg.Ceiling.Mode = rapid.SampledFrom([]CeilingMode{CeilingOff, CeilingCautious, CeilingFull}).Draw(t, "ceiling")
		cfg.Ladder.Dwell = time.Duration(rapid.IntRange(0, 8000).Draw(t, "dwell ms")) * time.Millisecond
		cfg.Ladder.UpAfter, cfg.Ladder.DownAfter = 200*time.Millisecond, 100*time.Millisecond
		cfg.Smoothing.Clarity = rapid.Float64Range(0, 1).Draw(t, "clarity")
		cfg.Sharing.Cap = bwe.Bitrate(rapid.Int64Range(0, 6_000_000).Draw(t, "cap"))
		b := newBench(t, cfg)
		var changes []bwe.Time
		b.c.SetObserver(func(ev bwe.Event) {
			if c, ok := ev.(*TierChange); ok {
				require.NotEqual(t, c.From, c.To)
				changes = append(changes, c.At)
			}
		})
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			u := bwe.Update{
				Estimate: bwe.Bitrate(rapid.Int64Range(0, 20_000_000).Draw(t, "estimate")),
				State:    bwe.State(rapid.IntRange(0, 5).Draw(t, "state")),
				Loss:     rapid.Float64Range(0, 1).Draw(t, "loss"),
			}
			u.Acked = u.Estimate
			b.c.OnPacer(PacerState{At: b.now, Bytes: rapid.Int64Range(0, 1_000_000).Draw(t, "queue")})
			b.hold(u, time.Duration(rapid.IntRange(1, 100).Draw(t, "25 ms"))*25*time.Millisecond)
			if rapid.Bool().Draw(t, "key") {
				b.key()
			}
		}
		for i := 1; i < len(changes); i++ {
			require.GreaterOrEqual(t, changes[i].Sub(changes[i-1]), cfg.Ladder.Dwell)
		}
		factor, _, _ := b.c.ceiling.knobs()
		for _, d := range b.all {
			require.Equal(t, d.Target, d.Audio+d.Video)
			require.GreaterOrEqual(t, d.Tier, 0)
			require.Less(t, d.Tier, len(cfg.Tiers))
			require.LessOrEqual(t, d.Target, cfg.MaxBitrate)
			require.LessOrEqual(t, float64(d.Video), float64(max(1, factor)*float64(cfg.Tiers[3].Max)))
			require.GreaterOrEqual(t, d.Video, bwe.Bitrate(0))
			if cfg.Sharing.Cap > 0 {
				require.LessOrEqual(t, d.Target, max(cfg.Sharing.Cap, cfg.MinBitrate))
			}
		}
	})
}
