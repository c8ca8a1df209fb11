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

// dropping returns a configuration that drops early.
func dropping() Config {
	cfg := following()
	cfg.DropDisposableAfter, cfg.DropUntilKeyAfter, cfg.MaxBacklog = 500*time.Millisecond, 1500*time.Millisecond, 3*time.Second

	return cfg
}

// oneMegabyteASecond has a target of exactly 8 Mbps, so that 1000 bytes of backlog are
// a millisecond.
func oneMegabyteASecond(t require.TestingT) *Controller {
	cfg := dropping()
	cfg.Overhead = 0

	return newController(t, cfg, 8*bwe.Mbps)
}

func bytesOf(d time.Duration) int { return int(d / time.Microsecond) }

func TestDropLimits(t *testing.T) {
	cfg := dropping()
	first, second := cfg.DropDisposableAfter, cfg.DropUntilKeyAfter
	reference := Frame{Size: 1000}
	disposable := Frame{Size: 1000, Disposable: true}
	key := Frame{Size: 1000, Key: true}
	keyAndDisposable := Frame{Size: 1000, Key: true, Disposable: true}
	audio := Frame{Kind: Audio, Size: 200}
	const step = time.Microsecond
	for name, tc := range map[string]struct {
		backlog time.Duration
		frame   Frame
		want    DropReason
	}{
		"disposable at its limit":            {first, disposable, KeepFrame},
		"disposable above its limit":         {first + step, disposable, DropDisposable},
		"reference above the first limit":    {first + step, reference, KeepFrame},
		"reference at the second limit":      {second, reference, KeepFrame},
		"reference above the second":         {second + step, reference, DropUntilKey},
		"disposable above the second":        {second + step, disposable, DropDisposable},
		"key frame at the second limit":      {second, key, KeepFrame},
		"key frame above the second":         {second + step, key, DropUntilKey},
		"key frame that nothing refers to":   {first + step, keyAndDisposable, KeepFrame},
		"audio whatever the backlog":         {20 * time.Second, audio, KeepFrame},
		"everything while there is no queue": {0, disposable, KeepFrame},
	} {
		t.Run(name, func(t *testing.T) {
			c := oneMegabyteASecond(t)
			c.OnPacer(PacerState{Bytes: int64(bytesOf(tc.backlog))})
			v := c.OnFrame(tc.frame)
			require.Equal(t, tc.want, v.Drop)
			require.Equal(t, tc.backlog, v.Backlog)
			require.Equal(t, tc.frame.Kind, v.Kind)
		})
	}
}

func TestGapLastsUntilTheNextKeyFrame(t *testing.T) {
	c := oneMegabyteASecond(t)
	c.OnPacer(PacerState{Bytes: int64(bytesOf(1600 * time.Millisecond))})
	require.Equal(t, DropUntilKey, c.OnFrame(Frame{Size: 1000}).Drop)

	// The backlog is long gone, but what follows cannot be decoded.
	later := at(5 * time.Second)
	require.Equal(t, DropUntilKey, c.OnFrame(Frame{At: later, Size: 1000}).Drop)
	require.Equal(t, DropUntilKey, c.OnFrame(Frame{At: later, Size: 1000, Disposable: true}).Drop)
	require.Equal(t, KeepFrame, c.OnFrame(Frame{At: later, Kind: Audio, Size: 1000}).Drop)
	require.True(t, c.OnTimer(later).KeyFrame, "an encoder is asked to end the gap")

	require.Equal(t, KeepFrame, c.OnFrame(Frame{At: later, Size: 1000, Key: true}).Drop)
	require.Equal(t, KeepFrame, c.OnFrame(Frame{At: later, Size: 1000}).Drop)
	require.False(t, c.OnTimer(later).KeyFrame)
}

func TestKeyFrameIsAskedForAtOnce(t *testing.T) {
	c := oneMegabyteASecond(t)
	full := PacerState{Bytes: int64(bytesOf(1600 * time.Millisecond))}
	c.OnPacer(full)
	require.Equal(t, DropUntilKey, c.OnFrame(Frame{Size: 1000}).Drop)
	require.True(t, c.OnTimer(0).KeyFrame)
	require.Equal(t, KeepFrame, c.OnFrame(Frame{Size: 1000, Key: true}).Drop, "it ends the gap under the backlog")
	require.False(t, c.OnTimer(0).KeyFrame)

	// The next one waits until there is room, lest every frame becomes a key frame.
	full.At = at(50 * time.Millisecond)
	full.Bytes = int64(bytesOf(1700 * time.Millisecond))
	c.OnPacer(full)
	require.Equal(t, DropUntilKey, c.OnFrame(Frame{At: full.At, Size: 1000}).Drop)
	require.False(t, c.OnTimer(full.At).KeyFrame)
	require.Equal(t, DropUntilKey, c.OnFrame(Frame{At: full.At, Size: 1000, Key: true}).Drop)
	require.True(t, c.OnTimer(at(time.Second)).KeyFrame)
}

// TestMediaTimeIsWhatWaits: what waits is as old as its oldest frame, however low the
// rate of the moment is.
func TestMediaTimeIsWhatWaits(t *testing.T) {
	c := oneMegabyteASecond(t)
	for i := range 30 {
		c.OnFrame(Frame{At: at(time.Duration(i) * 100 * time.Millisecond), Size: 10_000})
	}
	now := at(3 * time.Second)
	c.OnPacer(PacerState{At: now, Bytes: 100_000})
	c.OnEstimate(&bwe.Update{At: now, Estimate: 50 * bwe.Kbps})
	require.InDelta(t, 1, c.OnFrame(Frame{At: now, Kind: Audio}).Backlog.Seconds(), 0.15)
}

func TestKeyFrameRaisesTheLimitsByItsOwnTime(t *testing.T) {
	limit := dropping().DropDisposableAfter
	disposable := Frame{Size: 1000, Disposable: true}

	c := oneMegabyteASecond(t)
	require.Equal(t, KeepFrame, c.OnFrame(Frame{Size: bytesOf(700 * time.Millisecond), Key: true}).Drop)
	c.OnFrame(Frame{Kind: Audio, Size: bytesOf(limit)})
	require.Equal(t, KeepFrame, c.OnFrame(disposable).Drop)
	require.Equal(t, DropDisposable, c.OnFrame(disposable).Drop)

	// Up to the allowance only.
	c = oneMegabyteASecond(t)
	require.Equal(t, KeepFrame, c.OnFrame(Frame{Size: bytesOf(4 * time.Second), Key: true}).Drop)
	require.Equal(t, DropDisposable, c.OnFrame(disposable).Drop)
	require.Equal(t, DropUntilKey, c.OnFrame(Frame{Size: 1000}).Drop)
}

// stream offers frames of a constant frame rate for d and returns what was admitted
// and what was dropped. Every third frame is a reference, the others are not,
// unless the stream has no B-frames.
type stream struct {
	bitrate bwe.Bitrate
	group   int
	keySize float64 // times the average frame
	bFrames bool
}

func (s stream) offer(c *Controller, target bwe.Bitrate, d time.Duration) (admitted int64, drops map[DropReason]int, audioDrops int) {
	const frame = time.Second / 30
	drops = make(map[DropReason]int)
	perFrame := float64(s.bitrate.Bytes(frame))
	others := (float64(s.group) - s.keySize) / float64(s.group-1)
	u := bwe.Update{Estimate: target}
	for i := 0; time.Duration(i)*frame < d; i++ {
		f := Frame{At: at(time.Duration(i) * frame), Key: i%s.group == 0, Size: int(perFrame * others)}
		if f.Key {
			f.Size = int(perFrame * s.keySize)
		} else {
			f.Disposable = s.bFrames && i%3 != 0
		}
		u.At = f.At
		c.OnEstimate(&u)
		if v := c.OnFrame(f); v.Drop == KeepFrame {
			admitted += int64(f.Size)
		} else {
			drops[v.Drop]++
		}
		audio := Frame{At: f.At, Kind: Audio, Size: 200}
		if c.OnFrame(audio).Drop == KeepFrame {
			admitted += int64(audio.Size)
		} else {
			audioDrops++
		}
	}

	return admitted, drops, audioDrops
}

const audioRate = 200 * 8 * 30 * bwe.Bps

func TestNoDropsBelowTheTarget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := bwe.Bitrate(rapid.Int64Range(200_000, 20_000_000).Draw(t, "target"))
		s := stream{
			bitrate: bwe.Bitrate(float64(target-audioRate) * rapid.Float64Range(0.2, 0.99).Draw(t, "share")),
			group:   rapid.IntRange(10, 150).Draw(t, "group"),
			bFrames: rapid.Bool().Draw(t, "b-frames"),
		}
		// A key frame takes a second at most, the allowance.
		s.keySize = rapid.Float64Range(1, min(0.5*float64(s.group), 30)).Draw(t, "key size")
		cfg := Default()
		cfg.Overhead = 0
		_, drops, audioDrops := s.offer(newController(t, cfg, target), target, 20*time.Second)
		require.Empty(t, drops)
		require.Zero(t, audioDrops)
	})
}

func TestStreamAboveTheTargetComesDownToIt(t *testing.T) {
	const target = 2 * bwe.Mbps
	cfg := dropping()
	cfg.Overhead = 0
	for name, tc := range map[string]struct {
		stream
		least float64
		only  DropReason
	}{
		// Two of three frames are disposable, a third of the bitrate at least remains.
		"twice, with B-frames":     {stream{2 * target, 60, 6, true}, 0.97, DropDisposable},
		"twice, without B-frames":  {stream{2 * target, 60, 6, false}, 0.85, DropUntilKey},
		"tenfold, with B-frames":   {stream{10 * target, 60, 6, true}, 0.5, ""},
		"a little, with B-frames":  {stream{target * 11 / 10, 60, 6, true}, 0.97, DropDisposable},
		"a little, groups of 10 s": {stream{target * 11 / 10, 300, 6, true}, 0.97, DropDisposable},
	} {
		t.Run(name, func(t *testing.T) {
			const d = 60 * time.Second
			admitted, drops, audioDrops := tc.offer(newController(t, cfg, target), target, d)
			share := float64(bwe.RateOf(admitted, d)) / float64(target)
			require.GreaterOrEqual(t, share, tc.least)
			require.LessOrEqual(t, share, 1.05)
			require.Zero(t, audioDrops)
			require.NotEmpty(t, drops)
			if tc.only != "" {
				require.Len(t, drops, 1)
				require.NotZero(t, drops[tc.only])
			}
		})
	}
}

// TestFramesAreNotDroppedForADisprovenEstimate has the estimate at half of what the path
// acknowledges.
func TestFramesAreNotDroppedForADisprovenEstimate(t *testing.T) {
	limit := Default().ProvenQueueDelay
	for name, tc := range map[string]struct {
		update bwe.Update
		change func(*Config)
		drops  bool
	}{
		"no queue":              {bwe.Update{Acked: 2 * bwe.Mbps}, nil, false},
		"queue at the limit":    {bwe.Update{Acked: 2 * bwe.Mbps, QueueDelay: limit}, nil, false},
		"queue above the limit": {bwe.Update{Acked: 2 * bwe.Mbps, QueueDelay: limit + 1}, nil, true},
		"underuse":              {bwe.Update{Acked: 2 * bwe.Mbps, State: bwe.StateUnderuse}, nil, false},
		"overuse":               {bwe.Update{Acked: 2 * bwe.Mbps, State: bwe.StateOveruse}, nil, true},
		"congestion loss":       {bwe.Update{Acked: 2 * bwe.Mbps, State: bwe.StateLossLimited}, nil, true},
		"blind":                 {bwe.Update{Acked: 2 * bwe.Mbps, State: bwe.StateBlind}, nil, true},
		"nothing acknowledged":  {bwe.Update{}, nil, true},
		"less acknowledged":     {bwe.Update{Acked: bwe.Mbps}, nil, true},
		"ceiling":               {bwe.Update{Acked: 2 * bwe.Mbps}, func(c *Config) { c.MaxBitrate = bwe.Mbps }, true},
		"turned off":            {bwe.Update{Acked: 2 * bwe.Mbps}, func(c *Config) { c.ProvenQueueDelay = 0 }, true},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := following()
			cfg.Overhead = 0
			if tc.change != nil {
				tc.change(&cfg)
			}
			c := newController(t, cfg, bwe.Mbps)
			u := tc.update
			u.Estimate = bwe.Mbps
			dropped := 0
			for i := range 300 {
				u.At = at(time.Duration(i) * 33 * time.Millisecond)
				require.Equal(t, bwe.Mbps, c.OnEstimate(&u).Target, "encoders keep to the estimate")
				size := int((2 * bwe.Mbps).Bytes(33 * time.Millisecond))
				if c.OnFrame(Frame{At: u.At, Size: size, Disposable: i%3 > 0, Key: i%30 == 0}).Drop != KeepFrame {
					dropped++
				}
			}
			require.Equal(t, tc.drops, dropped > 0, "%d of 300", dropped)
		})
	}
}

func TestAudioAloneAboveTheTargetLeavesNoVideo(t *testing.T) {
	s := stream{bitrate: 500 * bwe.Kbps, group: 30, keySize: 3, bFrames: true}
	cfg := dropping()
	_, drops, audioDrops := s.offer(newController(t, cfg, audioRate/2), audioRate/2, 60*time.Second)
	require.Zero(t, audioDrops)
	require.Greater(t, drops[DropUntilKey], 1600, "nearly all of the 1800 frames")
}

func TestCollapseOfTheTargetIsSurvived(t *testing.T) {
	c := oneMegabyteASecond(t)
	c.OnFrame(Frame{Size: bytesOf(time.Second), Key: true})

	// 1 MB at 80 kbps would be 100 s.
	d := c.OnEstimate(&bwe.Update{Estimate: 80 * bwe.Kbps})
	require.Equal(t, 80*bwe.Kbps, d.Target)
	c.OnTimer(0)
	require.Equal(t, dropping().MaxBacklog, c.OnFrame(Frame{Kind: Audio}).Backlog)
}

func TestSmallFallsForgiveNothing(t *testing.T) {
	c := oneMegabyteASecond(t)
	c.OnFrame(Frame{Size: bytesOf(2 * time.Second), Key: true})
	for range 100 {
		c.OnEstimate(&bwe.Update{Estimate: 7 * bwe.Mbps})
		c.OnEstimate(&bwe.Update{Estimate: 8 * bwe.Mbps})
	}
	require.Equal(t, 2*time.Second, c.OnFrame(Frame{Kind: Audio}).Backlog)
}

func TestBacklogDoesNotDependOnHowOftenTimePasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOfN(rapid.Int64Range(1, int64(3*time.Millisecond)), 1, 400).Draw(t, "steps")
		rate := bwe.Bitrate(rapid.Int64Range(1000, 100_000_000).Draw(t, "rate"))
		often := backlog{rate: rate, bytes: 1_000_000}
		once := often
		var now bwe.Time
		for _, s := range steps {
			now = now.Add(time.Duration(s))
			often.advance(now)
		}
		once.advance(now)
		require.InDelta(t, once.bytes, often.bytes, 1)
	})
}

func TestBacklogStaysBoundedWhateverComes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, err := New(Default(), bwe.Time(rapid.Int64().Draw(t, "start")))
		require.NoError(t, err)
		for range rapid.IntRange(1, 40).Draw(t, "inputs") {
			now := bwe.Time(rapid.Int64().Draw(t, "t"))
			switch rapid.IntRange(0, 3).Draw(t, "input") {
			case 0:
				c.OnEstimate(&bwe.Update{At: now, Estimate: bwe.Bitrate(rapid.Int64().Draw(t, "estimate"))})
			case 1:
				c.OnPacer(PacerState{At: now, Bytes: rapid.Int64().Draw(t, "bytes")})
			case 2:
				c.OnTimer(now)
			default:
				f := Frame{
					At: now, Kind: MediaKind(rapid.Uint8().Draw(t, "kind")), Size: rapid.Int().Draw(t, "size"),
					Key: rapid.Bool().Draw(t, "key"), Disposable: rapid.Bool().Draw(t, "disposable"),
				}
				v := c.OnFrame(f)
				require.GreaterOrEqual(t, v.Backlog, time.Duration(0))
				require.LessOrEqual(t, v.Backlog, maxDebt)
				require.True(t, f.Kind != Audio || v.Drop == KeepFrame)
			}
			require.GreaterOrEqual(t, c.dropper.backlog.bytes, int64(0))
		}
	})
}

func TestClockGoingBackwards(t *testing.T) {
	full := PacerState{At: at(10 * time.Second), Bytes: int64(bytesOf(2 * time.Second))}

	// A late input drains nothing and does not let the same time drain twice.
	c := oneMegabyteASecond(t)
	c.OnPacer(full)
	for range 50 {
		c.OnTimer(at(9900 * time.Millisecond))
		c.OnTimer(at(10 * time.Second))
	}
	require.Equal(t, 2*time.Second, c.OnFrame(Frame{At: at(10 * time.Second), Kind: Audio}).Backlog)

	// A clock that was set back goes on draining from there.
	c = oneMegabyteASecond(t)
	c.OnPacer(full)
	c.OnTimer(at(2 * time.Second))
	require.Equal(t, time.Second, c.OnFrame(Frame{At: at(3 * time.Second), Kind: Audio}).Backlog)

	// Neither end of the range overflows.
	c.OnTimer(math.MinInt64)
	c.OnTimer(math.MaxInt64)
	require.Zero(t, c.OnFrame(Frame{At: math.MaxInt64, Kind: Audio}).Backlog)
}

func TestDecisionsDoNotAllocate(t *testing.T) {
	c := oneMegabyteASecond(t)
	u := bwe.Update{Estimate: bwe.Mbps}
	f := Frame{Size: 5000}
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		u.At = u.At.Add(33 * time.Millisecond)
		f.At = u.At
		c.OnEstimate(&u)
		c.OnPacer(PacerState{At: u.At, Bytes: 100})
		c.OnFrame(f)
	}))
}
