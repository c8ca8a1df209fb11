// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"encoding/binary"
	"io"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v4/packetio"
	"github.com/pion/webrtc/v4"
)

// rtcpTap is the buffer behind one SRTCP stream; it also shows each packet to the
// session. pion hands RTCP out by the SSRC that it is addressed to, so that a DLRR,
// addressed to the SSRC of our reports, has no reader.
type rtcpTap struct {
	*packetio.Buffer
	packets func([]rtcp.Packet)
}

// Write implements [io.Writer].
func (t *rtcpTap) Write(b []byte) (int, error) {
	if pkts, err := rtcp.Unmarshal(b); err == nil {
		t.packets(pkts)
	}

	return t.Buffer.Write(b)
}

// bufferFactory makes the buffers between SRTP and the readers, as pion would, with
// the taps on RTCP and on FEC; the latter may be nil.
func bufferFactory(packets func([]rtcp.Packet), fec *fecTap) func(packetio.BufferPacketType, uint32) io.ReadWriteCloser {
	return func(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
		b := packetio.NewBuffer()
		if kind == packetio.RTCPBufferPacket {
			b.SetLimitSize(rtcpBufferSize)

			return &rtcpTap{Buffer: b, packets: packets}
		}
		b.SetLimitSize(rtpBufferSize)
		if fec != nil {
			return &rtpTap{Buffer: b, ssrc: ssrc, tap: fec}
		}

		return b
	}
}

// repairTap is an interceptor that takes RTX packets (RFC 4588) as they arrive. pion
// would hold them back until the next packet of the media stream: too late at the end
// of a burst, never at the end of the stream.
type repairTap struct {
	interceptor.NoOp

	repair func(ssrc uint32, packet []byte)
}

// NewInterceptor implements [interceptor.Factory].
func (t *repairTap) NewInterceptor(string) (interceptor.Interceptor, error) {
	return t, nil
}

// maxReadErrors bounds the unreadable packets in a row that a reader puts up with.
const maxReadErrors = 100

// BindRemoteStream implements [interceptor.Interceptor].
func (t *repairTap) BindRemoteStream(info *interceptor.StreamInfo, reader interceptor.RTPReader) interceptor.RTPReader {
	if info.MimeType != webrtc.MimeTypeRTX {
		return reader
	}

	return interceptor.RTPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		for failures := 0; ; failures++ {
			n, attributes, err := reader.Read(b, a)
			switch {
			case err == nil:
				t.repair(info.SSRC, b[:n])

				return 0, attributes, nil // pion skips empty packets
			case isClosed(err) || failures == maxReadErrors:
				return 0, attributes, err
			}
		}
	})
}

// originalPacket reads an RTX packet as the packet that it repeats (RFC 4588, section
// 4): its payload is the original sequence number and payload. It reports false for
// packets without content, which are probes, and for malformed ones.
func originalPacket(raw []byte, h *rtp.Header) (p rtpPacket, ok bool) {
	payload, ok := readRTP(raw, h)
	if !ok || len(payload) < 2 {
		return rtpPacket{}, false
	}

	return rtpPacket{
		seq: binary.BigEndian.Uint16(payload), timestamp: h.Timestamp, marker: h.Marker, payload: payload[2:],
	}, true
}

// readRTP reads a packet's header and returns its payload without padding.
func readRTP(raw []byte, h *rtp.Header) ([]byte, bool) {
	n, err := h.Unmarshal(raw)
	if err != nil {
		return nil, false
	}
	payload := raw[n:]
	if !h.Padding {
		return payload, true
	}
	if len(payload) == 0 {
		return nil, false
	}
	pad := int(payload[len(payload)-1])
	if pad == 0 || pad > len(payload) {
		return nil, false
	}

	return payload[:len(payload)-pad], true
}
