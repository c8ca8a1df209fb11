// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// benchmarkPath feeds an estimator as a 4 Mbps path does: frames of ten packets of 1200
// bytes that leave 1.6 ms apart and arrive 2.4 ms apart, one feedback of fifty packets
// each 125 ms.
func benchmarkPath(b *testing.B, cfg Config, sent, acked func(func())) {
	b.Helper()
	e, err := New(cfg, 0)
	require.NoError(b, err)
	const perFeedback, frame = 50, 10
	results := make([]PacketResult, perFeedback)
	seq, now := int64(0), Time(0)
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += perFeedback {
		first := seq
		sent(func() {
			for i := range perFeedback {
				gap := 1600 * time.Microsecond
				if i%frame == 0 {
					gap = 10600 * time.Microsecond
				}
				now = now.Add(gap)
				e.OnSent(SentPacket{At: now, Seq: seq, Size: 1200})
				seq++
			}
		})
		for i := range results {
			at := now.Add(time.Duration(i-perFeedback) * 2400 * time.Microsecond)
			results[i] = PacketResult{Seq: first + int64(i), Received: true, ReceivedAt: at.Add(40 * time.Millisecond)}
		}
		acked(func() { e.OnFeedback(Feedback{At: now.Add(60 * time.Millisecond), Results: results}) })
		now = now.Add(2400 * time.Microsecond)
	}
}

func run(f func()) { f() }

func BenchmarkOnSent(b *testing.B) {
	benchmarkPath(b, Default(), run, func(func()) {})
}

func BenchmarkSentAndAcked(b *testing.B) {
	for name, cfg := range map[string]Config{"default": Default(), "gcc": GCC()} {
		b.Run(name, func(b *testing.B) { benchmarkPath(b, cfg, run, run) })
	}
}

func TestEstimatorIsSmallAndAllocatesNothing(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(Estimator{})+unsafe.Sizeof(Smoother{})+unsafe.Sizeof(OscillationDetector{}), uintptr(64<<10))
	e, err := New(Default(), 0)
	require.NoError(t, err)
	results := make([]PacketResult, 20)
	seq, now := int64(0), Time(0)
	step := func() {
		for i := range results {
			now = now.Add(2 * time.Millisecond)
			e.OnSent(SentPacket{At: now, Seq: seq, Size: 1200})
			results[i] = PacketResult{Seq: seq, Received: i%7 != 0, ReceivedAt: now.Add(40 * time.Millisecond)}
			seq++
		}
		e.OnFeedback(Feedback{At: now, Results: results})
		e.OnTimer(now)
	}
	require.Zero(t, testing.AllocsPerRun(2000, step))
}
