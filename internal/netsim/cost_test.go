// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNoAllocationPerPacket(t *testing.T) {
	for _, flow := range []string{"default", "default+rc"} {
		cost := func(length Duration) (mallocs uint64, packets int64) {
			s := selected(t, "loss-jitter")
			s.Forward[0].Jitter = nil
			s.Duration = length
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r := play(t, s, 1, flow)
			runtime.ReadMemStats(&after)

			return after.Mallocs - before.Mallocs, r.Flows[0].PacketsSent
		}
		short, few := cost(20 * second)
		long, many := cost(120 * second)
		require.Greater(t, many-few, int64(10_000))
		require.Less(t, float64(long)-float64(short), 0.02*float64(many-few), flow)
	}
}

func BenchmarkTenMinuteCall(b *testing.B) {
	for _, flow := range []string{"default", "gcc", "default+rc", "oracle"} {
		b.Run(flow, func(b *testing.B) {
			s := selected(b, "jitter-rfc8868")
			s.Duration = 600 * second
			packets := int64(0)
			b.ReportAllocs()
			for range b.N {
				packets += play(b, s, 1, flow).Flows[0].PacketsSent
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(packets), "ns/packet")
		})
	}
}
