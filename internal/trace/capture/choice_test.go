// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package capture

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

func open(t *testing.T, all []wire, o Options) (followed, About, recording.Source) {
	t.Helper()
	slices.SortStableFunc(all, func(a, b wire) int { return int(a.at - b.at) })
	source, err := Open(bytes.NewReader(asPcap(t, all, layers.LinkTypeEthernet, false, 1<<16)), o)
	require.NoError(t, err)
	got := drain(t, source)
	var about About
	require.NoError(t, json.Unmarshal(got.about, &about))

	return got, about, source
}

// TestEncrypted: of SRTP, the packets are told, and a clear word is said of the RTCP.
func TestEncrypted(t *testing.T) {
	s, err := simulated()
	require.NoError(t, err)
	for _, profile := range []srtp.ProtectionProfile{
		srtp.ProtectionProfileAes128CmHmacSha1_80, srtp.ProtectionProfileAes128CmHmacSha1_32, srtp.ProtectionProfileAeadAes128Gcm,
	} {
		t.Run(profile.String(), func(t *testing.T) {
			key, salt := make([]byte, 16), make([]byte, 14)
			if profile == srtp.ProtectionProfileAeadAes128Gcm {
				salt = salt[:12]
			}
			c, err := srtp.CreateContext(key, salt, profile)
			require.NoError(t, err)
			all := s.wires()
			for i := range all {
				if all[i].back {
					all[i].payload, err = c.EncryptRTCP(nil, all[i].payload, nil)
				} else {
					all[i].payload, err = c.EncryptRTP(nil, all[i].payload, nil)
				}
				require.NoError(t, err)
			}
			got, about, source := open(t, all, Options{})
			require.Len(t, got.sent, len(s.sent))
			require.Empty(t, got.told)
			require.Equal(t, recording.Damage{Encrypted: len(s.told), First: errEncrypted.Error()}, source.Damage())
			require.Equal(t, len(s.told), about.Encrypted)
			require.Equal(t, uint8(wideID), about.ExtensionID)
			for i, p := range got.sent {
				require.Equal(t, s.sent[i].Kind == bwe.PacketAudio, p.Kind == bwe.PacketAudio)
			}
		})
	}
}

// TestCapturedAtTheReceiver: what was lost on the way is not in the capture.
func TestCapturedAtTheReceiver(t *testing.T) {
	s, err := simulated()
	require.NoError(t, err)
	received := map[int64]bool{}
	for _, f := range s.told {
		for _, r := range f.Results {
			received[r.Seq] = r.Received
		}
	}
	all, sent := []wire{}, 0
	for _, d := range s.wires() {
		if !d.back {
			if arrived, told := received[s.sent[sent].Seq]; told && !arrived {
				sent++

				continue
			}
			sent++
		}
		all = append(all, d)
	}
	got, about, source := open(t, all, Options{})
	require.Less(t, len(got.sent), len(s.sent))
	require.Equal(t, "receiver", about.Side)
	require.Equal(t, "pcap, captured at the receiver: what the path did is not in it", source.Info().Format)
	require.Positive(t, source.Damage().Unmatched)
}

// TestRFC8888: without transport-wide sequence numbers, this feedback tells of packets by
// their own.
func TestRFC8888(t *testing.T) {
	all := []wire{}
	for i := range 40 {
		p := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: videoSSRC, SequenceNumber: uint16(65_530 + i), Timestamp: uint32(i) * 900}, Payload: make([]byte, 500)}
		b, err := p.Marshal()
		require.NoError(t, err)
		all = append(all, wire{at: time.Duration(i) * 10 * ms, payload: b})
	}
	report := rtcp.CCFeedbackReport{ReportTimestamp: 5 << 16, ReportBlocks: []rtcp.CCFeedbackReportBlock{{
		MediaSSRC: videoSSRC, BeginSequence: 65_534, MetricBlocks: []rtcp.CCFeedbackMetricBlock{
			{Received: true, ArrivalTimeOffset: 20}, {}, {Received: true, ArrivalTimeOffset: 10},
		},
	}}}
	b, err := report.Marshal()
	require.NoError(t, err)
	// RTCP on its own port.
	all = append(all, wire{at: 105 * ms, back: true, above: 1, payload: b})
	got, about, source := open(t, all, Options{})
	require.Len(t, got.sent, 40)
	require.Len(t, got.told, 1)
	require.Equal(t, []bool{true, false, true}, []bool{got.told[0].Results[0].Received, got.told[0].Results[1].Received, got.told[0].Results[2].Received})
	require.Equal(t, got.sent[4].Seq, got.told[0].Results[0].Seq)
	require.Zero(t, about.ExtensionID)
	require.False(t, source.Damage().Any())

	// Other RTCP alone does not make the flow one that can be followed.
	i := slices.IndexFunc(all, func(d wire) bool { return d.back })
	all[i].payload, err = (&rtcp.ReceiverReport{}).Marshal()
	require.NoError(t, err)
	_, err = New(bytes.NewReader(asPcap(t, all, layers.LinkTypeRaw, false, 1<<16)))
	require.ErrorIs(t, err, recording.ErrFormat)
}

func TestREMB(t *testing.T) {
	b, err := (&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 512_000, SSRCs: []uint32{videoSSRC}}).Marshal()
	require.NoError(t, err)
	got, _, _ := open(t, append(few(20), wire{at: 7 * ms, back: true, payload: b}), Options{})
	require.Equal(t, []bwe.REMB{{At: bwe.Time(7 * ms), Bitrate: 512_000}}, got.rembs)
}

func TestWhichFlow(t *testing.T) {
	all := few(30)
	for i := range 60 {
		all = append(all, wire{at: time.Duration(i) * ms, above: 10, payload: media(audioSSRC, uint16(i), 0, uint16(7*i), 1000)})
	}
	_, about, source := open(t, all, Options{})
	require.Equal(t, "192.0.2.1:50010", about.Sender)
	require.Equal(t, "198.51.100.2:3488", about.Receiver)
	require.Equal(t, 1, about.OtherFlows)
	require.Equal(t, "pcap, one of 2 flows of RTP", source.Info().Format)
	for name, o := range map[string]Options{
		"port":    {Sender: netip.MustParseAddrPort("192.0.2.1:50000")},
		"SSRC":    {Sender: netip.MustParseAddrPort("192.0.2.1:0"), SSRC: videoSSRC},
		"numbers": {SSRC: videoSSRC, ExtensionID: wideID},
	} {
		got, about, _ := open(t, all, o)
		require.Equal(t, "192.0.2.1:50000", about.Sender, name)
		require.Len(t, got.sent, 30, name)
	}
	got, about, plain := open(t, few(30), Options{ExtensionID: 4})
	require.Zero(t, about.OtherFlows)
	require.Equal(t, "pcap", plain.Info().Format)
	require.Equal(t, uint8(4), about.ExtensionID)
	require.Len(t, got.sent, 1, "an id that was asked for is taken: its number never changes")
	_, err := Open(bytes.NewReader(asPcap(t, all, layers.LinkTypeRaw, false, 1<<16)), Options{Sender: netip.MustParseAddrPort("192.0.2.9:0")})
	require.ErrorContains(t, err, "no RTP of the sender that was asked for")
}

func TestTransportWide(t *testing.T) {
	for _, c := range []struct {
		name   string
		number func(i int) uint16
		want   uint8
	}{
		{"by one", func(i int) uint16 { return uint16(65_500 + i) }, wideID},
		{"twice", func(i int) uint16 { return uint16(i / 2) }, wideID},
		{"with gaps", func(i int) uint16 { return uint16(i * maxStepOver) }, wideID},
		{"gaps too wide", func(i int) uint16 { return uint16(i * (maxStepOver + 1)) }, 0},
		{"always the same", func(int) uint16 { return 5 }, 0},
		{"downwards", func(i int) uint16 { return uint16(-i) }, 0},
		{"noise", func(i int) uint16 { return uint16(i * i * 7919) }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var packets []packet
			for i := range 40 {
				p := packet{count: 2, extension: [maxCandidates]candidate{{9, 0x3130}, {wideID, c.number(i)}}}
				packets = append(packets, p)
			}
			require.Equal(t, c.want, transportWide(packets))
		})
	}
	few := make([]packet, minSteps)
	for i := range few {
		few[i] = packet{count: 1, extension: [maxCandidates]candidate{{wideID, uint16(i)}}}
	}
	require.Zero(t, transportWide(few), "too few to tell")
	few = append(few, packet{count: 1, extension: [maxCandidates]candidate{{wideID, minSteps}}})
	require.Equal(t, uint8(wideID), transportWide(few))
}

// TestKinds: what a packet carries is told without SDP.
func TestKinds(t *testing.T) {
	const repairSSRC = 0x3333
	var all []wire
	wide := uint16(0)
	add := func(at time.Duration, ssrc uint32, seq int, timestamp uint32, padded bool) {
		b := media(ssrc, uint16(seq), timestamp, wide, 200)
		wide++
		if padded {
			b[0] |= 0x20
			b[len(b)-1] = 200 - rtpHeader
		}
		all = append(all, wire{at: at, payload: b})
	}
	want := []bwe.PacketKind{}
	for i := range 50 {
		at := time.Duration(i) * 20 * ms
		add(at, videoSSRC, i, uint32(i)*1800, false)
		add(at+ms, audioSSRC, i, 1<<30+uint32(i)*960, false)
		add(at+2*ms, repairSSRC, i, uint32(i)*1800, i%2 == 1)
		add(at+3*ms, videoSSRC, i, uint32(i)*1800, false)
		repair := bwe.PacketRetransmission
		if i%2 == 1 {
			repair = bwe.PacketPadding
		}
		want = append(want, bwe.PacketVideo, bwe.PacketAudio, repair, bwe.PacketRetransmission)
	}
	got, about, _ := open(t, all, Options{})
	kinds := make([]bwe.PacketKind, len(got.sent))
	for i := range got.sent {
		kinds[i] = got.sent[i].Kind
	}
	require.Equal(t, want, kinds)
	require.Equal(t, []uint32{videoSSRC, audioSSRC, repairSSRC}, about.SSRCs)
}

// TestBesideTheFlow: what is not followed is counted.
func TestBesideTheFlow(t *testing.T) {
	all := few(20)
	unnumbered, err := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: audioSSRC}}).Marshal()
	require.NoError(t, err)
	all = append(all,
		wire{at: 1 * ms, payload: unnumbered},
		wire{at: 2 * ms, payload: []byte{0x40, 1, 0, 4, 0x80, 0, 0, 0}}, // TURN
		wire{at: 3 * ms, payload: []byte{0, 1, 0, 0}},                   // STUN
		wire{at: 4 * ms, payload: nil},
		wire{at: 5 * ms, payload: few(2)[1].payload}, // captured twice
	)
	slices.SortStableFunc(all, func(a, b wire) int { return int(a.at - b.at) })
	var out bytes.Buffer
	w := pcapgo.NewWriter(&out)
	require.NoError(t, w.WriteFileHeader(1<<16, layers.LinkTypeEthernet))
	for _, d := range all {
		b := framed(t, layers.LinkTypeEthernet, false, d)
		require.NoError(t, w.WritePacket(infoOf(d.at, len(b), len(b)), b))
	}
	for _, stack := range [][]gopacket.SerializableLayer{
		{&layers.Ethernet{SrcMAC: make([]byte, 6), DstMAC: make([]byte, 6), EthernetType: layers.EthernetTypeIPv4},
			&layers.IPv4{Version: 4, Protocol: layers.IPProtocolTCP, SrcIP: []byte{1, 2, 3, 4}, DstIP: []byte{1, 2, 3, 4}}, &layers.TCP{}},
		{&layers.Ethernet{SrcMAC: make([]byte, 6), DstMAC: make([]byte, 6), EthernetType: layers.EthernetTypeARP}},
	} {
		buffer := gopacket.NewSerializeBuffer()
		require.NoError(t, gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{FixLengths: true}, stack...))
		require.NoError(t, w.WritePacket(infoOf(time.Second, len(buffer.Bytes()), len(buffer.Bytes())), buffer.Bytes()))
	}
	source, err := New(bytes.NewReader(out.Bytes()))
	require.NoError(t, err)
	got := drain(t, source)
	require.Len(t, got.sent, 20)
	var about About
	require.NoError(t, json.Unmarshal(got.about, &about))
	require.Equal(t, 1, about.Unnumbered)
	require.Equal(t, others{TCP: 1, TURN: 1, Unsupported: 1}, about.others)
	require.Equal(t, 21, about.Packets)
}

// TestHeadersOnly: an rtpdump may keep the headers of packets, and their lengths.
func TestHeadersOnly(t *testing.T) {
	file := asRTPDump(t, nil)
	for i, d := range few(20) {
		kept := d.payload[:40]
		file = append(file, 0, byte(len(kept)+rtpdumpRecord), byte(len(d.payload)>>8), byte(len(d.payload)), 0, 0, 0, byte(5*i))
		file = append(file, kept...)
	}
	source, err := New(bytes.NewReader(file))
	require.NoError(t, err)
	got := drain(t, source)
	require.Len(t, got.sent, 20)
	require.Equal(t, 419, got.sent[19].Size)
}

func BenchmarkOpen(b *testing.B) {
	const packets = 50_000
	var all []wire
	for i := range packets {
		at := time.Duration(i) * time.Millisecond
		all = append(all, wire{at: at, payload: media(videoSSRC, uint16(i), uint32(i)*90, uint16(i), 1200)})
	}
	file := asPcap(b, all, layers.LinkTypeEthernet, false, 1<<16)
	b.ReportAllocs()
	for b.Loop() {
		source, err := New(bytes.NewReader(file))
		require.NoError(b, err)
		for err == nil {
			_, err = source.Next()
		}
	}
	b.ReportMetric(float64(packets)*float64(b.N)/b.Elapsed().Seconds(), "packets/s")
}
