// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
)

func TestBudgetShares(t *testing.T) {
	for name, tc := range map[string]struct {
		total   bwe.Bitrate
		weights []float64
		needs   []bwe.Bitrate
		want    []bwe.Bitrate
	}{
		"alike":            {3000, []float64{1, 1, 1}, []bwe.Bitrate{5000, 5000, 5000}, []bwe.Bitrate{1000, 1000, 1000}},
		"by weight":        {3000, []float64{2, 1}, []bwe.Bitrate{5000, 5000}, []bwe.Bitrate{2000, 1000}},
		"one needs little": {3000, []float64{1, 1}, []bwe.Bitrate{500, 5000}, []bwe.Bitrate{500, 2500}},
		"enough for all":   {3000, []float64{1, 1}, []bwe.Bitrate{500, 500}, []bwe.Bitrate{1500, 1500}},
		"alone":            {3000, []float64{7}, []bwe.Bitrate{100}, []bwe.Bitrate{3000}},
		"no limit":         {0, []float64{1, 2}, []bwe.Bitrate{100, 200}, []bwe.Bitrate{0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := NewBudget(tc.total)
			require.NoError(t, err)
			var members []*BudgetMember
			for i, w := range tc.weights {
				m, err := b.Join(w)
				require.NoError(t, err)
				b.Need(m, tc.needs[i])
				members = append(members, m)
			}
			for i, m := range members {
				require.Equal(t, tc.want[i], b.Share(m))
			}
		})
	}
}

func TestBudgetRefusesWhatIsOutOfRange(t *testing.T) {
	_, err := NewBudget(-1)
	require.ErrorIs(t, err, ErrBudget)
	_, err = NewBudget(mostBitrate + 1)
	require.ErrorIs(t, err, ErrBudget)
	b, err := NewBudget(mostBitrate)
	require.NoError(t, err)
	for _, w := range []float64{0, -1, LeastWeight / 2, MostWeight + 1, math.NaN(), math.Inf(1)} {
		_, err := b.Join(w)
		require.ErrorIs(t, err, ErrBudget)
	}
	require.Zero(t, b.Members())
	for _, w := range []float64{LeastWeight, MostWeight} {
		_, err := b.Join(w)
		require.NoError(t, err)
	}
}

func TestBudgetAfterLeaving(t *testing.T) {
	b, err := NewBudget(1000)
	require.NoError(t, err)
	x, err := b.Join(1)
	require.NoError(t, err)
	y, err := b.Join(1)
	require.NoError(t, err)
	b.Need(x, 1000)
	b.Need(y, 1000)
	require.Equal(t, bwe.Bitrate(500), b.Share(x))
	b.Leave(y)
	b.Leave(y)
	b.Need(y, 1000)
	require.Equal(t, bwe.Bitrate(1000), b.Share(x))
	require.Zero(t, b.Share(y))
	require.Equal(t, 1, b.Members())
}

// TestBudgetIsMaxMinFair holds the shares to what the name promises: never more than
// there is, nothing wasted, and nobody with less than its even part for another's sake.
func TestBudgetIsMaxMinFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := bwe.Bitrate(rapid.Int64Range(1000, int64(mostBitrate)).Draw(t, "total"))
		b, err := NewBudget(total)
		require.NoError(t, err)
		var members []*BudgetMember
		weights := 0.0
		for range rapid.IntRange(1, 8).Draw(t, "members") {
			m, err := b.Join(rapid.Float64Range(LeastWeight, MostWeight).Draw(t, "weight"))
			require.NoError(t, err)
			b.Need(m, bwe.Bitrate(rapid.Int64Range(0, int64(mostBitrate)).Draw(t, "need")))
			members = append(members, m)
			weights += m.weight
		}
		sum := bwe.Bitrate(0)
		slack := bwe.Bitrate(len(members) + 1 + int(total/1e9))
		for _, m := range members {
			sum += b.Share(m)
			even := bwe.Bitrate(float64(total) * (m.weight / weights))
			require.GreaterOrEqual(t, b.Share(m)+slack, min(m.need, even))
		}
		require.LessOrEqual(t, sum, total+slack)
		require.GreaterOrEqual(t, sum+slack*2, total)
	})
}

func TestBudgetDoesNotAllocate(t *testing.T) {
	b, err := NewBudget(bwe.Mbps)
	require.NoError(t, err)
	m, err := b.Join(1)
	require.NoError(t, err)
	_, err = b.Join(2)
	require.NoError(t, err)
	need := bwe.Bitrate(0)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		need += 1000
		b.Need(m, need)
	}))
}
