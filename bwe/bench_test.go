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
// each 125 ms. It returns the time spent on sending and on feedback; reading the clock
// once for fifty packets adds about a nanosecond to each.
func benchmarkPath(b *testing.B, cfg Config) (sent, acked time.Duration) {
	b.Helper()
	e, err := New(cfg, 0)
	require.NoError(b, err)
	const perFeedback, frame = 50, 10
	packets := make([]SentPacket, perFeedback)
	results := make([]PacketResult, perFeedback)
	seq, now := int64(0), Time(0)
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += perFeedback {
		for i := range packets {
			gap := 1600 * time.Microsecond
			if i%frame == 0 {
				gap = 10600 * time.Microsecond
			}
			now = now.Add(gap)
			packets[i] = SentPacket{At: now, Seq: seq, Size: 1200}
			seq++
		}
		for i := range results {
			at := now.Add(time.Duration(i-perFeedback) * 2400 * time.Microsecond)
			results[i] = PacketResult{Seq: packets[i].Seq, Received: true, ReceivedAt: at.Add(40 * time.Millisecond)}
		}
		f := Feedback{At: now.Add(60 * time.Millisecond), Results: results}
		start := time.Now()
		for i := range packets {
			e.OnSent(packets[i])
		}
		between := time.Now()
		e.OnFeedback(f)
		sent += between.Sub(start)
		acked += time.Since(between)
		now = now.Add(2400 * time.Microsecond)
	}
	b.StopTimer()

	return sent, acked
}

// reportPackets reports what one packet took in place of one turn of the benchmark,
// which includes making the input.
func reportPackets(b *testing.B, spent time.Duration) {
	b.Helper()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N), "ns/packet")
}

func benchmarkPresets(b *testing.B, spent func(sent, acked time.Duration) time.Duration) {
	b.Helper()
	for _, preset := range []struct {
		name string
		cfg  Config
	}{{"default", Default()}, {"gcc", GCC()}} {
		b.Run(preset.name, func(b *testing.B) { reportPackets(b, spent(benchmarkPath(b, preset.cfg))) })
	}
}

func BenchmarkSent(b *testing.B) {
	benchmarkPresets(b, func(sent, _ time.Duration) time.Duration { return sent })
}

// BenchmarkAcked includes all that a feedback causes.
func BenchmarkAcked(b *testing.B) {
	benchmarkPresets(b, func(_, acked time.Duration) time.Duration { return acked })
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
