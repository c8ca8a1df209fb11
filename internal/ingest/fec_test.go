// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/flexfec"
)

const (
	fecMedia, fecRTX, fecSSRC = 0x10, 0x11, 0x12
	fecStamp                  = 5
)

func fecSDP(groups, codec string) string {
	return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 118\r\n" +
		"a=rtpmap:96 H264/90000\r\na=rtpmap:118 " + codec + "\r\n" + groups +
		fmt.Sprintf("a=extmap:%d/recvonly %s\r\n", fecStamp, sdp.TransportCCURI)
}

func fecOffer() string {
	return fecSDP(fmt.Sprintf("a=ssrc-group:FID %d %d\r\na=ssrc-group:FEC-FR %d %d\r\n", fecMedia, fecRTX, fecMedia, fecSSRC),
		"flexfec-03/90000")
}

// reported is a transport-wide feedback that keeps what it is told of.
type reported struct {
	interceptor.NoOp
	packets [][]byte
}

func (r *reported) NewInterceptor(string) (interceptor.Interceptor, error) { return r, nil }

func (r *reported) BindRemoteStream(_ *interceptor.StreamInfo, reader interceptor.RTPReader) interceptor.RTPReader {
	return interceptor.RTPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		n, a, err := reader.Read(b, a)
		r.packets = append(r.packets, append([]byte(nil), b[:n]...))

		return n, a, err
	})
}

// fecPackets returns n packets of media, their repeats and their FEC.
func fecPackets(t testing.TB, n int) (media, repeats, fec [][]byte) {
	t.Helper()
	var blocks []flexfec.Media
	for i := range n {
		p := &rtp.Packet{
			Header:  rtp.Header{Version: 2, PayloadType: 96, SSRC: fecMedia, SequenceNumber: uint16(65534 + i), Timestamp: 7},
			Payload: []byte{byte(i), 1, 2},
		}
		require.NoError(t, p.SetExtension(fecStamp, []byte{0, 0}))
		raw, err := p.Marshal()
		require.NoError(t, err)
		media = append(media, raw)
		size := p.Header.MarshalSize()
		blocks = append(blocks, flexfec.Media{Header: raw[:size], Payload: raw[size:]})
		osn := binary.BigEndian.AppendUint16(nil, p.SequenceNumber)
		p.SSRC, p.PayloadType, p.SequenceNumber, p.Payload = fecRTX, 97, uint16(i), append(osn, p.Payload...)
		raw, err = p.Marshal()
		require.NoError(t, err)
		repeats = append(repeats, raw)
	}
	var encoder flexfec.Encoder
	for i, payload := range encoder.Encode(blocks, 1) {
		raw, err := (&rtp.Packet{
			Header: rtp.Header{Version: 2, PayloadType: 118, SSRC: fecSSRC, SequenceNumber: uint16(i)}, Payload: payload,
		}).Marshal()
		require.NoError(t, err)
		fec = append(fec, raw)
	}

	return media, repeats, fec
}

func newFECTap(offer, answer string) (tap *fecTap, feedback *reported, recovered *[][]byte) {
	recovered, feedback = new([][]byte), &reported{}
	tap = &fecTap{recovered: func(media uint32, p []byte) {
		if media == fecMedia {
			*recovered = append(*recovered, append([]byte(nil), p...))
		}
	}}
	_, _ = (&observedFeedback{feedback, tap}).NewInterceptor("")
	tap.negotiated(offer, answer)

	return tap, feedback, recovered
}

func TestFECGivesBackWhatIsLost(t *testing.T) {
	media, repeats, fec := fecPackets(t, 4)
	for name, repeated := range map[string]bool{"one packet": false, "two packets, one of them repeated": true} {
		t.Run(name, func(t *testing.T) {
			tap, feedback, recovered := newFECTap(fecOffer(), fecSDP("", "FlexFEC-03/90000"))
			for i, p := range media {
				if i != 1 && (i != 2 || !repeated) {
					require.False(t, tap.packet(fecMedia, p))
				}
			}
			require.True(t, tap.packet(fecSSRC, fec[0]))
			if repeated {
				require.Empty(t, *recovered)
				require.False(t, tap.packet(fecRTX, repeats[2]))
			}
			require.Equal(t, [][]byte{media[1]}, *recovered)
			require.Equal(t, fec, feedback.packets, "FEC is reported like all that arrives")
		})
	}
}

func TestFECThatIsNotNegotiated(t *testing.T) {
	media, _, fec := fecPackets(t, 4)
	for name, tc := range map[string][2]string{
		"not answered":     {fecOffer(), fecSDP("", "rtx/90000")},
		"without a group":  {fecSDP("", "flexfec-03/90000"), fecSDP("", "flexfec-03/90000")},
		"a group of words": {fecSDP("a=ssrc-group:FEC-FR one two\r\n", "flexfec-03/90000"), fecSDP("", "flexfec-03/90000")},
		"no SDP":           {"", ""},
		"a section less":   {fecOffer(), "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			tap, _, recovered := newFECTap(tc[0], tc[1])
			require.False(t, tap.packet(fecMedia, media[0]))
			require.False(t, tap.packet(fecSSRC, fec[0]))
			require.Empty(t, *recovered)
		})
	}
}

func FuzzFECTap(f *testing.F) {
	media, repeats, fec := fecPackets(f, 4)
	f.Add(uint8(0), media[0])
	f.Add(uint8(1), repeats[1])
	f.Add(uint8(2), fec[0])
	f.Fuzz(func(_ *testing.T, stream uint8, raw []byte) {
		tap, _, _ := newFECTap(fecOffer(), fecOffer())
		tap.packet(fecMedia, media[0])
		tap.packet(fecMedia+uint32(stream%4), raw)
		tap.packet(fecSSRC, fec[0])
		tap.packet(fecRTX, repeats[1])
	})
}
