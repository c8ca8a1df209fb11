// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// playoutTest is a playout with a clock; frames bear their number as the only unit.
type playoutTest struct {
	*playout

	start time.Time
	out   []int
	at    []time.Time
	now   time.Time
}

func newPlayoutTest(limit time.Duration) *playoutTest {
	p := &playoutTest{start: time.Unix(1000, 0)}
	p.now = p.start
	p.playout = newPlayout(codecVP8, tsClock, limit, func(f recordedFrame, _ bool) {
		p.out, p.at = append(p.out, int(f.units[0][0])|int(f.units[0][1])<<8), append(p.at, p.now)
	})

	return p
}

// put lets frame n of 30 a second come with a delay; what is due before goes first.
func (p *playoutTest) put(n int, delay time.Duration) {
	arrival := p.start.Add(time.Duration(n)*time.Second/30 + delay)
	if arrival.Before(p.now) {
		arrival = p.now
	}
	p.until(arrival)
	p.frame(recordedFrame{units: [][]byte{{byte(n), byte(n >> 8)}}, timestamp: int64(n) * 3000}, true, arrival, arrival)
}

// until lets time pass.
func (p *playoutTest) until(at time.Time) {
	for {
		w := p.wake()
		if w.IsZero() || w.After(at) {
			break
		}
		p.now = w
		p.release(w)
	}
	p.now = at
}

// The depth follows the jitter: nothing on a calm path, most frames in time on one that
// is not, nothing again afterwards.
func TestPlayoutFollowsJitter(t *testing.T) {
	p := newPlayoutTest(400 * time.Millisecond)
	n := 0
	calm := func(frames int) {
		for range frames {
			p.put(n, 20*time.Millisecond+time.Duration(n%3)*time.Millisecond)
			n++
		}
	}
	calm(150)
	require.Zero(t, p.delay())
	require.Len(t, p.out, 150, "nothing waits")

	state := uint32(7)
	for range 300 {
		state = state*1664525 + 1013904223
		p.put(n, 20*time.Millisecond+time.Duration(state>>16%120)*time.Millisecond)
		n++
	}
	require.InDelta(t, 110, p.delay().Milliseconds(), 20)
	late := 0
	for i := 350; i < len(p.at); i++ {
		if p.at[i].Sub(p.at[i-1]) > 45*time.Millisecond {
			late++
		}
	}
	require.Less(t, late, 20, "they go on evenly")

	calm(600)
	require.Zero(t, p.delay())
	p.flush()
	require.Len(t, p.out, n)
	for i, o := range p.out {
		require.Equal(t, i, o)
	}
}

func TestPlayoutIsBounded(t *testing.T) {
	p := newPlayoutTest(100 * time.Millisecond)
	for n := range 300 {
		p.put(n, time.Duration(n%2)*900*time.Millisecond)
		require.LessOrEqual(t, p.delay(), 100*time.Millisecond)
	}
	p.until(p.now.Add(100 * time.Millisecond))
	require.Empty(t, p.held, "none waits longer than any may")
	require.Zero(t, p.bytes)
}

// A frame that is late by no more than the least delay is not seen to be late, the
// very first one included.
func TestPlayoutHoldsTheLeastDelay(t *testing.T) {
	for _, c := range []struct {
		late time.Duration
		even bool
	}{{290 * time.Millisecond, true}, {360 * time.Millisecond, false}} {
		p := newPlayoutTest(time.Second)
		p.least = 300 * time.Millisecond
		for n := range 100 {
			delay := time.Duration(0)
			if n == 3 {
				delay = c.late
			}
			p.put(n, delay)
		}
		p.until(p.now.Add(time.Second))
		require.Len(t, p.out, 100)
		require.Equal(t, p.start.Add(300*time.Millisecond), p.at[0])
		longest := time.Duration(0)
		for i := 1; i < len(p.at); i++ {
			longest = max(longest, p.at[i].Sub(p.at[i-1]))
		}
		require.Equal(t, c.even, longest < 40*time.Millisecond, "%v", longest)
	}
}

// A sender whose clock jumps is followed.
func TestPlayoutOverClockJumps(t *testing.T) {
	p := newPlayoutTest(400 * time.Millisecond)
	for i := range 200 {
		at := p.now.Add(33 * time.Millisecond)
		p.until(at)
		jump := int64(0)
		if i >= 50 {
			jump = 90000 * 3600
		}
		if i >= 100 {
			jump = -90000 * 3600
		}
		p.frame(recordedFrame{units: [][]byte{{1, 0}}, timestamp: jump + int64(i)*2970}, true, at, at)
		require.LessOrEqual(t, p.wake().Sub(at), 400*time.Millisecond)
	}
	require.Zero(t, p.delay())
}

// Whatever comes: each frame goes on once, in order, and no later than the limit.
func TestPlayoutProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := time.Duration(rapid.IntRange(1, 500).Draw(t, "limit")) * time.Millisecond
		p := newPlayoutTest(limit)
		n := rapid.IntRange(1, 200).Draw(t, "n")
		var came []time.Time
		for i := range n {
			p.put(i, time.Duration(rapid.IntRange(0, 1000).Draw(t, "ms"))*time.Millisecond)
			came = append(came, p.now)
		}
		p.until(p.now.Add(limit))
		require.Empty(t, p.held)
		require.Len(t, p.out, n)
		for i, o := range p.out {
			require.Equal(t, i, o)
			require.False(t, p.at[i].Before(came[i]))
			require.LessOrEqual(t, p.at[i].Sub(came[i]), limit)
		}
	})
}

// How long a missing packet is waited for follows the round trip.
func TestJitterBufferAdapts(t *testing.T) {
	b := newBufferTest(400 * time.Millisecond)
	for rtt, want := range map[time.Duration]time.Duration{
		0:                      400 * time.Millisecond,
		time.Millisecond:       310 * time.Millisecond,
		24 * time.Millisecond:  310 * time.Millisecond,
		28 * time.Millisecond:  360 * time.Millisecond,
		100 * time.Millisecond: 400 * time.Millisecond,
	} {
		b.adapt(rtt)
		require.Equal(t, want, b.delay, rtt)
	}
}

func BenchmarkPlayout(b *testing.B) {
	p := newPlayout(codecVP8, tsClock, time.Second, func(recordedFrame, bool) {})
	now := time.Unix(1000, 0)
	f := recordedFrame{units: [][]byte{{1}}}
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Second / 30)
		f.timestamp += 3000
		p.frame(f, true, now, now)
	}
}
