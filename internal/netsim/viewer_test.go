// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// TestAViewerSeesWhatThePlayerDid shows a viewer the frames as they become known, and
// compares with what a look back at all of them finds.
func TestAViewerSeesWhatThePlayerDid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := testPlayer()
		cfg.CatchUp = rapid.SampledFrom([]float64{0, 0.05}).Draw(t, "catch up")
		var frames []frame
		taken := bwe.Time(0)
		for i := range rapid.IntRange(1, 300).Draw(t, "frames") {
			if rapid.IntRange(0, 99).Draw(t, "pause") == 0 {
				taken = taken.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "paused")) * time.Millisecond)
			}
			f := frame{at: taken, key: i%60 == 0, fate: frameArrived, settled: taken.Add(100 * time.Millisecond)}
			switch rapid.IntRange(0, 29).Draw(t, "fate") {
			case 0:
				f.settled = taken.Add(time.Duration(rapid.IntRange(0, 6000).Draw(t, "trip")) * time.Millisecond)
			case 1:
				f.fate, f.settled = frameLost, taken.Add(time.Second)
			case 2:
				f.fate, f.settled = frameDropped, taken
			case 3:
				f.fate, f.settled = frameSkipped, taken
			}
			frames = append(frames, f)
			taken = taken.Add(tick)
		}
		end := taken.Add(20 * time.Second)
		want := watch(&cfg, frames, 0, end)

		v := newViewer(&cfg, 0)
		var got playback
		for now := bwe.Time(0); now <= end; now = now.Add(Bin) {
			offered := make([]frame, 0, len(frames))
			for _, f := range frames {
				if f.at > now {
					break
				}
				if f.settled > now {
					f.fate, f.settled = framePending, bwe.Never
				}
				offered = append(offered, f)
			}
			v.watch(now, offered)
			p := &v.playback
			for _, s := range append(append([]span(nil), p.freezes...), p.stalls...) {
				require.LessOrEqual(t, s.to, now)
			}
			got.freezes, got.stalls = append(got.freezes, p.freezes...), append(got.stalls, p.stalls...)
			spans := len(p.freezes) + len(p.stalls)
			require.Len(t, v.ended(), spans)
			require.Empty(t, v.ended())
		}
		require.Equal(t, over(want.stalls, end), got.stalls)
		// Where the last frames are missing, nothing ends the freeze.
		require.Subset(t, want.freezes, got.freezes)
		require.LessOrEqual(t, len(want.freezes)-len(got.freezes), 1, "%v %v", want.freezes, got.freezes)
	})
}

// over returns the spans that ended before the end.
func over(spans []span, end bwe.Time) (out []span) {
	for _, s := range spans {
		if s.to < end {
			out = append(out, s)
		}
	}

	return out
}

func TestObserversHearOfFreezes(t *testing.T) {
	scenarios, err := Select("outage-stall")
	require.NoError(t, err)
	scenario := scenarios[0]
	scenario.Duration = Duration(50 * time.Second)
	choice, err := ParseChoice("gcc")
	require.NoError(t, err)
	var freezes []recording.Freeze
	last := bwe.Time(0)
	result, err := Run(t.Context(), &scenario, Options{Flows: []Choice{choice}, Seed: 1, Observe: func(int) bwe.Observer {
		return func(ev bwe.Event) {
			require.GreaterOrEqual(t, ev.Time(), last)
			last = ev.Time()
			if f, ok := ev.(*recording.Freeze); ok {
				freezes = append(freezes, *f)
			}
		}
	}})
	require.NoError(t, err)
	player := result.Flows[0].Player
	require.NotEmpty(t, freezes)
	require.Len(t, freezes, player.Stalls+player.Freezes)
	told := time.Duration(0)
	for _, f := range freezes {
		told += f.At.Sub(f.Since)
	}
	// They are told at the end of a bin.
	most := time.Duration(len(freezes)) * Bin
	still := time.Duration((player.StallTime + player.FreezeTime) * float64(time.Second))
	require.GreaterOrEqual(t, told, still-time.Microsecond)
	require.LessOrEqual(t, told, still+most)
}
