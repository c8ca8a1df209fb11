// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
)

// tick is the interval between the frames of these tests.
const tick = 50 * time.Millisecond

func testPlayer() Player {
	p := Player{}
	p.setDefaults()

	return p
}

// clip is so many frames, the first a key frame, each there a trip after it was taken.
func clip(n int, trip time.Duration) []frame {
	out := make([]frame, n)
	for i := range out {
		taken := at(time.Duration(i) * tick)
		out[i] = frame{at: taken, fate: frameArrived, key: i == 0, settled: taken.Add(trip)}
	}

	return out
}

func TestAPlayerOnACalmPath(t *testing.T) {
	cfg := testPlayer()
	p := watch(&cfg, clip(400, 100*time.Millisecond), 0, at(20*time.Second))
	require.Equal(t, 2100*time.Millisecond, p.startup)
	require.Equal(t, 17900*time.Millisecond, p.played)
	require.Empty(t, p.stalls)
	require.Empty(t, p.freezes)
	require.Len(t, p.shown, 358)
	require.Equal(t, 42, p.unplayed)
	mean, longest := p.latency()
	require.Equal(t, 2100*time.Millisecond, longest)
	require.InDelta(t, 2.1, mean.Seconds(), 1e-6)
	buffer, still := p.series(200)
	require.Equal(t, 1900*time.Millisecond, buffer[19])
	require.InDelta(t, 2, buffer[150].Seconds(), 0.051)
	require.Zero(t, still[150])
}

func TestAPlayerWaitsOutWhatItsBufferCovers(t *testing.T) {
	cfg := testPlayer()
	for _, c := range []struct {
		late   time.Duration
		stalls int
	}{{2 * time.Second, 0}, {2*time.Second + tick, 1}} {
		frames := clip(400, 0)
		// Nothing arrives for a while, then everything at once.
		for i := 100; i < 100+int(c.late/tick); i++ {
			frames[i].settled = frames[100].at.Add(c.late)
		}
		p := watch(&cfg, frames, 0, at(20*time.Second))
		require.Len(t, p.stalls, c.stalls, c.late)
	}
}

func TestAPlayerCatchesUp(t *testing.T) {
	frames := clip(2000, 0)
	for i := 100; i < 160; i++ {
		frames[i].settled = frames[160].at
	}
	for _, c := range []struct {
		catchUp float64
		want    time.Duration
	}{{0, 3 * time.Second}, {0.05, 2 * time.Second}} {
		cfg := testPlayer()
		cfg.CatchUp = c.catchUp
		p := watch(&cfg, frames, 0, at(100*time.Second))
		require.Equal(t, []span{{from: at(7 * time.Second), to: at(8 * time.Second)}}, p.stalls)
		last := p.shown[len(p.shown)-1]
		require.InDelta(t, c.want.Seconds(), last.at.Sub(last.media).Seconds(), tick.Seconds())
		_, longest := p.latency()
		require.Equal(t, 3*time.Second, longest)
		// Its time was over before the stall ended: what was due in the second before.
		require.Equal(t, 20, p.late)
	}
}

func TestAPlayerResumesWithSomethingInStore(t *testing.T) {
	frames := clip(400, 0)
	// From the 100th on every frame comes 3 s after its time.
	for i := 100; i < 400; i++ {
		frames[i].settled = frames[i].at.Add(3 * time.Second)
	}
	cfg := testPlayer()
	p := watch(&cfg, frames, 0, at(25*time.Second))
	require.Equal(t, []span{{from: at(7 * time.Second), to: at(8500 * time.Millisecond)}}, p.stalls)
	cfg.Resume, cfg.CatchUp = 0, 0
	p = watch(&cfg, frames, 0, at(25*time.Second))
	require.Equal(t, []span{{from: at(7 * time.Second), to: at(8 * time.Second)}}, p.stalls)
}

func TestWhatIsMissingFreezesThePicture(t *testing.T) {
	for name, c := range map[string]struct {
		fate    fate
		missing int
		key     int
		freezes int
		gone    int
	}{
		"too short":            {frameSkipped, 3, 0, 0, 3},
		"just long enough":     {frameSkipped, 4, 0, 1, 4},
		"up to a key frame":    {frameDropped, 4, 140, 1, 40},
		"lost up to the key":   {frameLost, 1, 110, 1, 10},
		"lost, no key follows": {frameLost, 1, 0, 1, 300},
	} {
		t.Run(name, func(t *testing.T) {
			frames := clip(400, 0)
			for i := 100; i < 100+c.missing; i++ {
				frames[i].fate = c.fate
			}
			if c.key > 0 {
				frames[c.key].key = true
			}
			cfg := testPlayer()
			p := watch(&cfg, frames, 0, at(25*time.Second))
			require.Empty(t, p.stalls)
			require.Len(t, p.freezes, c.freezes)
			require.Equal(t, c.gone, p.skipped+p.dropped+p.lost)
			require.Len(t, p.shown, 400-c.gone)
			if c.freezes > 0 && c.gone < 300 {
				require.Equal(t, time.Duration(c.gone)*tick, p.freezes[0].length())
			}
		})
	}
}

func TestAPauseOfTheSourceIsNoStall(t *testing.T) {
	frames := clip(400, 0)
	for i := 200; i < 400; i++ {
		frames[i].at, frames[i].settled = frames[i].at.Add(10*time.Second), frames[i].settled.Add(10*time.Second)
	}
	cfg := testPlayer()
	p := watch(&cfg, frames, 0, at(30*time.Second))
	require.Empty(t, p.stalls)
	require.Empty(t, p.freezes)
}

func TestAPlayerThatNeverBegins(t *testing.T) {
	cfg := testPlayer()
	for name, frames := range map[string][]frame{
		"nothing":         nil,
		"nothing arrived": {{fate: framePending, key: true, settled: bwe.Never}},
		"only dropped":    {{fate: frameDropped, key: true}},
	} {
		p := watch(&cfg, frames, 0, at(10*time.Second))
		require.Equal(t, 10*time.Second, p.startup, name)
		require.Empty(t, p.shown)
		require.Zero(t, p.played)
		require.InDelta(t, 0, p.result().Still, 0)
	}
}

// Whatever becomes of the frames: time and frames add up, and none is shown before it
// and all before it are there, nor before the one ahead of it.
func TestPlaybackAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Player{
			Buffer:  Duration(rapid.Int64Range(int64(millisecond), int64(4*second)).Draw(t, "buffer")),
			CatchUp: rapid.SampledFrom([]float64{-1, 0.05, 0.5}).Draw(t, "catch up"),
		}
		cfg.setDefaults()
		n := rapid.IntRange(0, 300).Draw(t, "frames")
		var frames []frame
		now := bwe.Time(0)
		for range n {
			f := frame{at: now, fate: fate(rapid.SampledFrom([]int{0, 1, 1, 1, 1, 1, 1, 1, 2, 3, 4}).Draw(t, "fate"))}
			f.key = len(frames) == 0 || rapid.IntRange(0, 9).Draw(t, "key") == 0
			f.settled = now
			switch f.fate {
			case framePending:
				f.settled = bwe.Never
				f.fate = rapid.SampledFrom([]fate{framePending, frameArrived}).Draw(t, "pending")
				if f.fate == frameArrived {
					f.settled = now.Add(10 * time.Second)
				}
			case frameArrived, frameLost:
				f.settled = now.Add(time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "trip")))
			}
			frames = append(frames, f)
			now = now.Add(time.Duration(rapid.Int64Range(int64(10*time.Millisecond), int64(time.Second)).Draw(t, "interval")))
		}
		end := at(time.Duration(rapid.Int64Range(0, int64(200*time.Second)).Draw(t, "end")))
		p := watch(&cfg, frames, 0, end)

		stalled, _ := total(p.stalls)
		frozen, _ := total(p.freezes)
		require.Equal(t, end, bwe.Time(p.startup+p.played+stalled))
		require.LessOrEqual(t, frozen, p.played)
		require.Equal(t, n, len(p.shown)+p.skipped+p.dropped+p.lost+p.unplayed)
		require.LessOrEqual(t, p.late, len(p.shown)+p.unplayed)

		ready := map[bwe.Time]bwe.Time{}
		for i := range frames {
			ready[frames[i].at] = p.ready[i]
		}
		last := shown{at: -1, media: -1}
		for _, s := range p.shown {
			require.GreaterOrEqual(t, s.at, ready[s.media])
			require.Greater(t, s.at, last.at)
			require.Greater(t, s.media, last.media)
			require.Less(t, s.at, end)
			last = s
		}
		for _, spans := range [][]span{p.stalls, p.freezes} {
			until := bwe.Time(0)
			for _, s := range spans {
				require.GreaterOrEqual(t, s.from, until)
				require.Greater(t, s.to, s.from)
				require.LessOrEqual(t, s.to, end)
				until = s.to
			}
		}
		bins := binOf(end) + 1
		buffer, still := p.series(bins)
		sum := 0.0
		for i := range bins {
			require.GreaterOrEqual(t, buffer[i], time.Duration(0))
			require.LessOrEqual(t, still[i], 1+1e-9)
			sum += still[i]
		}
		require.InDelta(t, (stalled + frozen).Seconds(), sum*Bin.Seconds(), 1e-6)
	})
}
