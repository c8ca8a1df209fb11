// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/ccfeedback/feedbacktest"
	"github.com/rtmcc/rtmcc/internal/trace/eventlog/eventlogpb"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

const ms = time.Millisecond

func at(d time.Duration) bwe.Time { return bwe.Time(d) }

// A batch with every way to code a field: wraps, negative differences, absent values,
// and a constant.
func TestPackets(t *testing.T) {
	log := begun()
	log.AudioSendStream = []*eventlogpb.SendStream{{TimestampMs: proto.Int64(1000), Ssrc: proto.Uint32(5)}}
	log.VideoSendStream = []*eventlogpb.SendStream{{TimestampMs: proto.Int64(1000), Ssrc: proto.Uint32(0), RtxSsrc: proto.Uint32(6)}}
	log.OutgoingRtp = []*eventlogpb.OutgoingRtpBatch{
		{
			TimestampMs: proto.Int64(1010), NumberOfDeltas: proto.Uint32(3), TimestampMsDeltas: deltas(false, 64, 1010, 1011, 1013, 1020),
			SequenceNumber: proto.Uint32(1), SequenceNumberDeltas: deltas(false, 16, 1, 2, 3, 4), Ssrc: proto.Uint32(77),
			PayloadSize: proto.Uint32(1000), PayloadSizeDeltas: deltas(true, 32, 1000, 900, 1100, 0),
			HeaderSize: proto.Uint32(20), PaddingSize: proto.Uint32(0), PaddingSizeDeltas: deltas(true, 32, 0, 0, 4, 200),
			TransportSequenceNumber: proto.Uint32(65534), TransportSequenceNumberDeltas: deltas(false, 16, 65534, 65535, 1, 4),
		},
		{
			TimestampMs: proto.Int64(1012), Ssrc: proto.Uint32(5),
			PayloadSize: proto.Uint32(80), HeaderSize: proto.Uint32(24), TransportSequenceNumber: proto.Uint32(0),
		},
		{
			TimestampMs: proto.Int64(1013), NumberOfDeltas: proto.Uint32(2), Ssrc: proto.Uint32(6),
			PayloadSize: proto.Uint32(500), HeaderSize: proto.Uint32(20),
			TransportSequenceNumberDeltas: encodeDeltas(value{}, []value{{v: 2, present: true}, {}}, false, 16),
		},
		{
			TimestampMs: proto.Int64(1014), Ssrc: proto.Uint32(77),
			PayloadSize: proto.Uint32(600), HeaderSize: proto.Uint32(20), TransportSequenceNumber: proto.Uint32(3),
		},
	}
	evs, src := readAll(t, marshal(t, log))
	require.Zero(t, src.Damage())
	require.Equal(t, recording.Info{
		Format: "RTC event log V2", Tool: "libwebrtc", Start: time.UnixMilli(1_700_000_000_000).UTC(), Recorder: "GoogCC",
	}, src.Info())
	sent := eventsOf[*bwe.SentPacket](evs)
	require.Len(t, sent, 7, "two have no number, and the feedback does not know them")
	first := sent[0].Seq
	require.EqualValues(t, 65534, uint16(first))
	for i, want := range []bwe.SentPacket{
		{At: at(10 * ms), Size: 1020}, {At: at(11 * ms), Size: 920},
		{At: at(12 * ms), Size: 104, Kind: bwe.PacketAudio},
		{At: at(13 * ms), Size: 1124}, {At: at(13 * ms), Size: 520, Kind: bwe.PacketRetransmission},
		{At: at(14 * ms), Size: 620}, {At: at(20 * ms), Size: 220, Kind: bwe.PacketPadding},
	} {
		want.Seq = first + int64(i)
		require.Equal(t, want, *sent[i])
	}
}

func blobs(bodies ...[]byte) []byte {
	var out []byte
	for _, b := range bodies {
		out = protowire.AppendVarint(out, uint64(len(b)))
	}

	return append(out, slices.Concat(bodies...)...)
}

func TestFeedback(t *testing.T) {
	one, two := feedbacktest.TransportWide(10, 0, 0, 0), feedbacktest.TransportWide(11, 1, 1, 0, feedbacktest.Lost)
	remb, err := (&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1e6}).Marshal()
	require.NoError(t, err)
	log := begun()
	log.OutgoingRtp = []*eventlogpb.OutgoingRtpBatch{{
		TimestampMs: proto.Int64(1010), NumberOfDeltas: proto.Uint32(2), PayloadSize: proto.Uint32(100),
		TransportSequenceNumber: proto.Uint32(10), TransportSequenceNumberDeltas: deltas(false, 16, 10, 11, 12),
	}}
	log.IncomingRtcp = []*eventlogpb.RtcpBatch{{
		TimestampMs: proto.Int64(1030), RawPacket: one, NumberOfDeltas: proto.Uint32(4),
		TimestampMsDeltas: deltas(false, 64, 1030, 1030, 1040, 1040, 1050), RawPacketBlobs: blobs(one, two, two, remb),
	}}
	evs, src := readAll(t, marshal(t, log))
	require.Zero(t, src.Damage())
	fb := eventsOf[*bwe.Feedback](evs)
	require.Len(t, fb, 2, "what is logged twice counts once")
	base := fb[0].Results[0].Seq
	require.Equal(t, &bwe.Feedback{At: at(30 * ms), Results: []bwe.PacketResult{{Seq: base, Received: true, ReceivedAt: at(30 * ms)}}}, fb[0])
	require.Equal(t, &bwe.Feedback{At: at(40 * ms), Results: []bwe.PacketResult{
		{Seq: base + 1, Received: true, ReceivedAt: at(94 * ms)}, {Seq: base + 2},
	}}, fb[1])
	require.Equal(t, []*bwe.REMB{{At: at(50 * ms), Bitrate: bwe.Mbps}}, eventsOf[*bwe.REMB](evs))
}

func TestDecisions(t *testing.T) {
	log := begun()
	log.DelayBased = []*eventlogpb.DelayBasedBatch{{
		TimestampMs: proto.Int64(1010), BitrateBps: proto.Uint32(500_000), State: proto.Uint32(1), NumberOfDeltas: proto.Uint32(2),
		TimestampMsDeltas: deltas(false, 64, 1010, 1020, 1030), BitrateBpsDeltas: deltas(true, 32, 500_000, 300_000, 310_000),
		StateDeltas: deltas(false, 8, 1, 3, 2),
	}}
	log.LossBased = []*eventlogpb.LossBasedBatch{{
		TimestampMs: proto.Int64(1015), BitrateBps: proto.Uint32(400_000), FractionLost: proto.Uint32(0), TotalPackets: proto.Uint32(20),
		NumberOfDeltas: proto.Uint32(1), TimestampMsDeltas: deltas(false, 64, 1015, 1025), FractionLostDeltas: deltas(false, 8, 0, 64),
	}}
	log.ProbeStarted = []*eventlogpb.StartedProbe{{
		TimestampMs: proto.Int64(1001), Id: proto.Uint32(1), BitrateBps: proto.Uint32(900_000), MinPackets: proto.Uint32(5), MinBytes: proto.Uint32(1688),
	}}
	log.ProbeSucceeded = []*eventlogpb.SucceededProbe{{TimestampMs: proto.Int64(1011), Id: proto.Uint32(1), BitrateBps: proto.Uint32(850_000)}}
	for i, at := range []int64{1012, 1013, 1014} {
		log.ProbeFailed = append(log.ProbeFailed, &eventlogpb.FailedProbe{TimestampMs: proto.Int64(at), Id: proto.Uint32(2), Reason: proto.Uint32(uint32(i) + 1)})
	}
	log.ApplicationLimited = []*eventlogpb.ApplicationLimited{{TimestampMs: proto.Int64(1016), Active: proto.Bool(true)}, {TimestampMs: proto.Int64(1017)}}
	log.RouteChange = []*eventlogpb.RouteChange{{TimestampMs: proto.Int64(1000), Connected: proto.Bool(true), Overhead: proto.Uint32(28)}}
	evs, src := readAll(t, marshal(t, log))
	require.Zero(t, src.Damage())
	require.Equal(t, []bwe.Event{
		&recording.Route{Connected: true, Overhead: 28},
		&recording.ProbeStarted{At: at(ms), ID: 1, Bitrate: 900 * bwe.Kbps, MinPackets: 5, MinBytes: 1688},
		&recording.DelayBased{At: at(10 * ms), Bitrate: 500 * bwe.Kbps, State: bwe.StateNormal},
		&recording.ProbeEnded{At: at(11 * ms), ID: 1, Bitrate: 850 * bwe.Kbps},
		&recording.ProbeEnded{At: at(12 * ms), ID: 2, Failure: "interval"},
		&recording.ProbeEnded{At: at(13 * ms), ID: 2, Failure: "ratio"},
		&recording.ProbeEnded{At: at(14 * ms), ID: 2, Failure: "timeout"},
		&recording.LossBased{At: at(15 * ms), Bitrate: 400 * bwe.Kbps, Packets: 20},
		&recording.ApplicationLimited{At: at(16 * ms), Active: true},
		&recording.ApplicationLimited{At: at(17 * ms)},
		&recording.DelayBased{At: at(20 * ms), Bitrate: 300 * bwe.Kbps, State: bwe.StateOveruse},
		&recording.LossBased{At: at(25 * ms), Bitrate: 400 * bwe.Kbps, Loss: 0.25, Packets: 20},
		&recording.DelayBased{At: at(30 * ms), Bitrate: 310 * bwe.Kbps, State: bwe.StateUnderuse},
	}, evs)
}

// One record that cannot be read takes nothing else with it.
func TestDamagedRecords(t *testing.T) {
	good := begun()
	good.ApplicationLimited = []*eventlogpb.ApplicationLimited{{TimestampMs: proto.Int64(1016)}}
	batch := func(change func(*eventlogpb.OutgoingRtpBatch)) *eventlogpb.EventStream {
		b := &eventlogpb.OutgoingRtpBatch{TimestampMs: proto.Int64(1010), NumberOfDeltas: proto.Uint32(1), PayloadSize: proto.Uint32(9)}
		change(b)

		return &eventlogpb.EventStream{OutgoingRtp: []*eventlogpb.OutgoingRtpBatch{b}}
	}
	rtcpBatch := func(raw []byte) *eventlogpb.EventStream {
		return &eventlogpb.EventStream{IncomingRtcp: []*eventlogpb.RtcpBatch{{
			TimestampMs: proto.Int64(1010), NumberOfDeltas: proto.Uint32(1), RawPacketBlobs: raw,
		}}}
	}
	for name, log := range map[string]*eventlogpb.EventStream{
		"no time":          batch(func(b *eventlogpb.OutgoingRtpBatch) { b.TimestampMs = nil }),
		"a negative time":  batch(func(b *eventlogpb.OutgoingRtpBatch) { b.TimestampMs = proto.Int64(-1) }),
		"too far a time":   batch(func(b *eventlogpb.OutgoingRtpBatch) { b.TimestampMs = proto.Int64(4_000_000_000_001) }),
		"too many":         batch(func(b *eventlogpb.OutgoingRtpBatch) { b.NumberOfDeltas = proto.Uint32(maxBatch) }),
		"damaged times":    batch(func(b *eventlogpb.OutgoingRtpBatch) { b.TimestampMsDeltas = []byte{0xff} }),
		"damaged sizes":    batch(func(b *eventlogpb.OutgoingRtpBatch) { b.PayloadSizeDeltas = []byte{0xff} }),
		"a huge packet":    batch(func(b *eventlogpb.OutgoingRtpBatch) { b.PayloadSize = proto.Uint32(maxPacket + 1) }),
		"no lengths":       rtcpBatch(nil),
		"too long a blob":  rtcpBatch([]byte{5, 1, 2}),
		"probe, no reason": {ProbeFailed: []*eventlogpb.FailedProbe{{TimestampMs: proto.Int64(1010)}}},
		"absent times": batch(func(b *eventlogpb.OutgoingRtpBatch) {
			b.TimestampMsDeltas = encodeDeltas(value{v: 1010, present: true}, []value{{}}, false, 64)
		}),
	} {
		t.Run(name, func(t *testing.T) {
			evs, src := readAll(t, marshal(t, begun(), log, good))
			require.Len(t, eventsOf[*recording.ApplicationLimited](evs), 1)
			require.Empty(t, eventsOf[*bwe.SentPacket](evs))
			d := src.Damage()
			require.Equal(t, 1, d.Records)
			require.Positive(t, d.Bytes)
			require.NotEmpty(t, d.First)
		})
	}
}

func TestMostInABatch(t *testing.T) {
	log := begun()
	log.OutgoingRtp = []*eventlogpb.OutgoingRtpBatch{{
		TimestampMs: proto.Int64(4_000_000_000_000), NumberOfDeltas: proto.Uint32(maxBatch - 1), PayloadSize: proto.Uint32(9),
		Ssrc: proto.Uint32(1),
	}}
	evs, src := readAll(t, marshal(t, log))
	require.Len(t, evs, maxBatch, "a log without transport-wide numbers counts them itself")
	require.Zero(t, src.Damage())
	require.EqualValues(t, maxBatch, evs[maxBatch-1].(*bwe.SentPacket).Seq)
}
