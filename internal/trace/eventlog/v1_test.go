// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"testing"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/ccfeedback/feedbacktest"
	"github.com/rtmcc/rtmcc/internal/trace/eventlog/eventlogpb"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

func header(t *testing.T, ssrc uint32, seq uint16, transport int) []byte {
	h := rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: seq, SSRC: ssrc}
	if transport >= 0 {
		require.NoError(t, h.SetExtension(3, []byte{byte(transport >> 8), byte(transport)}))
	}
	b, err := h.Marshal()
	require.NoError(t, err)

	return b
}

func TestVersionOne(t *testing.T) {
	ext := []*eventlogpb.HeaderExtension{
		{Name: proto.String("urn:ietf:params:rtp-hdrext:toffset"), Id: proto.Int32(2)},
		{Name: proto.String("http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"), Id: proto.Int32(3)},
	}
	packet := func(us int64, incoming bool, header []byte, size, cluster uint32) *eventlogpb.Event {
		p := &eventlogpb.RtpPacket{Incoming: proto.Bool(incoming), PacketLength: proto.Uint32(size), Header: header}
		if cluster > 0 {
			p.ProbeClusterId = proto.Uint32(cluster)
		}

		return &eventlogpb.Event{TimestampUs: proto.Int64(us), Type: proto.Uint32(3), RtpPacket: p}
	}
	control := func(us int64, incoming bool, b []byte) *eventlogpb.Event {
		return &eventlogpb.Event{
			TimestampUs: proto.Int64(us), Type: proto.Uint32(4), RtcpPacket: &eventlogpb.RtcpPacket{Incoming: proto.Bool(incoming), PacketData: b},
		}
	}
	fb := feedbacktest.TransportWide(7, 0, 0, 0)
	log := &eventlogpb.Log{Events: []*eventlogpb.Event{
		{TimestampUs: proto.Int64(5_000_000), Type: proto.Uint32(eventBegin)},
		{TimestampUs: proto.Int64(5_000_000), VideoSendConfig: &eventlogpb.VideoSendConfig{Ssrcs: []uint32{1}, RtxSsrcs: []uint32{2}, HeaderExtensions: ext}},
		{TimestampUs: proto.Int64(5_000_000), AudioSendConfig: &eventlogpb.AudioSendConfig{Ssrc: proto.Uint32(4), HeaderExtensions: ext}},
		{TimestampUs: proto.Int64(5_000_100), ProbeCluster: &eventlogpb.ProbeCluster{
			Id: proto.Uint32(9), BitrateBps: proto.Uint64(900_000), MinPackets: proto.Uint32(5), MinBytes: proto.Uint32(100),
		}},
		packet(5_001_500, false, header(t, 1, 100, 7), 1100, 9),
		packet(5_002_000, false, header(t, 2, 5, 8), 1000, ^uint32(0)),
		packet(5_003_000, false, header(t, 4, 5, 9), 90, 0),
		packet(5_003_000, true, header(t, 3, 5, 10), 90, 0),
		packet(5_003_500, false, header(t, 1, 101, -1), 90, 0),
		packet(5_003_600, false, []byte{1, 2}, 90, 0),
		control(5_020_000, true, fb), control(5_020_010, true, fb), control(5_020_020, false, feedbacktest.TransportWide(8, 0, 1, 0)),
		{TimestampUs: proto.Int64(5_021_000), DelayBased: &eventlogpb.DelayBasedUpdate{BitrateBps: proto.Int32(700_000), State: proto.Uint32(2)}},
		{TimestampUs: proto.Int64(5_022_000), LossBased: &eventlogpb.LossBasedUpdate{BitrateBps: proto.Int32(600_000), FractionLost: proto.Uint32(128), TotalPackets: proto.Int32(20)}},
		{TimestampUs: proto.Int64(5_023_000), ProbeResult: &eventlogpb.ProbeResult{Id: proto.Uint32(9), BitrateBps: proto.Uint64(800_000)}},
		{TimestampUs: proto.Int64(5_024_000), ProbeResult: &eventlogpb.ProbeResult{Id: proto.Uint32(9), Result: proto.Uint32(2), BitrateBps: proto.Uint64(1)}},
		{TimestampUs: proto.Int64(5_025_000), AlrState: &eventlogpb.AlrState{InAlr: proto.Bool(true)}},
	}}
	evs, src := readAll(t, marshal(t, log))
	require.Equal(t, recording.Info{Format: "RTC event log V1", Tool: "libwebrtc", Recorder: "GoogCC"}, src.Info())
	require.Equal(t, 1, src.Damage().Records, "the header of two bytes")
	require.Contains(t, src.Damage().First, "header")
	seq := eventsOf[*bwe.SentPacket](evs)[0].Seq
	us := func(n int64) bwe.Time { return bwe.Time(n * 1000) }
	require.Equal(t, []bwe.Event{
		&recording.ProbeStarted{At: us(100), ID: 9, Bitrate: 900 * bwe.Kbps, MinPackets: 5, MinBytes: 100},
		&bwe.SentPacket{At: us(1500), Seq: seq, Size: 1100, ProbeCluster: 9},
		&bwe.SentPacket{At: us(2000), Seq: seq + 1, Size: 1000, Kind: bwe.PacketRetransmission},
		&bwe.SentPacket{At: us(3000), Seq: seq + 2, Size: 90, Kind: bwe.PacketAudio},
		&bwe.Feedback{At: us(20_000), Results: []bwe.PacketResult{{Seq: seq, Received: true, ReceivedAt: us(20_000)}}},
		&recording.DelayBased{At: us(21_000), Bitrate: 700 * bwe.Kbps, State: bwe.StateOveruse},
		&recording.LossBased{At: us(22_000), Bitrate: 600 * bwe.Kbps, Loss: 0.5, Packets: 20},
		&recording.ProbeEnded{At: us(23_000), ID: 9, Bitrate: 800 * bwe.Kbps},
		&recording.ProbeEnded{At: us(24_000), ID: 9, Failure: "ratio"},
		&recording.ApplicationLimited{At: us(25_000), Active: true},
	}, evs)
}
