// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/ccfeedback/feedbacktest"
	"github.com/rtmcc/rtmcc/internal/trace/eventlog/eventlogpb"
)

// callLog is a version 2 log of so many packets, a millisecond or so apart, with a
// feedback for each 50 of them.
func callLog(tb testing.TB, packets int) []byte {
	const batch = 5000
	out := marshal(tb, begun())
	for first := 0; first < packets; first += batch {
		var times, sizes, seqs, heard []uint64
		var raw [][]byte
		for i := first; i < first+batch; i++ {
			at := uint64(1000 + i*6/5)
			times, seqs = append(times, at), append(seqs, uint64(uint16(i)))
			sizes = append(sizes, uint64(1000+i*i%200))
			if i%50 == 49 {
				arrivals := make([]time.Duration, 50)
				for k := range arrivals {
					arrivals[k] = time.Duration(k) * 1200 * time.Microsecond
				}
				heard = append(heard, at+40)
				raw = append(raw, feedbacktest.TransportWide(uint16(i-49), uint32(at/64), uint8(i/50), arrivals...))
			}
		}
		out = append(out, marshal(tb, &eventlogpb.EventStream{
			OutgoingRtp: []*eventlogpb.OutgoingRtpBatch{{
				TimestampMs: proto.Int64(int64(times[0])), NumberOfDeltas: proto.Uint32(batch - 1), TimestampMsDeltas: deltas(false, 64, times...),
				Ssrc: proto.Uint32(1), SequenceNumber: proto.Uint32(uint32(seqs[0])), SequenceNumberDeltas: deltas(false, 16, seqs...),
				PayloadSize: proto.Uint32(uint32(sizes[0])), PayloadSizeDeltas: deltas(true, 32, sizes...),
				HeaderSize: proto.Uint32(20), PaddingSize: proto.Uint32(0),
				TransportSequenceNumber: proto.Uint32(uint32(seqs[0])), TransportSequenceNumberDeltas: deltas(false, 16, seqs...),
			}},
			IncomingRtcp: []*eventlogpb.RtcpBatch{{
				TimestampMs: proto.Int64(int64(heard[0])), RawPacket: raw[0], NumberOfDeltas: proto.Uint32(uint32(len(raw) - 1)),
				TimestampMsDeltas: deltas(false, 64, heard...), RawPacketBlobs: blobs(raw[1:]...),
			}},
		})...)
	}

	return out
}

// A log of many batches comes whole and in order, with all of it acknowledged.
func TestLongLog(t *testing.T) {
	const packets = 200_000
	src, err := New(bytes.NewReader(callLog(t, packets)))
	require.NoError(t, err)
	sent, received, last := 0, 0, int64(0)
	for {
		ev, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch ev := ev.(type) {
		case *bwe.SentPacket:
			if sent > 0 {
				require.Equal(t, last+1, ev.Seq)
			}
			last = ev.Seq
			sent++
		case *bwe.Feedback:
			received += len(ev.Results)
		}
	}
	require.Equal(t, packets, sent)
	require.Equal(t, packets, received)
	require.Zero(t, src.Damage())
}

// The log of a call of ten minutes, read, and the most memory that it needs beside the log.
func BenchmarkRead(b *testing.B) {
	const packets = 500_000
	log := callLog(b, packets)
	var before, most runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	peak := uint64(0)
	for b.Loop() {
		src, err := New(bytes.NewReader(log))
		require.NoError(b, err)
		for n := 0; ; n++ {
			if _, err := src.Next(); err != nil {
				break
			}
			if n%50_000 == 0 {
				runtime.ReadMemStats(&most)
				peak = max(peak, most.HeapAlloc-min(before.HeapAlloc, most.HeapAlloc))
			}
		}
	}
	b.ReportMetric(float64(peak)/1e6, "MB-heap")
	b.ReportMetric(packets*float64(b.N)/b.Elapsed().Seconds(), "packets/s")
}
