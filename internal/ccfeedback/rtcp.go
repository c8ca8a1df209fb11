// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package ccfeedback reads the RTCP that tells a sender of congestion: transport-wide
// feedback, RFC 8888 and REMB. It allocates nothing once its slices have grown.
package ccfeedback

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"

	"github.com/rtmcc/rtmcc/bwe"
)

// The RTCP packets that are read here, by what [Kind] returns (RFC 4585 section 6.1).
const (
	TypeTransport       = 205
	TypePayload         = 206
	FormatRFC8888       = 11
	FormatTransportWide = 15
	FormatREMB          = 15
)

const rtcpHeader = 4

// ErrMalformed is returned for RTCP that is truncated or contradicts itself.
var ErrMalformed = errors.New("malformed RTCP")

// What is wrong with a message, each wrapping [ErrMalformed].
var (
	errShortREMB   = fmt.Errorf("%w: REMB ends before its rate", ErrMalformed)
	errShortWide   = fmt.Errorf("%w: transport-wide feedback ends in its header", ErrMalformed)
	errCountWide   = fmt.Errorf("%w: transport-wide feedback is about no packet, or about more than %d", ErrMalformed, MaxPackets)
	errChunksWide  = fmt.Errorf("%w: transport-wide feedback ends before the status of all its packets", ErrMalformed)
	errDeltasWide  = fmt.Errorf("%w: transport-wide feedback ends before the arrival times of all its packets", ErrMalformed)
	errRestWide    = fmt.Errorf("%w: transport-wide feedback goes on behind the arrival times of its packets, whose number or status must be wrong", ErrMalformed)
	errShortReport = fmt.Errorf("%w: RFC 8888 feedback ends in its header", ErrMalformed)
	errBlockHead   = fmt.Errorf("%w: RFC 8888 feedback ends in the head of a stream's block", ErrMalformed)
	errBlock       = fmt.Errorf("%w: RFC 8888 feedback ends before all packets of a stream, or names more than %d", ErrMalformed, ccfbMaxReports)
)

// Next splits the first packet off a compound. ok is false where what is left is
// no RTCP. A length beyond the end is cut there: pion keeps a header's length when
// it drops bytes behind a message.
func Next(b []byte) (p, rest []byte, ok bool) {
	if len(b) < rtcpHeader || b[0]>>6 != 2 {
		return nil, nil, false
	}
	n := min(len(b), (int(binary.BigEndian.Uint16(b[2:]))+1)*4)

	return b[:n], b[n:], true
}

// Kind returns the packet type and the count or format field of a packet from [Next].
func Kind(b []byte) (packetType, format uint8) { return b[1], b[0] & 0x1f }

// ParseREMB reads a receiver's estimate, draft-alvestrand-rmcat-remb-03 section 2.2.
// ok is false for other application layer feedback.
func ParseREMB(b []byte) (rate bwe.Bitrate, ok bool, err error) {
	if len(b) < 16 || string(b[12:16]) != "REMB" {
		return 0, false, nil
	}
	if len(b) < 20 {
		return 0, false, errShortREMB
	}
	exponent := b[17] >> 2
	mantissa := uint64(b[17]&3)<<16 | uint64(binary.BigEndian.Uint16(b[18:]))
	if bits.Len64(mantissa)+int(exponent) > 62 {
		return math.MaxInt64 / 2, true, nil
	}

	return bwe.Bitrate(mantissa << exponent), true, nil
}
