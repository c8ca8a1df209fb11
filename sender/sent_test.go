// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/ccfeedback"
)

// The table of sent packets answers as a map of all of them would, over the span
// that it promises.
func TestSentTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := newSentTable()
		const keep = 10 * time.Second
		var now bwe.Time
		sentAt := map[int64]bwe.Time{}
		for range rapid.IntRange(1, 40).Draw(t, "bursts") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
			for range rapid.IntRange(1, 400).Draw(t, "n") {
				seq := table.add(now, 100, keep)
				sentAt[seq] = now
				require.Equal(t, seq, table.unwrap(uint16(seq)))
			}
			seq := table.next - rapid.Int64Range(1, 2000).Draw(t, "back")
			at, sent := sentAt[seq]
			r := table.find(seq)
			switch {
			case !sent:
				require.Nil(t, r)
			case now.Sub(at) <= keep:
				require.NotNil(t, r)
				require.Equal(t, at, r.at)
			}
		}
	})
}

func TestSentTableIsBounded(t *testing.T) {
	table := newSentTable()
	for range 3 * maxSentRecords {
		table.add(0, 1, time.Second)
	}
	require.Len(t, table.ring, maxSentRecords)
	require.NotNil(t, table.find(table.next-maxSentRecords))
	require.Nil(t, table.find(table.next-maxSentRecords-1))
	require.Nil(t, table.find(table.next))
	require.EqualValues(t, 3*maxSentRecords, table.inFlight())
	table.settle(table.next-1, true)
	require.Zero(t, table.inFlight())
}

func TestReceiverClock(t *testing.T) {
	const step = 30 * time.Second
	twcc := func() receiverClock { f := newFeedbackState(); return f.twccNow }
	at := func(d time.Duration) bwe.Time { return bwe.Time(d) }
	t.Run("wraps", func(t *testing.T) {
		c := twcc()
		first, _ := c.unwrap(1<<24-2, at(0), step)
		then, stepped := c.unwrap(3, at(320*time.Millisecond), step)
		require.False(t, stepped)
		require.Equal(t, 5*ccfeedback.ReferenceTick, then.Sub(first))
	})
	t.Run("sign flips in the middle of the range", func(t *testing.T) {
		c := twcc()
		first, _ := c.unwrap(1<<23-1, at(0), step)
		then, _ := c.unwrap(1<<23+1, at(0), step)
		require.Equal(t, 2*ccfeedback.ReferenceTick, then.Sub(first))
	})
	t.Run("out of order", func(t *testing.T) {
		c := twcc()
		first, _ := c.unwrap(100, at(0), step)
		earlier, _ := c.unwrap(98, at(time.Millisecond), step)
		require.Equal(t, -2*ccfeedback.ReferenceTick, earlier.Sub(first))
		later, _ := c.unwrap(101, at(64*time.Millisecond), step)
		require.Equal(t, ccfeedback.ReferenceTick, later.Sub(first))
	})
	t.Run("reset", func(t *testing.T) {
		c := twcc()
		first, _ := c.unwrap(1_000_000, at(0), step)
		then, stepped := c.unwrap(5, at(100*time.Millisecond), step)
		require.True(t, stepped)
		require.Equal(t, 100*time.Millisecond, then.Sub(first))
		after, stepped := c.unwrap(6, at(164*time.Millisecond), step)
		require.False(t, stepped)
		require.Equal(t, ccfeedback.ReferenceTick, after.Sub(then))
	})
	t.Run("stall", func(t *testing.T) {
		c := twcc()
		first, _ := c.unwrap(1000, at(0), step)
		late, stepped := c.unwrap(1001, at(20*time.Second), step)
		require.False(t, stepped)
		require.Equal(t, ccfeedback.ReferenceTick, late.Sub(first))
		caught, stepped := c.unwrap(1313, at(20*time.Second+time.Millisecond), step)
		require.False(t, stepped)
		require.Equal(t, 313*ccfeedback.ReferenceTick, caught.Sub(first))
	})
	t.Run("runs for weeks", func(t *testing.T) {
		c := twcc()
		start, _ := c.unwrap(0, 0, step)
		var now bwe.Time
		for i := uint32(1); i < 3*(1<<24)/1000; i++ {
			now = now.Add(1000 * ccfeedback.ReferenceTick)
			got, stepped := c.unwrap(i*1000&(1<<24-1), now, step*1000)
			require.False(t, stepped)
			require.Equal(t, now-start, got-start)
		}
	})
}
