// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestHistoryRemembersAWindowOfPackets(t *testing.T) {
	var h history
	add := func(seq int64) bool { return h.add(&SentPacket{At: Time(seq), Seq: seq, Size: 100}) }
	require.Nil(t, h.get(0))
	require.True(t, add(10))
	require.False(t, add(10), "a number that does not grow")
	require.False(t, add(9))
	require.False(t, h.add(&SentPacket{Seq: 11, Size: -1}))
	require.Nil(t, h.get(9))
	require.Nil(t, h.get(11))
	require.Equal(t, Time(10), h.get(10).sentAt)
	require.True(t, add(12), "numbers may be left out")
	require.Nil(t, h.get(11))
	require.EqualValues(t, 200, h.inFlight)
	for seq := int64(13); seq < 10+historySize; seq++ {
		require.True(t, add(seq))
	}
	require.NotNil(t, h.get(10), "the last slot is free")
	require.True(t, add(10+historySize))
	require.Nil(t, h.get(10), "one more and the oldest is forgotten")
	require.EqualValues(t, 100, h.writtenOff, "and no longer in flight")
	require.True(t, add(1<<40), "a jump forgets all")
	require.EqualValues(t, 100, h.inFlight)
	require.Nil(t, h.get(12))
}

func TestHistoryWritesOffWhatNoFeedbackNames(t *testing.T) {
	var h history
	for seq := range int64(10) {
		h.add(&SentPacket{At: Time(seq), Seq: seq, Size: 100})
	}
	h.settle(h.get(0), packetReceived)
	require.False(t, h.writeOffBefore(1), "nothing is left out")
	require.True(t, h.writeOffBefore(3))
	require.EqualValues(t, 200, h.writtenOff)
	require.EqualValues(t, 700, h.inFlight)
	h.settle(h.get(1), packetReceived)
	require.EqualValues(t, 100, h.writtenOff, "named after all")
	h.writeOff(5)
	require.EqualValues(t, 300, h.writtenOff)
	require.EqualValues(t, 500, h.inFlight)
	require.EqualValues(t, 200, h.between(3, 6))
	require.EqualValues(t, -1, h.between(3, 10), "not sent yet")
	require.Zero(t, h.between(3, 4))
}

func TestHistoryCountsBytesInFlight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h history
		seq, now := int64(0), Time(0)
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0, 1:
				seq += rapid.Int64Range(1, 3).Draw(t, "gap")
				now = now.Add(time.Millisecond)
				h.add(&SentPacket{At: now, Seq: seq, Size: rapid.IntRange(0, 1500).Draw(t, "size")})
			case 2:
				if p := h.get(seq - rapid.Int64Range(0, 50).Draw(t, "back")); p != nil {
					h.settle(p, []packetState{packetLost, packetReceived}[rapid.IntRange(0, 1).Draw(t, "state")])
				}
			case 3:
				h.writeOff(now.Add(-time.Duration(rapid.IntRange(0, 50).Draw(t, "age")) * time.Millisecond))
			case 4:
				h.writeOffBefore(seq - rapid.Int64Range(0, 20).Draw(t, "before"))
			}
			var flying, gone int64
			for s := h.first; s < h.next; s++ {
				if p := h.get(s); p != nil && p.state == packetInFlight {
					flying += int64(p.size)
				} else if p != nil && p.state == packetWrittenOff {
					gone += int64(p.size)
				}
			}
			require.Equal(t, flying, h.inFlight)
			require.Equal(t, gone, h.writtenOff)
		}
	})
}

func TestWindowMin(t *testing.T) {
	w := newWindowMin(8 * time.Second)
	require.Zero(t, w.value())
	at := func(s float64) Time { return Time(s * 1e9) }
	w.add(5, at(0))
	w.add(9, at(1.5))
	require.EqualValues(t, 5, w.value())
	require.False(t, w.full())
	w.add(7, at(7.5))
	require.EqualValues(t, 5, w.value(), "still within the window")
	require.True(t, w.full())
	w.add(8, at(8.5))
	require.EqualValues(t, 7, w.value(), "the least is forgotten")
	w.add(3, at(8.6))
	require.EqualValues(t, 3, w.value())
	w.add(10, at(40))
	require.EqualValues(t, 10, w.value(), "nothing is left after a pause")
	w.add(-4, at(1))
	require.EqualValues(t, -4, w.value(), "time that goes back starts over")
	w.add(6, 1<<62)
	require.EqualValues(t, 6, w.value())
	w.add(7, -1<<62)
	w.add(8, 1<<62+1)
	require.EqualValues(t, 8, w.value(), "however far")
}

func TestWindowMinIsTheLeastOfARecentWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const window = 800 * time.Millisecond
		w := newWindowMin(window)
		type sample struct {
			at Time
			v  time.Duration
		}
		var all []sample
		now := Time(0)
		for range rapid.IntRange(1, 100).Draw(t, "n") {
			now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "step")) * time.Millisecond)
			v := time.Duration(rapid.IntRange(-1000, 1000).Draw(t, "v"))
			w.add(v, now)
			all = append(all, sample{now, v})
			certain, possible := v, v
			for _, s := range all {
				if age := now.Sub(s.at); age < window-window/windowBuckets {
					certain = min(certain, s.v)
					possible = min(possible, s.v)
				} else if age <= window+window/windowBuckets {
					possible = min(possible, s.v)
				}
			}
			require.LessOrEqual(t, w.value(), certain)
			require.GreaterOrEqual(t, w.value(), possible)
		}
	})
}

func TestHistoryEndsBeforeTheLastNumber(t *testing.T) {
	t.Parallel()
	var h history
	require.True(t, h.add(&SentPacket{Seq: 5}))
	require.False(t, h.add(&SentPacket{Seq: math.MaxInt64}), "no number can follow it")
	require.True(t, h.add(&SentPacket{Seq: math.MaxInt64 - 1}))
	require.False(t, h.add(&SentPacket{Seq: 6}))
	require.NotNil(t, h.get(math.MaxInt64-1))
}
