// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ccfeedback

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

func TestClock(t *testing.T) {
	const step = 30 * time.Second
	twcc := TransportWideClock
	at := func(d time.Duration) bwe.Time { return bwe.Time(d) }
	t.Run("wraps", func(t *testing.T) {
		c := twcc()
		first, _ := c.Unwrap(1<<24-2, at(0), step)
		then, stepped := c.Unwrap(3, at(320*time.Millisecond), step)
		require.False(t, stepped)
		require.Equal(t, 5*ReferenceTick, then.Sub(first))
	})
	t.Run("sign flips in the middle of the range", func(t *testing.T) {
		c := twcc()
		first, _ := c.Unwrap(1<<23-1, at(0), step)
		then, _ := c.Unwrap(1<<23+1, at(0), step)
		require.Equal(t, 2*ReferenceTick, then.Sub(first))
	})
	t.Run("out of order", func(t *testing.T) {
		c := twcc()
		first, _ := c.Unwrap(100, at(0), step)
		earlier, _ := c.Unwrap(98, at(time.Millisecond), step)
		require.Equal(t, -2*ReferenceTick, earlier.Sub(first))
		later, _ := c.Unwrap(101, at(64*time.Millisecond), step)
		require.Equal(t, ReferenceTick, later.Sub(first))
	})
	t.Run("reset", func(t *testing.T) {
		c := twcc()
		first, _ := c.Unwrap(1_000_000, at(0), step)
		then, stepped := c.Unwrap(5, at(100*time.Millisecond), step)
		require.True(t, stepped)
		require.Equal(t, 100*time.Millisecond, then.Sub(first))
		after, stepped := c.Unwrap(6, at(164*time.Millisecond), step)
		require.False(t, stepped)
		require.Equal(t, ReferenceTick, after.Sub(then))
	})
	t.Run("stall", func(t *testing.T) {
		c := twcc()
		first, _ := c.Unwrap(1000, at(0), step)
		late, stepped := c.Unwrap(1001, at(20*time.Second), step)
		require.False(t, stepped)
		require.Equal(t, ReferenceTick, late.Sub(first))
		caught, stepped := c.Unwrap(1313, at(20*time.Second+time.Millisecond), step)
		require.False(t, stepped)
		require.Equal(t, 313*ReferenceTick, caught.Sub(first))
	})
	t.Run("runs for weeks", func(t *testing.T) {
		c := twcc()
		start, _ := c.Unwrap(0, 0, step)
		var now bwe.Time
		for i := uint32(1); i < 3*(1<<24)/1000; i++ {
			now = now.Add(1000 * ReferenceTick)
			got, stepped := c.Unwrap(i*1000&(1<<24-1), now, step*1000)
			require.False(t, stepped)
			require.Equal(t, now-start, got-start)
		}
	})
	t.Run("starts where it is told to", func(t *testing.T) {
		for _, c := range []Clock{TransportWideClock(), RFC8888Clock()} {
			c.Start(1000, at(7*time.Second))
			first, _ := c.Unwrap(1000, at(time.Hour), step)
			require.Equal(t, at(7*time.Second), first)
			c.Start(2000, 0)
			again, _ := c.Unwrap(1000, at(time.Hour), step)
			require.Equal(t, first, again, "it goes already")
		}
	})
}

func TestOutcome(t *testing.T) {
	for _, tc := range []struct {
		before   Outcome
		received bool
		after    Outcome
		news     bool
	}{
		{Open, false, Lost, true},
		{Open, true, Received, true},
		{Lost, false, Lost, false},
		{Lost, true, Received, true},
		{Received, false, Received, false},
		{Received, true, Received, false},
	} {
		o := tc.before
		require.Equal(t, tc.news, o.Settle(tc.received))
		require.Equal(t, tc.after, o)
	}
}

func TestReach(t *testing.T) {
	var r Reach
	skipped := func(count uint8, base, last int64) [2]int64 {
		first, end := r.Skipped(count, base)
		r.Advance(count, last)

		return [2]int64{first, end}
	}
	none := [2]int64{}
	require.Equal(t, none, skipped(254, 10, 19), "nothing is known before the first")
	require.Equal(t, none, skipped(255, 20, 29), "they touch")
	require.Equal(t, [2]int64{30, 33}, skipped(0, 33, 39), "the count wraps")
	require.Equal(t, none, skipped(2, 45, 49), "one went missing")
	require.Equal(t, none, skipped(1, 40, 44), "and came late")
	require.Equal(t, [2]int64{50, 51}, skipped(3, 51, 55), "which counts for nothing")
	require.Equal(t, none, skipped(4, 53, 54), "it repeats")
	require.Equal(t, [2]int64{56, 57}, skipped(5, 57, 60))
}
