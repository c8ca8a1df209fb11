// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package report

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

func TestDecimationKeepsTheExtremes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		signal := timeline.Signal(rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(-1e9, 1e9), rapid.Just(math.NaN()), rapid.Just(math.Inf(1))), 1, 400).Draw(t, "signal"))
		most := rapid.IntRange(1, 500).Draw(t, "most")
		g := newGrid(len(signal), most)
		points := g.reduce(nil, signal)
		require.Len(t, points, g.points)
		require.LessOrEqual(t, g.points, max(2, most))
		require.GreaterOrEqual(t, g.points*g.width, len(signal))
		require.InDelta(t, float64(g.width)/10, g.step(), 1e-9)
		low, high := extremes(signal)
		gotLow, gotHigh := extremes(points)
		require.Equal(t, []float64{low, high}, []float64{gotLow, gotHigh})
		if g.width == 1 {
			require.Len(t, points, len(signal))
		}
		for _, v := range points {
			require.True(t, math.IsNaN(v) || slices.Contains(signal, v))
		}
	})
}

func extremes(values []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if v = finite(v); !math.IsNaN(v) {
			low, high = min(low, v), max(high, v)
		}
	}

	return low, high
}

func TestExtremesStayInTheirOrder(t *testing.T) {
	g := newGrid(8, 4)
	require.Equal(t, 2, g.width)
	require.Equal(t, []float64{9, 1, 2, 8}, g.reduce(nil, timeline.Signal{5, 9, 1, 4, 3, 2, 8, 7}))
}

func TestRounding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(-1e12, 1e12).Draw(t, "v")
		require.InDelta(t, v, float64(rounded(v)), math.Abs(v)*1e-4+1e-37)
	})
	require.True(t, math.IsNaN(float64(rounded(math.NaN()))))
	require.True(t, math.IsNaN(float64(rounded(math.Inf(-1)))))
	require.True(t, math.IsNaN(float64(rounded(1e300))))
	require.InDelta(t, math.MaxFloat32, float64(rounded(math.MaxFloat32)), 1e35)
}

func at(seconds float64) bwe.Time { return bwe.Time(seconds * float64(time.Second)) }

// coarse is a grid whose points stand for a second.
func coarse() grid { return grid{bins: 1000, points: 100, width: 10} }

func TestBandsThatAreCloserThanPoints(t *testing.T) {
	bands := []timeline.Band{
		{From: at(0), To: at(1), State: bwe.StateOveruse},
		{From: at(1), To: at(1.2), State: bwe.StateUnderuse},
		{From: at(1.3), To: at(2), State: bwe.StateOveruse},
		{From: at(3), To: at(4), State: bwe.StateOveruse},
	}
	require.Equal(t, bands, merged(bands, grid{width: 1}))
	require.Equal(t, []timeline.Band{
		{From: at(0), To: at(2), State: bwe.StateOveruse},
		{From: at(1), To: at(1.2), State: bwe.StateUnderuse},
		{From: at(3), To: at(4), State: bwe.StateOveruse},
	}, merged(bands, coarse()))
}

func TestMarksThatAreCloserThanPoints(t *testing.T) {
	all := []timeline.Mark{
		{At: at(1), Kind: timeline.FrameDrop, Count: 2},
		{At: at(1.5), Kind: timeline.FrameDrop, Count: 3},
		{At: at(1.6), To: at(2), Kind: timeline.Freeze, Count: 1},
		{At: at(2), Kind: timeline.FrameDrop},
		{At: at(2.5), To: at(4), Kind: timeline.Freeze, Count: 1},
		{At: at(5), To: at(6), Kind: timeline.Freeze, Count: 1},
	}
	require.Equal(t, map[string][][3]float64{
		"frame_drop": {{1, 1, 2}, {1.5, 1.5, 3}, {2, 2, 1}},
		"freeze":     {{1.6, 2, 1}, {2.5, 4, 1}, {5, 6, 1}},
	}, marks(all, grid{width: 1}))
	require.Equal(t, map[string][][3]float64{
		"frame_drop": {{1, 1, 5}, {2, 2, 1}},
		"freeze":     {{1.6, 4, 2}, {5, 6, 1}},
	}, marks(all, coarse()))
}

func TestProbesThatAreCloserThanPoints(t *testing.T) {
	track := &timeline.Track{Probes: []timeline.Probe{{At: at(1), Asked: 5}, {At: at(1.5)}, {At: at(2), Result: 3, EndedAt: at(2.2)}}}
	require.Len(t, newTrackData(track, true, grid{width: 1}).Probes, 3)
	require.Equal(t, [][4]float64{{1, 0, 5, 0}, {2, 2.2, 0, 3}}, newTrackData(track, true, coarse()).Probes)
}

func TestClock(t *testing.T) {
	for _, test := range []struct {
		seconds float64
		want    string
	}{{0, "0:00.0"}, {9.96, "0:10.0"}, {59.94, "0:59.9"}, {60, "1:00.0"}, {3599.9, "59:59.9"}, {3600, "1:00:00.0"}, {86399.9, "23:59:59.9"}} {
		require.Equal(t, test.want, clock(at(test.seconds)))
	}
}
