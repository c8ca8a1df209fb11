// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
)

// newTestSession is a session with a video stream, without a connection.
func newTestSession(c codec) (*session, *receivedStream) {
	s := &session{state: StateLive, wake: make(chan struct{}, 1)}
	r := &receivedStream{}
	r.stream = newStream(c, 90000, 400*time.Millisecond, func(recordedFrame) {})
	r.ssrc, r.rtxSSRC, r.payloadType = 1, 2, 96
	s.streams = append(s.streams, r)

	return s, r
}

func rawRTP(t testing.TB, seq uint16, pt uint8, payload []byte, padding byte) []byte {
	t.Helper()
	p := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: seq, PayloadType: pt, Padding: padding > 0}, Payload: payload, PaddingSize: padding}
	raw, err := p.Marshal()
	require.NoError(t, err)

	return raw
}

func TestPacketCounts(t *testing.T) {
	s, r := newTestSession(codecH264)
	idr := []byte{0x67, 1}
	s.onRTP(r, rawRTP(t, 1, 96, idr, 0))
	s.onRTP(r, rawRTP(t, 1, 96, idr, 0))
	s.onRTP(r, rawRTP(t, 2, 96, nil, 9))
	s.onRTP(r, rawRTP(t, 20000, 96, idr, 0))
	s.onRTP(r, rawRTP(t, 3, 97, idr, 0))
	s.onRTP(r, []byte{1, 2, 3})
	s.onRepair(2, rawRTP(t, 7, 97, append([]byte{0, 3}, idr...), 0))
	s.onRepair(2, rawRTP(t, 8, 97, nil, 200))
	s.onRepair(5, rawRTP(t, 9, 97, append([]byte{0, 4}, idr...), 0))
	s.ignore()

	got := s.snapshotNow()
	require.EqualValues(t, 4, got.PacketsReceived)
	require.EqualValues(t, 2, got.RTXPackets)
	require.EqualValues(t, 1, got.PacketsDuplicate)
	require.EqualValues(t, 2, got.PaddingPackets)
	require.EqualValues(t, 4+1, got.PacketsIgnored, "unreadable, unknown type, unknown SSRC, ignored; out of range")
	require.EqualValues(t, 14+14+21+14+16+212, got.BytesReceived)
	require.Equal(t, int64(4), r.buffer.next)

	before := s.lastPacket
	s.onRTP(r, rawRTP(t, 1, 96, idr, 0))
	require.Equal(t, before, s.lastPacket, "repeats of what is here keep no session from ending")
	s.state, s.ended = StateEnded, time.Now()
	s.onRTP(r, rawRTP(t, 4, 96, idr, 0))
	s.onRepair(2, rawRTP(t, 9, 97, append([]byte{0, 5}, idr...), 0))
	require.EqualValues(t, 5+2, s.snapshotNow().PacketsIgnored, "nothing changes after the end")
}

// Reports are looked at with care: any of them may be for nobody.
func TestReportsForNobody(t *testing.T) {
	s, r := newTestSession(codecH264)
	s.onRTCP([]rtcp.Packet{
		&rtcp.SenderReport{SSRC: 1}, &rtcp.SenderReport{SSRC: 9}, &rtcp.ReceiverReport{}, &rtcp.Goodbye{},
		&rtcp.ExtendedReport{Reports: []rtcp.ReportBlock{
			&rtcp.DLRRReportBlock{Reports: []rtcp.DLRRReport{{SSRC: 9, LastRR: 1}, {}}}, &rtcp.UnknownReportBlock{},
		}},
	})
	require.Zero(t, r.rrtr.answers)
	require.Zero(t, s.snapshotNow().RTTMS)
}

func BenchmarkReceive(b *testing.B) {
	s, r := newTestSession(codecH264)
	_, packets := h264Clip(b)
	var raws [][]byte
	for _, frame := range packets {
		for _, p := range frame {
			h := rtp.Header{Version: 2, SequenceNumber: p.seq, Timestamp: p.timestamp, Marker: p.marker, PayloadType: 96}
			require.NoError(b, h.SetExtension(1, []byte{1, 2}))
			raw, err := (&rtp.Packet{Header: h, Payload: p.payload}).Marshal()
			require.NoError(b, err)
			raws = append(raws, raw)
		}
	}
	b.ReportAllocs()
	seq := uint16(0)
	for i := 0; b.Loop(); i++ {
		raw := raws[i%len(raws)]
		raw[2], raw[3] = byte(seq>>8), byte(seq)
		seq++
		s.onRTP(r, raw)
	}
}
