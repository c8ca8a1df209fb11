// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
)

func at(d time.Duration) bwe.Time { return bwe.Time(d) }

// steps makes a schedule from pairs of seconds and Mbps.
func steps(pairs ...float64) schedule {
	var s schedule
	for i := 0; i < len(pairs); i += 2 {
		s.changes = append(s.changes, change{at: bwe.Time(pairs[i] * 1e9), rate: bwe.Bitrate(pairs[i+1] * 1e6)})
	}

	return s
}

func TestFinishIsExactOverChanges(t *testing.T) {
	for name, c := range map[string]struct {
		schedule schedule
		start    time.Duration
		size     int
		want     bwe.Time
	}{
		"constant":              {steps(0, 1), 0, 1250, at(10 * time.Millisecond)},
		"rounded up":            {steps(0, 3), 0, 1, at(2667 * time.Nanosecond)},
		"up to the change":      {steps(0, 1, 0.01, 100), 0, 1250, at(10 * time.Millisecond)},
		"over a change":         {steps(0, 1, 0.005, 2), 0, 1250, at(7500 * time.Microsecond)},
		"over two changes":      {steps(0, 1, 0.005, 2, 0.007, 4), 0, 1250, at(7250 * time.Microsecond)},
		"over a standstill":     {steps(0, 1, 0.005, 0, 2, 1), 0, 1250, at(2005 * time.Millisecond)},
		"from a standstill":     {steps(0, 0, 1, 1), 0, 1250, at(1010 * time.Millisecond)},
		"starts after a change": {steps(0, 1, 0.005, 2), 6 * time.Millisecond, 1250, at(11 * time.Millisecond)},
		"never":                 {steps(0, 1, 0.005, 0), 0, 1250, bwe.Never},
		"unlimited":             {schedule{}, 5, 1250, 5},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, c.schedule.finish(at(c.start), c.size))
		})
	}
}

func drawSchedule(t *rapid.T) schedule {
	var s schedule
	now := bwe.Time(0)
	for range rapid.IntRange(1, 12).Draw(t, "steps") {
		rate := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, 50_000_000)).Draw(t, "rate")
		s.changes = append(s.changes, change{at: now, rate: bwe.Bitrate(rate)})
		now += bwe.Time(rapid.Int64Range(1, 50_000_000).Draw(t, "hold"))
	}

	return s
}

// carried is what a schedule carries between two instants, in bit-nanoseconds.
func (s *schedule) carried(from, to bwe.Time) *big.Int {
	sum := new(big.Int)
	for i, c := range s.changes {
		end := to
		if i+1 < len(s.changes) {
			end = min(to, s.changes[i+1].at)
		}
		if begin := max(from, c.at); begin < end {
			sum.Add(sum, new(big.Int).Mul(big.NewInt(int64(c.rate)), big.NewInt(int64(end-begin))))
		}
	}

	return sum
}

// A packet has left at the first instant by which the schedule carried its bits.
func TestFinishCarriesTheBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSchedule(t)
		start := bwe.Time(rapid.Int64Range(0, 400_000_000).Draw(t, "start"))
		size := rapid.IntRange(1, 65_535).Draw(t, "size")
		bits := new(big.Int).Mul(big.NewInt(int64(size)*8), big.NewInt(1e9))
		done := s.finish(start, size)
		if done == bwe.Never {
			require.Zero(t, s.changes[len(s.changes)-1].rate)
			require.Negative(t, s.carried(start, bwe.Never).Cmp(bits))

			return
		}
		require.GreaterOrEqual(t, s.carried(start, done).Cmp(bits), 0)
		require.Negative(t, s.carried(start, done-1).Cmp(bits))
	})
}

func TestRateAndMeanLookAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSchedule(t)
		for range 10 {
			from := bwe.Time(rapid.Int64Range(0, 500_000_000).Draw(t, "from"))
			to := from + bwe.Time(rapid.Int64Range(1, 500_000_000).Draw(t, "length"))
			want, _ := new(big.Float).SetInt(s.carried(from, to)).Float64()
			require.InDelta(t, want/float64(to-from), float64(s.mean(from, to)), 1)
			require.Equal(t, s.mean(from, from+1), s.rate(from))
		}
	})
}

func TestStalls(t *testing.T) {
	s := steps(0, 1, 2, 3, 4, 5)
	stalled := s.stalled([]Window{{From: second, To: 3 * second}, {From: 5 * second, To: 6 * second}})
	require.Equal(t, steps(0, 1, 1, 0, 3, 3, 4, 5, 5, 0, 6, 5).changes, stalled.changes)
	open := schedule{}
	free := open.stalled([]Window{{From: second, To: 2 * second}})
	require.Equal(t, bwe.Bitrate(maxRate), free.rate(at(time.Second-1)))
	require.Zero(t, free.rate(at(time.Second)))
	require.Equal(t, bwe.Bitrate(maxRate), free.rate(at(2*time.Second)))
}

func TestEventsComeInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tl timeline
		var got []event
		sink := handlerFunc(func(op operation, _ *packet) { got = append(got, event{at: tl.now, op: op}) })
		times := rapid.SliceOfN(rapid.Int64Range(0, 20), 1, 200).Draw(t, "times")
		for i, v := range times {
			tl.schedule(bwe.Time(v), sink, operation(i), nil)
		}
		for tl.step(15) {
		}
		early := 0
		for _, v := range times {
			if v < 15 {
				early++
			}
		}
		require.Len(t, got, early)
		for i := 1; i < len(got); i++ {
			require.LessOrEqual(t, got[i-1].at, got[i].at)
			if got[i-1].at == got[i].at {
				require.Less(t, got[i-1].op, got[i].op, "first scheduled, first handled")
			}
		}
	})
}

type handlerFunc func(operation, *packet)

func (f handlerFunc) handle(op operation, p *packet) { f(op, p) }

func TestRingIsAQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r ring[int]
		var model []int
		for i := range rapid.IntRange(1, 300).Draw(t, "steps") {
			if len(model) > 0 && rapid.Bool().Draw(t, "pop") {
				require.Equal(t, model[0], r.pop())
				model = model[1:]
			} else {
				r.push(i)
				model = append(model, i)
			}
			require.Equal(t, len(model), r.len())
			for k, v := range model {
				require.Equal(t, v, *r.at(k))
			}
		}
	})
}
