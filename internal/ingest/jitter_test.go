// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// release is one thing that a jitter buffer gave out: a packet, or a gap of n.
type release struct {
	seq uint16
	gap int
}

type releases []release

func (r *releases) packet(p *rtpPacket) { *r = append(*r, release{seq: p.seq}) }
func (r *releases) gap(n int)           { *r = append(*r, release{gap: n}) }

func (r *releases) take() []release {
	out := *r
	*r = nil

	return out
}

// bufferTest is a jitter buffer with a clock.
type bufferTest struct {
	*jitterBuffer
	out releases
	now time.Time
}

func newBufferTest(delay time.Duration) *bufferTest {
	b := &bufferTest{now: time.Unix(1000, 0)}
	b.jitterBuffer = newJitterBuffer(delay, &b.out)

	return b
}

func (b *bufferTest) put(seq uint16) verdict {
	return b.push(&rtpPacket{seq: seq, payload: []byte{1}, arrival: b.now})
}

func (b *bufferTest) at(d time.Duration) { b.now = time.Unix(1000, 0).Add(d) }

func packets(seqs ...uint16) (out []release) {
	for _, s := range seqs {
		out = append(out, release{seq: s})
	}

	return out
}

func TestJitterBufferOrders(t *testing.T) {
	b := newBufferTest(400 * time.Millisecond)
	require.Equal(t, accepted, b.put(65534))
	require.Equal(t, accepted, b.put(1)) // over the wrap
	require.Equal(t, packets(65534), b.out.take())
	require.Equal(t, reordered, b.put(0))
	require.Empty(t, b.out.take())
	require.Equal(t, reordered, b.put(65535))
	require.Equal(t, packets(65535, 0, 1), b.out.take())
	require.Equal(t, duplicate, b.put(0))
	require.Equal(t, duplicate, b.put(65534))
	require.Equal(t, late, b.put(65533), "ahead of the first packet")
	require.Empty(t, b.out.take())
}

func TestJitterBufferGivesUpAfterDelay(t *testing.T) {
	b := newBufferTest(400 * time.Millisecond)
	b.put(10)
	b.put(13)
	b.at(100 * time.Millisecond)
	b.put(15)
	b.out.take()

	b.at(399 * time.Millisecond)
	b.release(b.now)
	require.Empty(t, b.out.take())
	b.at(400 * time.Millisecond)
	b.release(b.now)
	require.Equal(t, []release{{gap: 2}, {seq: 13}}, b.out.take(), "14 was noticed later")
	require.Equal(t, late, b.put(12))
	require.Equal(t, duplicate, b.put(13))
	b.due(b.now, 0)
	b.at(500 * time.Millisecond)
	b.due(b.now, 0)
	require.Equal(t, b.now, b.wake())
	b.release(b.now)
	require.Equal(t, []release{{gap: 1}, {seq: 15}}, b.out.take())
	require.True(t, b.wake().IsZero())
}

func TestJitterBufferFlush(t *testing.T) {
	b := newBufferTest(400 * time.Millisecond)
	b.flush()
	require.Empty(t, b.out.take(), "nothing came yet")
	b.put(1)
	b.put(4)
	b.flush()
	require.Equal(t, []release{{seq: 1}, {gap: 2}, {seq: 4}}, b.out.take())
}

func TestJitterBufferJumps(t *testing.T) {
	t.Run("within the dropout limit", func(t *testing.T) {
		b := newBufferTest(400 * time.Millisecond)
		b.put(0)
		require.Equal(t, accepted, b.put(maxDropout-1))
		b.flush()
		require.Equal(t, []release{{seq: 0}, {gap: maxDropout - 2}, {seq: maxDropout - 1}}, b.out.take())
	})
	for _, to := range []uint16{5000, 40000, 60000} {
		b := newBufferTest(400 * time.Millisecond)
		b.put(100)
		b.out.take()
		require.Equal(t, outOfRange, b.put(to), "one stray packet changes nothing")
		require.Equal(t, accepted, b.put(101))
		require.Equal(t, packets(101), b.out.take())
		require.Equal(t, outOfRange, b.put(to))
		require.Equal(t, accepted, b.put(to+1), "two in a row are believed")
		require.Equal(t, []release{{gap: 1}, {seq: to + 1}}, b.out.take())
		require.Equal(t, accepted, b.put(to+2))
		require.Equal(t, packets(to+2), b.out.take())
	}
}

func TestJitterBufferAsks(t *testing.T) {
	const rtt = 80 * time.Millisecond
	for _, c := range []struct {
		name  string
		rtt   time.Duration
		retry time.Duration
	}{
		{"round trip unknown", 0, nackFallback},
		{"a quarter more than the round trip", rtt, 100 * time.Millisecond},
		{"never faster than the floor", time.Millisecond, nackFloor},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBufferTest(10 * time.Second)
			b.put(65535)
			b.put(2)
			require.Empty(t, b.due(b.now, c.rtt), "they may only be late")
			require.Equal(t, b.now.Add(reorderWait), b.wake())
			b.at(reorderWait)
			require.Equal(t, []uint16{0, 1}, b.due(b.now, c.rtt))
			require.Empty(t, b.due(b.now, c.rtt))
			require.Equal(t, repaired, b.put(0))
			b.at(reorderWait + c.retry - 1)
			require.Empty(t, b.due(b.now, c.rtt))
			for i := 1; i < maxAsks; i++ {
				b.at(reorderWait + time.Duration(i)*c.retry)
				require.Equal(t, []uint16{1}, b.due(b.now, c.rtt))
			}
			b.at(reorderWait + maxAsks*c.retry)
			require.Empty(t, b.due(b.now, c.rtt), "asked often enough")
			require.Equal(t, time.Unix(1010, 0), b.wake(), "only the gap is left to come")
			require.Equal(t, repaired, b.put(1))
			require.True(t, b.wake().IsZero())
		})
	}
}

func TestJitterBufferAsksInBatches(t *testing.T) {
	b := newBufferTest(time.Second)
	b.put(0)
	b.put(maxNackBatch + 11)
	b.at(reorderWait)
	require.Len(t, b.due(b.now, 0), maxNackBatch)
	require.Len(t, b.due(b.now, 0), 10)
}

func TestJitterBufferAsksForTail(t *testing.T) {
	b := newBufferTest(400 * time.Millisecond)
	b.put(7)
	require.True(t, b.wake().IsZero())
	require.False(t, b.waits(b.now))
	b.unfinished = true
	require.Equal(t, b.now.Add(tailWait), b.wake())
	require.Empty(t, b.due(b.now, 0))
	b.at(tailWait)
	require.Equal(t, []uint16{8}, b.due(b.now, 0))
	require.True(t, b.waits(b.now))
	require.Equal(t, repaired, b.put(8))
	b.at(450 * time.Millisecond)
	require.False(t, b.waits(b.now))
	require.Empty(t, b.due(b.now, 0), "not waited for any more")
	require.True(t, b.wake().IsZero())
}

func TestJitterBufferLooksBehindItsStart(t *testing.T) {
	begins := func(payload []byte) bool { return payload[0] == 'S' }
	put := func(b *bufferTest, seq uint16, payload string) verdict {
		return b.push(&rtpPacket{seq: seq, payload: []byte(payload), arrival: b.now})
	}
	b := newBufferTest(400 * time.Millisecond)
	b.begins = begins
	put(b, 1, "x")
	require.Empty(t, b.out.take())
	require.Equal(t, []uint16{0}, b.due(b.now, 0))
	require.Equal(t, repaired, put(b, 0, "x"))
	require.Equal(t, []uint16{65535}, b.due(b.now, 0))
	put(b, 65535, "S")
	require.Equal(t, packets(65535, 0, 1), b.out.take())

	b = newBufferTest(400 * time.Millisecond)
	b.begins = begins
	put(b, 1, "x")
	b.at(300 * time.Millisecond)
	put(b, 0, "x")
	b.at(400 * time.Millisecond)
	b.release(b.now)
	require.Equal(t, packets(0, 1), b.out.take(), "no gap; the delay counts from the first packet")
	require.Equal(t, accepted, put(b, 2, "x"))
	require.Equal(t, packets(2), b.out.take())

	b = newBufferTest(400 * time.Millisecond)
	b.begins = begins
	put(b, 1, "x")
	put(b, 4, "x")
	b.flush()
	require.Equal(t, []release{{seq: 1}, {gap: 2}, {seq: 4}}, b.out.take())
}

// Whatever comes, in whatever order: what is released is in order without a hole, and
// memory stays bounded.
func TestJitterBufferProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Uint16().Draw(t, "first")
		n := rapid.IntRange(1, 300).Draw(t, "n")
		b := newBufferTest(rapid.SampledFrom([]time.Duration{0, 50 * time.Millisecond, time.Second}).Draw(t, "delay"))
		order := make([]int, 0, 2*n)
		for i := range n {
			order = append(order, i)
			if rapid.IntRange(0, 9).Draw(t, "twice") == 0 {
				order = append(order, i)
			}
		}
		for i := range order {
			j := min(i+rapid.IntRange(0, 20).Draw(t, "shift"), len(order)-1)
			order[i], order[j] = order[j], order[i]
		}
		kept := map[uint16]bool{}
		var verdicts [outOfRange + 1]int
		for i, o := range order {
			if rapid.IntRange(0, 4).Draw(t, "lost") == 0 && i > 0 {
				continue
			}
			b.now = b.now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "ms")) * time.Millisecond)
			seq := first + uint16(o)
			v := b.put(seq)
			verdicts[v]++
			kept[seq] = kept[seq] || v <= repaired
			b.due(b.now, 0)
			require.LessOrEqual(t, len(b.missing), jitterSlots)
		}
		b.flush()
		require.Zero(t, verdicts[outOfRange])
		next := b.out[0].seq
		for _, r := range b.out {
			if r.gap > 0 {
				next += uint16(r.gap)

				continue
			}
			require.Equal(t, next, r.seq)
			require.True(t, kept[r.seq])
			delete(kept, r.seq)
			next++
		}
		kept = deleteFalse(kept)
		require.Empty(t, kept, "taken but never released")
	})
}

func deleteFalse(m map[uint16]bool) map[uint16]bool {
	for k, v := range m {
		if !v {
			delete(m, k)
		}
	}

	return m
}

func FuzzJitterBuffer(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0, 3, 255, 255, 20, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		b := newBufferTest(50 * time.Millisecond)
		b.begins = func(p []byte) bool { return p[0] != 0 }
		for chunk := range slices.Chunk(data[:min(len(data), 600)], 3) {
			if len(chunk) < 3 {
				break
			}
			b.now = b.now.Add(time.Duration(chunk[2]) * time.Millisecond)
			b.unfinished = chunk[2]&1 != 0
			b.push(&rtpPacket{seq: uint16(chunk[0])<<8 | uint16(chunk[1]), payload: chunk[2:], arrival: b.now})
			b.due(b.now, 0)
			b.release(b.now)
			if at := b.wake(); !at.IsZero() && !at.After(b.now) {
				b.due(b.now, 0)
				require.True(t, b.wake().IsZero() || b.wake().After(b.now) || len(b.missing) > maxNackBatch, "a timer that never rests")
			}
		}
		b.flush()
		require.Empty(t, b.missing)
	})
}

func TestUnwrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ref := rapid.Int64Range(-1<<40, 1<<40).Draw(t, "ref")
		near16 := ref + rapid.Int64Range(-1<<15, 1<<15-1).Draw(t, "d16")
		require.Equal(t, near16, unwrap16(ref, uint16(near16)))
		near32 := ref + rapid.Int64Range(-1<<31, 1<<31-1).Draw(t, "d32")
		require.Equal(t, near32, unwrap32(ref, uint32(near32)))
	})
}

func BenchmarkJitterBuffer(b *testing.B) {
	j := newJitterBuffer(400*time.Millisecond, &discard{})
	payload := make([]byte, 1200)
	now := time.Unix(1000, 0)
	seq := uint16(0)
	for b.Loop() {
		j.push(&rtpPacket{seq: seq, payload: payload, arrival: now})
		seq++
	}
}

type discard struct{}

func (*discard) packet(*rtpPacket) {}
func (*discard) gap(int)           {}
