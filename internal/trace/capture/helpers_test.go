// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package capture

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/pion/rtp"
	dump "github.com/pion/webrtc/v4/pkg/media/rtpdump"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/ccfeedback/feedbacktest"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

const (
	ms = time.Millisecond
	// wideID is what the transport-wide sequence number is negotiated as.
	wideID     = 3
	videoSSRC  = 0x1111
	audioSSRC  = 0x2222
	senderPort = 50_000
	peerPort   = 3478
)

var begin = time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)

// wire is one datagram, to the peer or from it.
type wire struct {
	at   time.Duration
	back bool
	// above is how far the ports are above the usual ones.
	above   uint16
	payload []byte
}

// media builds the RTP packet that carries a transport-wide sequence number.
func media(ssrc uint32, seq uint16, timestamp uint32, wide uint16, size int) []byte {
	p := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: seq, Timestamp: timestamp, SSRC: ssrc}}
	_ = p.SetExtension(1, []byte{0x10})
	_ = p.SetExtension(wideID, binary.BigEndian.AppendUint16(nil, wide))
	_ = p.SetExtension(4, []byte("10"))
	p.Payload = make([]byte, max(0, size-p.MarshalSize()))
	b, _ := p.Marshal()

	return b
}

// session is what a simulated sender sent and heard.
type session struct {
	sent []bwe.SentPacket
	told []bwe.Feedback
}

// simulated is 10 s over a path with loss, every fifth packet taken for audio.
var simulated = sync.OnceValues(func() (session, error) {
	scenarios, err := netsim.Select("loss-2")
	if err != nil {
		return session{}, err
	}
	choice, err := netsim.ParseChoice("gcc")
	if err != nil {
		return session{}, err
	}
	scenarios[0].Duration = netsim.Duration(10 * time.Second)
	s := session{}
	_, err = netsim.Run(context.Background(), &scenarios[0], netsim.Options{
		Flows: []netsim.Choice{choice}, Seed: 1,
		Observe: func(int) bwe.Observer {
			return func(ev bwe.Event) {
				switch e := ev.(type) {
				case *bwe.SentPacket:
					p := *e
					if len(s.sent)%5 == 0 {
						p.Kind = bwe.PacketAudio
					}
					s.sent = append(s.sent, p)
				case *bwe.Feedback:
					s.told = append(s.told, bwe.Feedback{At: e.At, Results: slices.Clone(e.Results)})
				}
			}
		},
	})

	return s, err
})

// wires returns what the session put on the wire. Numbers begin shortly before they wrap.
func (s *session) wires() []wire {
	const shift = 65_000
	var all []wire
	for i, p := range s.sent {
		ssrc, timestamp := uint32(videoSSRC), uint32(int64(p.At)*9/100_000)
		if p.Kind == bwe.PacketAudio {
			ssrc, timestamp = audioSSRC, 1<<31+uint32(int64(p.At)*48/1_000_000)
		}
		all = append(all, wire{at: time.Duration(p.At), payload: media(ssrc, uint16(i), timestamp, uint16(p.Seq+shift), p.Size)})
	}
	count := uint8(0)
	for _, f := range s.told {
		var compound []byte
		for run := f.Results; len(run) > 0; {
			n := 1
			for n < len(run) && run[n].Seq == run[0].Seq+int64(n) {
				n++
			}
			compound = append(compound, transportWideOf(run[:n], uint16(run[0].Seq+shift), count)...)
			count++
			run = run[n:]
		}
		all = append(all, wire{at: time.Duration(f.At), back: true, payload: compound})
	}
	slices.SortStableFunc(all, func(a, b wire) int { return int(a.at - b.at) })

	return all
}

func transportWideOf(run []bwe.PacketResult, base uint16, count uint8) []byte {
	reference := int64(0)
	for _, r := range run {
		if r.Received {
			reference = int64(r.ReceivedAt) / int64(64*ms)

			break
		}
	}
	arrivals := make([]time.Duration, len(run))
	for i, r := range run {
		arrivals[i] = feedbacktest.Lost
		if r.Received {
			arrivals[i] = time.Duration(r.ReceivedAt) - time.Duration(reference)*64*ms
		}
	}

	return feedbacktest.TransportWide(base, uint32(reference)&0xffffff, count, arrivals...)
}

// asRTPDump writes datagrams as an rtpdump file.
func asRTPDump(t testing.TB, all []wire) []byte {
	var out bytes.Buffer
	w, err := dump.NewWriter(&out, dump.Header{Start: begin, Source: net.IPv4(127, 0, 0, 1), Port: 5000})
	require.NoError(t, err)
	for _, d := range all {
		require.NoError(t, w.WritePacket(dump.Packet{Offset: d.at, IsRTCP: d.back, Payload: d.payload}))
	}

	return out.Bytes()
}

// framed returns a datagram in the layers of a link.
func framed(t testing.TB, link layers.LinkType, six bool, d wire) []byte {
	a, b := net.IPv4(192, 0, 2, 1).To4(), net.IPv4(198, 51, 100, 2).To4()
	if six {
		a, b = net.ParseIP("2001:db8::1"), net.ParseIP("2001:db8::2")
	}
	udp := layers.UDP{SrcPort: senderPort + layers.UDPPort(d.above), DstPort: peerPort + layers.UDPPort(d.above)}
	if d.back {
		a, b = b, a
		udp.SrcPort, udp.DstPort = udp.DstPort, udp.SrcPort
	}
	var ip gopacket.SerializableLayer = &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: a, DstIP: b}
	family, kind := layers.ProtocolFamilyIPv4, layers.EthernetTypeIPv4
	if six {
		ip = &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: layers.IPProtocolUDP, SrcIP: a, DstIP: b}
		family, kind = layers.ProtocolFamilyIPv6Linux, layers.EthernetTypeIPv6
	}
	var below []byte
	mac := make([]byte, 6)
	stack := []gopacket.SerializableLayer{ip, &udp, gopacket.Payload(d.payload)}
	switch link {
	case layers.LinkTypeEthernet:
		stack = append([]gopacket.SerializableLayer{
			&layers.Ethernet{SrcMAC: mac, DstMAC: mac, EthernetType: layers.EthernetTypeQinQ},
			&layers.Dot1Q{VLANIdentifier: 5, Type: layers.EthernetTypeDot1Q},
			&layers.Dot1Q{VLANIdentifier: 6, Type: kind},
		}, stack...)
	case layers.LinkTypeLinuxSLL:
		below = binary.BigEndian.AppendUint16(make([]byte, 14), uint16(kind))
	case layers.LinkTypeLinuxSLL2:
		below = append(binary.BigEndian.AppendUint16(nil, uint16(kind)), make([]byte, 18)...)
		below[9] = 1
	case layers.LinkTypeNull:
		below = binary.LittleEndian.AppendUint32(nil, uint32(family))
	}
	buffer := gopacket.NewSerializeBuffer()
	require.NoError(t, gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{FixLengths: true}, stack...))

	return append(below, buffer.Bytes()...)
}

func infoOf(at time.Duration, kept, length int) gopacket.CaptureInfo {
	return gopacket.CaptureInfo{Timestamp: begin.Add(at), CaptureLength: kept, Length: length}
}

// asPcap writes datagrams as a pcap file that keeps so many bytes of each packet.
func asPcap(t testing.TB, all []wire, link layers.LinkType, six bool, snap int) []byte {
	var out bytes.Buffer
	w := pcapgo.NewWriter(&out)
	require.NoError(t, w.WriteFileHeader(uint32(snap), link))
	for _, d := range all {
		b := framed(t, link, six, d)
		require.NoError(t, w.WritePacket(infoOf(d.at, min(snap, len(b)), len(b)), b[:min(snap, len(b))]))
	}

	return out.Bytes()
}

// asPcapng writes datagrams as a pcapng file, those from the peer on another interface.
func asPcapng(t testing.TB, all []wire) []byte {
	var out bytes.Buffer
	w, err := pcapgo.NewNgWriter(&out, layers.LinkTypeEthernet)
	require.NoError(t, err)
	raw, err := w.AddInterface(pcapgo.NgInterface{Name: "raw", LinkType: layers.LinkTypeRaw, TimestampResolution: 9})
	require.NoError(t, err)
	for _, d := range all {
		link, on := layers.LinkTypeEthernet, 0
		if d.back {
			link, on = layers.LinkTypeRaw, raw
		}
		b := framed(t, link, false, d)
		info := infoOf(d.at, len(b), len(b))
		info.InterfaceIndex = on
		require.NoError(t, w.WritePacket(info, b))
	}
	require.NoError(t, w.Flush())

	return out.Bytes()
}

// followed is what was read of a capture.
type followed struct {
	about []byte
	sent  []bwe.SentPacket
	told  []bwe.Feedback
	rembs []bwe.REMB
}

func drain(t require.TestingT, s recording.Source) (got followed) {
	last := bwe.Time(0)
	for {
		ev, err := s.Next()
		if errors.Is(err, io.EOF) {
			require.NoError(t, s.Close())

			return got
		}
		require.NoError(t, err)
		if ev.Time() < last {
			require.Fail(t, "times go back")
		}
		last = ev.Time()
		switch e := ev.(type) {
		case *recording.Note:
			require.Equal(t, "capture", e.Name)
			got.about = e.Fields
		case *bwe.SentPacket:
			got.sent = append(got.sent, *e)
		case *bwe.Feedback:
			got.told = append(got.told, bwe.Feedback{At: e.At, Results: slices.Clone(e.Results)})
		case *bwe.REMB:
			got.rembs = append(got.rembs, *e)
		default:
			require.Fail(t, "unexpected event", "%T", ev)
		}
	}
}
