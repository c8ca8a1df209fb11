// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package histogram

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestQuantilesAreThoseOfTheSortedDurations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const step, steps = 100 * time.Microsecond, 100_000
		h, other := New(step, steps), New(step, steps)
		if rapid.Bool().Draw(t, "reserved") {
			h.Reserve()
		}
		values := rapid.SliceOfN(rapid.Int64Range(-1, 12_000), 1, 300).Draw(t, "values in ms")
		var all []time.Duration
		for i, v := range values {
			part := &h
			if i%3 == 0 {
				part = &other
			}
			part.Add(time.Duration(v) * time.Millisecond)
			all = append(all, time.Duration(max(0, v))*time.Millisecond)
		}
		h.Merge(&other)
		slices.Sort(all)
		most := all[len(all)-1]
		require.Equal(t, int64(len(values)), h.Total())
		require.Equal(t, most, h.Most())
		for _, q := range []float64{0, 0.5, 0.95, 1} {
			want := all[int(q*float64(len(all)-1))]
			if want >= steps*step {
				want = most
			}
			require.Equal(t, want, h.Quantile(q))
		}
	})
}

func TestBoundsOfSteps(t *testing.T) {
	h := New(time.Microsecond, 100)
	require.Zero(t, h.Quantile(0.5))
	require.Zero(t, h.Most())
	for _, tc := range []struct{ add, want time.Duration }{
		{-time.Second, 0},
		{999, 0},
		{time.Microsecond, time.Microsecond},
		{1999, time.Microsecond},
		{100*time.Microsecond - 1, 99 * time.Microsecond},
		{100 * time.Microsecond, 100 * time.Microsecond},
		{time.Hour, time.Hour},
	} {
		h.Add(tc.add)
		require.Equal(t, tc.want, h.Quantile(1))
	}
	require.Equal(t, int64(7), h.Total())
	require.Equal(t, time.Microsecond, h.Quantile(0.5))
}

func TestReservedHistogramsDoNotAllocate(t *testing.T) {
	h := New(time.Microsecond, 50_000)
	h.Reserve()
	d := time.Duration(0)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		h.Add(d)
		d += 77 * time.Microsecond
	}))
}
