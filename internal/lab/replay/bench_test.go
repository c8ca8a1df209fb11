// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// call returns what a call of so many packets is to a controller: 833 packets a second,
// of which one in 500 is lost, some jitter and a feedback every 50 ms.
func call(packets int64) []bwe.Event {
	const interval, trip = 1200 * time.Microsecond, 60 * time.Millisecond
	var out []bwe.Event
	var results []bwe.PacketResult
	seed := uint32(1)
	heard := bwe.Time(0)
	for seq := range packets {
		at := bwe.Time(seq) * bwe.Time(interval)
		out = append(out, &bwe.SentPacket{At: at, Seq: seq, Size: 1200})
		seed = seed*1664525 + 1013904223
		jitter := time.Duration(seed>>16) * 50
		results = append(results, bwe.PacketResult{Seq: seq, Received: seed%500 != 0, ReceivedAt: at.Add(30*time.Millisecond + jitter)})
		if at.Sub(heard) >= 50*time.Millisecond {
			heard = at
			out = append(out, &bwe.Feedback{At: at, Results: nil})
			f := out[len(out)-1].(*bwe.Feedback)
			n := 0
			for n < len(results) && bwe.Time(results[n].Seq)*bwe.Time(interval) <= at.Add(-trip) {
				n++
			}
			f.Results, results = results[:n:n], results[n:]
		}
	}

	return out
}

// BenchmarkReplay feeds calls in memory to controllers. The figures are of whole replays,
// timeline and comparisons included; those of pion's GCC, in the same run, are of that alone.
func BenchmarkReplay(b *testing.B) {
	const packets = 500_000
	events := call(packets)
	for _, names := range [][]string{{}, {"default"}, {"gcc"}, {"default", "gcc"}} {
		name := "none"
		if len(names) > 0 {
			name = names[0]
		}
		if len(names) > 1 {
			name = "both"
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			o := Options{Controllers: choices(b, names...)}
			for b.Loop() {
				r, err := Run(context.Background(), &recording.Slice{Events: events}, o)
				require.NoError(b, err)
				require.Greater(b, r.Totals.PacketsReceived, int64(packets*9/10))
			}
			b.ReportMetric(packets*float64(b.N)/b.Elapsed().Seconds(), "packets/s")
		})
	}
	b.Run("pion-gcc", func(b *testing.B) { benchmarkPion(b, events, packets) })
}
