// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package capture

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// TestRoundTrip: a session that is written as a capture is read back as the same
// packets and feedback, within the resolution of the format's times.
func TestRoundTrip(t *testing.T) {
	s, err := simulated()
	require.NoError(t, err)
	all := s.wires()
	for _, c := range []struct {
		name, format string
		file         []byte
		resolution   time.Duration
	}{
		{"rtpdump", "rtpdump", asRTPDump(t, all), ms},
		{"Ethernet, VLAN", "pcap", asPcap(t, all, layers.LinkTypeEthernet, false, 1<<16), time.Microsecond},
		{"IPv6", "pcap", asPcap(t, all, layers.LinkTypeEthernet, true, 1<<16), time.Microsecond},
		{"Linux SLL", "pcap", asPcap(t, all, layers.LinkTypeLinuxSLL, false, 1<<16), time.Microsecond},
		{"Linux SLL2", "pcap", asPcap(t, all, layers.LinkTypeLinuxSLL2, true, 1<<16), time.Microsecond},
		{"raw", "pcap", asPcap(t, all, layers.LinkTypeRaw, false, 1<<16), time.Microsecond},
		{"raw IPv6", "pcap", asPcap(t, all, layers.LinkTypeRaw, true, 1<<16), time.Microsecond},
		{"loopback", "pcap", asPcap(t, all, layers.LinkTypeNull, false, 1<<16), time.Microsecond},
		{"pcapng", "pcapng", asPcapng(t, all), time.Nanosecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.True(t, Is(c.file[:16]))
			source, err := New(bytes.NewReader(c.file))
			require.NoError(t, err)
			got := drain(t, source)
			s.compare(t, got, c.resolution)
			require.False(t, source.Damage().Any(), "%+v", source.Damage())
			require.Equal(t, c.format, source.Info().Format)
			require.WithinDuration(t, begin.Add(time.Duration(s.sent[0].At)), source.Info().Start, time.Second)
			var about About
			require.NoError(t, json.Unmarshal(got.about, &about))
			require.Equal(t, uint8(wideID), about.ExtensionID)
			require.Equal(t, "sender", about.Side)
			require.Equal(t, len(s.sent), about.Packets)
			require.Equal(t, len(s.told), about.Messages)
			require.Equal(t, []uint32{videoSSRC, audioSSRC}, about.SSRCs)
		})
	}
}

// compare holds what was read to the session.
func (s *session) compare(t *testing.T, got followed, resolution time.Duration) {
	t.Helper()
	require.Len(t, got.sent, len(s.sent))
	shift := got.sent[0].Seq - s.sent[0].Seq
	begun := time.Duration(s.sent[0].At)
	for i, p := range got.sent {
		want := s.sent[i]
		require.Equal(t, want.Seq+shift, p.Seq)
		require.Equal(t, want.Size, p.Size)
		require.InDelta(t, time.Duration(want.At)-begun, time.Duration(p.At), float64(resolution))
		if want.Kind == bwe.PacketAudio || want.Kind == bwe.PacketVideo {
			require.Equal(t, want.Kind, p.Kind)
		}
	}
	require.NotEmpty(t, s.told)
	i := 0
	var clock time.Duration
	for _, f := range s.told {
		for rest := f.Results; len(rest) > 0; i++ {
			g := got.told[i]
			require.InDelta(t, time.Duration(f.At)-begun, time.Duration(g.At), float64(resolution))
			require.LessOrEqual(t, len(g.Results), len(rest))
			for j, r := range g.Results {
				want := rest[j]
				require.Equal(t, want.Seq+shift, r.Seq)
				require.Equal(t, want.Received, r.Received)
				if !r.Received {
					continue
				}
				if clock == 0 {
					clock = time.Duration(r.ReceivedAt - want.ReceivedAt)
				}
				require.InDelta(t, time.Duration(want.ReceivedAt)+clock, time.Duration(r.ReceivedAt), float64(ms))
			}
			rest = rest[len(g.Results):]
		}
	}
	require.Len(t, got.told, i)
}

// TestCutPackets: the beginning of a packet is all that is needed of media.
func TestCutPackets(t *testing.T) {
	s, err := simulated()
	require.NoError(t, err)
	var packets []wire
	for _, d := range s.wires() {
		if !d.back {
			packets = append(packets, d)
		}
	}
	source, err := New(bytes.NewReader(asPcap(t, packets, layers.LinkTypeEthernet, false, 96)))
	require.NoError(t, err)
	got := drain(t, source)
	require.Len(t, got.sent, len(s.sent))
	for i, p := range got.sent {
		require.Equal(t, s.sent[i].Size, p.Size)
	}
	require.Equal(t, "no RTCP towards the sender is in the capture: capture both directions", source.Damage().First)

	source, err = New(bytes.NewReader(asPcap(t, s.wires(), layers.LinkTypeEthernet, false, 96)))
	require.NoError(t, err)
	drain(t, source)
	require.Equal(t, errCutRTCP.Error(), source.Damage().First)
	require.Contains(t, source.Damage().First, "tcpdump -s 0")
	require.Zero(t, source.Damage().Encrypted)
}

// TestCutHeaders: without the header extensions nothing can be followed, and it is said why.
func TestCutHeaders(t *testing.T) {
	s, err := simulated()
	require.NoError(t, err)
	const udpHeaders = 14 + 20 + udpHeader
	for _, snap := range []int{udpHeaders + rtpHeader - 1, udpHeaders + rtpHeader, udpHeaders + rtpHeader + 4} {
		_, err = New(bytes.NewReader(asPcap(t, s.wires(), layers.LinkTypeEthernet, false, snap)))
		require.ErrorIs(t, err, recording.ErrFormat)
		require.ErrorContains(t, err, "tcpdump -s 0", snap)
	}
}

func TestHasHeader(t *testing.T) {
	whole := append([]byte{0x91, 96}, make([]byte, 10+4)...)
	whole = append(whole, 0xbe, 0xde, 0, 1, 0x10, 0, 0, 0)
	require.True(t, hasHeader(whole))
	for n := range whole {
		require.False(t, hasHeader(whole[:n]), n)
	}
	require.True(t, hasHeader(append([]byte{0x80}, make([]byte, 11)...)))
	require.False(t, hasHeader(append([]byte{0x81}, make([]byte, 14)...)))
}

func TestNothingToFollow(t *testing.T) {
	plain := []wire{}
	for i := range 20 {
		plain = append(plain, wire{at: time.Duration(i) * 10 * ms, payload: media(5, uint16(i), 0, 7, 500)})
	}
	for _, c := range []struct {
		name, why string
		file      []byte
		options   Options
	}{
		{"empty", "this is no rtpdump, pcap or pcapng file", nil, Options{}},
		{"text", "this is no rtpdump, pcap or pcapng file", []byte("hello, this is nothing"), Options{}},
		{"rtpdump's header", "rtpdump: the file's header is not whole", []byte(rtpdumpMagic + "1.2.3.4/5\n\x00"), Options{}},
		{"pcap's header", "pcap: the file's header cannot be read", asPcap(t, nil, layers.LinkTypeRaw, false, 99)[:20], Options{}},
		{"pcapng's header", "pcapng: the file's header cannot be read", asPcapng(t, nil)[:20], Options{}},
		{"no packets", "no RTP over UDP is in the capture: 0 UDP datagrams", asPcap(t, nil, layers.LinkTypeRaw, false, 99), Options{}},
		{"not numbered", "the most is 20 packets from 192.0.2.1:50000, has a transport-wide sequence number", asPcap(t, plain, layers.LinkTypeRaw, false, 999), Options{}},
		{"no such SSRC", "no RTP of the sender that was asked for", asPcap(t, plain, layers.LinkTypeRaw, false, 999), Options{SSRC: 6}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(bytes.NewReader(c.file), c.options)
			require.ErrorIs(t, err, recording.ErrFormat)
			require.ErrorContains(t, err, c.why)
		})
	}
}
