// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/rtmcc/rtmcc/internal/ccfeedback"
)

// The RTCP packets that the sender reads beside those of congestion control.
const (
	rtcpSenderReport   = 200
	rtcpReceiverReport = 201
	rtcpExtendedReport = 207
	formatNACK         = 1
)

// errMalformed is returned for RTCP that is truncated or contradicts itself.
var errMalformed = errors.New("sender: malformed RTCP")

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

// reportBlock is what is read of a report block, RFC 3550 section 6.4.1. Its loss is
// not: servers report it always as zero, or as something else.
type reportBlock struct {
	ssrc uint32
	lsr  uint32
	dlsr uint32
}

// parseReports calls each for every report block of a sender or receiver report.
func parseReports(b []byte, each func(reportBlock)) error {
	packetType, count := ccfeedback.Kind(b)
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
