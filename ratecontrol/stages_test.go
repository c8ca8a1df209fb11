// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

func TestDipsAreWaitedOut(t *testing.T) {
	b := newBench(t, Default())
	b.hold(bwe.Update{Estimate: 2 * bwe.Mbps}, 30*time.Second)
	steady := b.c.Latest().Target
	d := b.hold(bwe.Update{Estimate: 1300 * bwe.Kbps}, 300*time.Millisecond)
	require.InEpsilon(t, float64(steady), float64(d.Target), 0.06, "held on the buffer")
	require.Equal(t, SmoothingHolding, d.Smoothing)

	// The buffer is used up: 130 kB are 0.84 s at what is left.
	b.c.OnPacer(PacerState{At: b.now, Bytes: 130_000})
	d = b.hold(bwe.Update{Estimate: 1300 * bwe.Kbps}, 3*time.Second)
	require.Less(t, d.Target, 1300*bwe.Kbps)
	require.Equal(t, SmoothingYielding, d.Smoothing)
}

func TestClarityFollowsAtOnce(t *testing.T) {
	cfg := Default()
	cfg.Smoothing.Clarity = 1
	b := newBench(t, cfg)
	b.hold(bwe.Update{Estimate: 2 * bwe.Mbps}, 30*time.Second)
	require.Equal(t, c95(bwe.Mbps), b.hold(bwe.Update{Estimate: bwe.Mbps}, 125*time.Millisecond).Target)
	require.Equal(t, c95(4*bwe.Mbps), b.hold(bwe.Update{Estimate: 4 * bwe.Mbps}, 125*time.Millisecond).Target)
}

// c95 is what the default overhead leaves.
func c95(b bwe.Bitrate) bwe.Bitrate { return bwe.Bitrate(float64(b) * 0.95) }

func TestEmergencyEndsTheWaiting(t *testing.T) {
	for name, u := range map[string]bwe.Update{
		"queue": {Estimate: bwe.Mbps, QueueDelay: 301 * time.Millisecond},
		"blind": {Estimate: bwe.Mbps, State: bwe.StateBlind},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, Default())
			b.hold(bwe.Update{Estimate: 2 * bwe.Mbps}, 30*time.Second)
			d := b.hold(u, 125*time.Millisecond)
			require.LessOrEqual(t, d.Target, bwe.Mbps)
			require.Equal(t, SmoothingEmergency, d.Smoothing)
		})
	}
}

// TestSmoothingRecoversTheLevel: what was lost in a dip comes back fast, what was
// never there slowly.
func TestSmoothingRecoversTheLevel(t *testing.T) {
	b := newBench(t, Default())
	b.hold(bwe.Update{Estimate: 2 * bwe.Mbps}, time.Minute)
	b.c.OnPacer(PacerState{At: b.now, Bytes: 100_000})
	b.hold(bwe.Update{Estimate: 200 * bwe.Kbps}, 5*time.Second)
	require.Less(t, b.c.Latest().Target, 300*bwe.Kbps)
	b.c.OnPacer(PacerState{At: b.now})
	require.Greater(t, b.hold(bwe.Update{Estimate: 2 * bwe.Mbps}, time.Second).Target, 1700*bwe.Kbps)
	require.Less(t, b.hold(bwe.Update{Estimate: 8 * bwe.Mbps}, 500*time.Millisecond).Target, 4*bwe.Mbps)
}

func TestOwnSwingIsHeldLevel(t *testing.T) {
	fall := func(hold bool) (swings int, held bool) {
		cfg := Default()
		cfg.Smoothing.Clarity = 0.9
		if !hold {
			cfg.Smoothing.SwingConfidence = 1
		}
		b := newBench(t, cfg)
		// The pacer's queue swings, the estimate does not.
		for i := range 60 {
			b.c.OnPacer(PacerState{At: b.now, Bytes: int64(i%2) * 60_000})
			b.hold(bwe.Update{Estimate: 2*bwe.Mbps - bwe.Bitrate(i%2)*700*bwe.Kbps}, 1500*time.Millisecond)
		}
		peak := bwe.Bitrate(0)
		for _, d := range b.all[len(b.all)/2:] {
			held = held || d.Smoothing == SmoothingSwing
			peak = max(peak, d.Target)
			if float64(d.Target) < float64(0.85*float64(peak)) {
				swings++
				peak = d.Target
			}
		}

		return swings, held
	}
	free, held := fall(false)
	require.False(t, held)
	require.Greater(t, free, 10)
	_, held = fall(true)
	require.True(t, held, "the detector finds the swing of the target")
}

func TestSharing(t *testing.T) {
	for name, tc := range map[string]struct {
		sharing       SharingConfig
		share, target bwe.Bitrate
		limit         Limit
	}{
		"alone":            {SharingConfig{}, 0, 2 * bwe.Mbps, LimitPath},
		"cap":              {SharingConfig{Cap: bwe.Mbps}, 0, bwe.Mbps, LimitCap},
		"cap above":        {SharingConfig{Cap: 3 * bwe.Mbps}, 0, 2 * bwe.Mbps, LimitPath},
		"reserve":          {SharingConfig{Reserve: 500 * bwe.Kbps}, 0, 1500 * bwe.Kbps, LimitPath},
		"reserve over all": {SharingConfig{Reserve: 5 * bwe.Mbps}, 0, 30 * bwe.Kbps, LimitMin},
		"budget":           {SharingConfig{}, 800 * bwe.Kbps, 800 * bwe.Kbps, LimitBudget},
		"budget and cap":   {SharingConfig{Cap: 700 * bwe.Kbps}, 800 * bwe.Kbps, 700 * bwe.Kbps, LimitCap},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := following()
			cfg.Overhead, cfg.Sharing = 0, tc.sharing
			b := newBench(t, cfg)
			b.hold(bwe.Update{Estimate: 2 * bwe.Mbps}, time.Second)
			b.c.OnShare(Share{At: b.now, Bitrate: tc.share})
			d := b.hold(bwe.Update{Estimate: 2 * bwe.Mbps}, time.Second)
			require.Equal(t, tc.target, d.Target)
			require.Equal(t, tc.limit, d.Limit)
			require.Equal(t, min(cfg.AudioBitrate, tc.target), d.Audio, "audio first")
		})
	}
}

func TestStallsAreCounted(t *testing.T) {
	c := newController(t, Default(), bwe.Mbps)
	var told []Stall
	c.SetObserver(func(ev bwe.Event) {
		if s, ok := ev.(*Stall); ok {
			told = append(told, *s)
		}
	})
	ms := func(n int) bwe.Time { return at(time.Duration(n) * time.Millisecond) }
	c.OnTimer(ms(1000))
	require.Empty(t, told, "nothing was ever sent")
	c.OnSent(&bwe.SentPacket{At: ms(1000)})
	c.OnSent(&bwe.SentPacket{At: ms(1200)})
	require.Empty(t, told, "just within the time")
	c.OnSent(&bwe.SentPacket{At: ms(1300), Kind: bwe.PacketAudio})
	c.OnTimer(ms(1401))
	c.OnTimer(ms(1500))
	c.OnSent(&bwe.SentPacket{At: ms(1700)})
	c.OnSent(&bwe.SentPacket{At: ms(1600)})
	require.Equal(t, []Stall{
		{At: ms(1401), Since: ms(1200), Duration: 201 * time.Millisecond},
		{At: ms(1700), Since: ms(1200), Duration: 500 * time.Millisecond, Over: true},
	}, told)
	st := c.Stats()
	require.Equal(t, uint64(1), st.Stalls)
	require.Equal(t, 500*time.Millisecond, st.StallTime)
	require.Equal(t, 500*time.Millisecond, st.LongestStall)
}

func TestDropsAreCounted(t *testing.T) {
	c := oneMegabyteASecond(t)
	c.OnPacer(PacerState{Bytes: int64(bytesOf(time.Second))})
	c.OnFrame(Frame{Size: 10, Disposable: true})
	c.OnFrame(Frame{Size: 20})
	c.OnFrame(Frame{Size: 30, Kind: Audio})
	c.OnPacer(PacerState{Bytes: int64(bytesOf(2 * time.Second))})
	c.OnFrame(Frame{Size: 40})
	require.Equal(t, Stats{FramesOffered: 3, FramesDropped: 2, DroppedDisposable: 1, DroppedUntilKey: 1, BytesDropped: 50}, c.Stats())
}

func TestStageKnobsAreBounded(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(c *Config)
		ok     bool
	}{
		"mode unknown":     {func(c *Config) { c.Ceiling.Mode = "wild" }, false},
		"factor one":       {func(c *Config) { c.Ceiling.Factor = 1 }, true},
		"factor below":     {func(c *Config) { c.Ceiling.Factor = 0.99 }, false},
		"factor above":     {func(c *Config) { c.Ceiling.Factor = 10.1 }, false},
		"margin no number": {func(c *Config) { c.Ceiling.Margin = nan() }, false},
		"step zero":        {func(c *Config) { c.Ceiling.Step = 0 }, false},
		"loss above":       {func(c *Config) { c.Ceiling.Loss = 0.51 }, false},
		"calm short":       {func(c *Config) { c.Ceiling.Calm = time.Millisecond }, false},
		"queue long":       {func(c *Config) { c.Ceiling.QueueDelay = time.Second + 1 }, false},
		"ceiling negative": {func(c *Config) { c.Ceiling.MaxBitrate = -1 }, false},
		"clarity below":    {func(c *Config) { c.Smoothing.Clarity = -0.1 }, false},
		"clarity above":    {func(c *Config) { c.Smoothing.Clarity = 1.1 }, false},
		"clarity one":      {func(c *Config) { c.Smoothing.Clarity = 1 }, true},
		"no buffer":        {func(c *Config) { c.Smoothing.Buffer = 0 }, true},
		"buffer long":      {func(c *Config) { c.Smoothing.Buffer = 5*time.Second + 1 }, false},
		"horizon short":    {func(c *Config) { c.Smoothing.Horizon = 0 }, false},
		"settle short":     {func(c *Config) { c.Smoothing.Settle = 49 * time.Millisecond }, false},
		"settle least":     {func(c *Config) { c.Smoothing.Settle = 50 * time.Millisecond }, true},
		"settle long":      {func(c *Config) { c.Smoothing.Settle = 10*time.Second + 1 }, false},
		"settle at once":   {func(c *Config) { c.Smoothing.SettleAfter = 0 }, true},
		"settle late":      {func(c *Config) { c.Smoothing.SettleAfter = 10*time.Minute + 1 }, false},
		"rise zero":        {func(c *Config) { c.Smoothing.Rise = 0 }, false},
		"return long":      {func(c *Config) { c.Smoothing.Return = time.Hour }, false},
		"fall long":        {func(c *Config) { c.Smoothing.Fall = time.Hour }, false},
		"level short":      {func(c *Config) { c.Smoothing.Level = time.Millisecond }, false},
		"band narrow":      {func(c *Config) { c.Smoothing.Band = 0 }, false},

		"emergency short":    {func(c *Config) { c.Smoothing.EmergencyQueue = 0 }, false},
		"swing":              {func(c *Config) { c.Smoothing.Swing.MinDepth = 0 }, false},
		"swing confidence":   {func(c *Config) { c.Smoothing.SwingConfidence = 2 }, false},
		"cap negative":       {func(c *Config) { c.Sharing.Cap = -1 }, false},
		"reserve too much":   {func(c *Config) { c.Sharing.Reserve = mostBitrate + 1 }, false},
		"correction above":   {func(c *Config) { c.Encoder.MaxCorrection = 0.91 }, false},
		"change above":       {func(c *Config) { c.Encoder.MinChange = 0.6 }, false},
		"change negative":    {func(c *Config) { c.Encoder.MinChangeBitrate = -1 }, false},
		"interval long":      {func(c *Config) { c.Encoder.MinInterval = time.Minute }, false},
		"stall short":        {func(c *Config) { c.StallAfter = 49 * time.Millisecond }, false},
		"stall just allowed": {func(c *Config) { c.StallAfter = 50 * time.Millisecond }, true},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Default()
			tc.change(&cfg)
			if err := cfg.Validate(); tc.ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, ErrConfig)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for l := LimitPath; l <= LimitSmoothing; l++ {
		require.NotEqual(t, unknown, l.String())
	}
	for s := CeilingClosed; s <= CeilingRaised; s++ {
		require.NotEqual(t, unknown, s.String())
	}
	for s := SmoothingFollowing; s <= SmoothingSwing; s++ {
		require.NotEqual(t, unknown, s.String())
	}
	require.Equal(t, []string{unknown, unknown, unknown}, []string{Limit(99).String(), CeilingState(99).String(), SmoothingState(99).String()})
}

func TestLadderDecisionsDoNotAllocate(t *testing.T) {
	cfg := Default()
	cfg.Tiers = DefaultTiers()
	c := newController(t, cfg, bwe.Mbps)
	u := bwe.Update{Estimate: bwe.Mbps}
	require.Zero(t, testing.AllocsPerRun(5000, func() {
		u.At = u.At.Add(25 * time.Millisecond)
		u.Estimate = bwe.Mbps + bwe.Bitrate(u.At>>22)%(4*bwe.Mbps)
		c.OnEstimate(&u)
		c.OnFrame(Frame{At: u.At, Size: 4000})
		c.OnSent(&bwe.SentPacket{At: u.At})
	}))
}

func BenchmarkDecision(b *testing.B) {
	cfg := Default()
	cfg.Tiers = DefaultTiers()
	c := newController(b, cfg, bwe.Mbps)
	u := bwe.Update{Estimate: bwe.Mbps}
	b.ReportAllocs()
	for b.Loop() {
		u.At = u.At.Add(25 * time.Millisecond)
		u.Estimate = bwe.Mbps + bwe.Bitrate(u.At>>22)%(4*bwe.Mbps)
		c.OnEstimate(&u)
	}
}
