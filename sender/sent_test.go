// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
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
