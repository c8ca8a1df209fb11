// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/rtmcc/rtmcc/bwe"
)

// The RTCP packets that the sender reads.
const (
	rtcpHeader          = 4
	rtcpSenderReport    = 200
	rtcpReceiverReport  = 201
	rtcpTransportFB     = 205
	rtcpPayloadFB       = 206
	rtcpExtendedReport  = 207
	formatNACK          = 1
	formatREMB          = 15
	formatCCFB          = 11
	formatTransportWide = 15
)

// nextRTCP splits the first packet off a compound. ok is false where what is left is
// no RTCP. A length beyond the end is cut there: pion keeps a header's length when
// it drops bytes behind a message.
func nextRTCP(b []byte) (p, rest []byte, ok bool) {
	if len(b) < rtcpHeader || b[0]>>6 != 2 {
		return nil, nil, false
	}
	n := min(len(b), (int(binary.BigEndian.Uint16(b[2:]))+1)*4)

	return b[:n], b[n:], true
}

// rtcpKind returns the packet type and the count or format field.
func rtcpKind(b []byte) (packetType, format uint8) { return b[1], b[0] & 0x1f }

// parseNACK calls each for every packet that a generic NACK (RFC 4585 section 6.2.1)
// asks for. The sender's SSRC is of no interest: servers put anything into it.
func parseNACK(b []byte, each func(seq uint16)) (mediaSSRC uint32, err error) {
	const head = 12
	if len(b) < head+4 {
		return 0, errMalformed
	}
	mediaSSRC = binary.BigEndian.Uint32(b[8:])
	for b = b[head:]; len(b) >= 4; b = b[4:] {
		seq := binary.BigEndian.Uint16(b)
		each(seq)
		for mask := binary.BigEndian.Uint16(b[2:]); mask != 0; mask &= mask - 1 {
			each(seq + 1 + uint16(bits.TrailingZeros16(mask)))
		}
	}

	return mediaSSRC, nil
}

// parseREMB reads a receiver's estimate, draft-alvestrand-rmcat-remb-03 section 2.2.
// ok is false for other application layer feedback.
func parseREMB(b []byte) (rate bwe.Bitrate, ok bool, err error) {
	if len(b) < 16 || string(b[12:16]) != "REMB" {
		return 0, false, nil
	}
	if len(b) < 20 {
		return 0, false, errMalformed
	}
	exponent := b[17] >> 2
	mantissa := uint64(b[17]&3)<<16 | uint64(binary.BigEndian.Uint16(b[18:]))
	if bits.Len64(mantissa)+int(exponent) > 62 {
		return math.MaxInt64 / 2, true, nil
	}

	return bwe.Bitrate(mantissa << exponent), true, nil
}

// reportBlock is what is read of a report block, RFC 3550 section 6.4.1. Its loss is
// not: servers report it always as zero, or as something else.
type reportBlock struct {
	ssrc uint32
	lsr  uint32
	dlsr uint32
}

// parseReports calls each for every report block of a sender or receiver report.
func parseReports(b []byte, each func(reportBlock)) error {
	packetType, count := rtcpKind(b)
	head := 8
	if packetType == rtcpSenderReport {
		head = 28
	}
	const size = 24
	if len(b) < head+int(count)*size {
		return errMalformed
	}
	for b = b[head:]; count > 0; count, b = count-1, b[size:] {
		each(reportBlock{
			ssrc: binary.BigEndian.Uint32(b),
			lsr:  binary.BigEndian.Uint32(b[16:]),
			dlsr: binary.BigEndian.Uint32(b[20:]),
		})
	}

	return nil
}
