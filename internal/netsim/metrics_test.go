// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

func rates(kbps ...int) []bwe.Bitrate {
	out := make([]bwe.Bitrate, len(kbps))
	for i, k := range kbps {
		out[i] = bwe.Bitrate(k) * bwe.Kbps
	}

	return out
}

func TestFalls(t *testing.T) {
	require.Zero(t, falls(nil))
	require.Zero(t, falls(rates(100, 90, 86, 85)), "15 % and no more")
	require.Equal(t, 1, falls(rates(100, 90, 84)))
	require.Equal(t, 1, falls(rates(100, 84, 80, 75)), "the peak starts anew at the fall")
	require.Equal(t, 2, falls(rates(100, 84, 71)))
	require.Equal(t, 2, falls(rates(100, 50, 200, 100)))
	require.Zero(t, falls(rates(10, 20, 30)))
}

func TestVariation(t *testing.T) {
	require.Zero(t, variation(rates(5, 5, 5)))
	require.InDelta(t, 0.5, variation(rates(50, 150)), 1e-9)
	require.Zero(t, variation(rates(0, 0)))
}

func TestCrossings(t *testing.T) {
	swing := func(low, high int64, times int) []int64 {
		var out []int64
		for range times {
			out = append(out, low, low, low, low, high, high, high, high)
		}

		return out
	}
	require.Equal(t, 10, crossings(swing(80, 120, 10)))
	require.Zero(t, crossings(swing(90, 110, 10)), "within the watermarks")
	require.Zero(t, crossings(swing(100, 100, 10)))
}

func TestConvergence(t *testing.T) {
	s := selected(t, "drop-half")
	s.Duration = 60 * second
	// One rate that fits only the first half: after the drop the queue stays full.
	r := play(t, s, 1, "fixed:3.8Mbps")
	require.Len(t, r.Convergence, 1)
	require.InDelta(t, 30, r.Convergence[0].At, 0)
	require.Equal(t, 4*bwe.Mbps, r.Convergence[0].From)
	require.Equal(t, 2*bwe.Mbps, r.Convergence[0].To)
	require.InDelta(t, -1, r.Convergence[0].Time, 0)
	// One that fits the second half is there at once.
	r = play(t, s, 1, "fixed:1.95Mbps")
	require.InDelta(t, 1, r.Convergence[0].Time, 0.2)
	// One that never uses it.
	r = play(t, s, 1, "fixed:1Mbps")
	require.InDelta(t, -1, r.Convergence[0].Time, 0)
}

func TestFairness(t *testing.T) {
	s := selected(t, "selffair-2")
	r := play(t, s, 1, "fixed:2Mbps", "fixed:500kbps")
	// Jain of 4:1 is 25/34.
	require.InDelta(t, 25.0/34, r.Jain, 0.01)
	require.Zero(t, r.Fairness["5s"])
	r = play(t, s, 1, "fixed:1.2Mbps", "fixed:500kbps")
	require.InDelta(t, 1, r.Fairness["5s"], 0)
	// Shares as the weights say are fair.
	s.Flows[0].Weight = 4
	r = play(t, s, 1, "fixed:2Mbps", "fixed:500kbps")
	require.InDelta(t, 1, r.Jain, 0.001)
	require.InDelta(t, 1, r.Fairness["5s"], 0)
}

func TestAvailableIsWhatSourcesCanUse(t *testing.T) {
	s := selected(t, "rfc8867-5.4")
	r := play(t, s, 1, "oracle")
	source := (rfcHigh + rfcAudio).Bitrate()
	require.Equal(t, source, r.Series.Available[100])
	require.Equal(t, 2*source, r.Series.Available[300])
	require.Equal(t, 3500*bwe.Kbps, r.Series.Available[500])
	require.Equal(t, 3500*bwe.Kbps, r.Series.Capacity[100])
	cbr := play(t, selected(t, "rfc8867-5.1-cbr"), 1, "oracle")
	require.Equal(t, 4*bwe.Mbps, cbr.Series.Capacity[700])
	require.Equal(t, 600*bwe.Kbps, cbr.Series.Available[700])
}

func TestQueueSeries(t *testing.T) {
	r := play(t, selected(t, "steady-2m"), 1, "fixed:2.5Mbps")
	require.InDelta(t, 290, milliseconds(r.Series.Queue[500]), 15, "a full queue of 300 ms, of which a packet is in service")
	require.GreaterOrEqual(t, r.Series.QueueMax[500], r.Series.Queue[500])
	require.InDelta(t, 290, r.Queue50, 10)
	require.InDelta(t, 1, r.Utilisation, 0.001)
	require.InDelta(t, 0.2, r.Loss, 0.02)
}
