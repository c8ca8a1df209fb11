// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package ccfeedback reads the RTCP that tells a sender of congestion: transport-wide
// feedback, RFC 8888 and REMB. It allocates nothing once its slices have grown.
package ccfeedback

import (
	"encoding/binary"
	"errors"
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
		return 0, false, ErrMalformed
	}
	exponent := b[17] >> 2
	mantissa := uint64(b[17]&3)<<16 | uint64(binary.BigEndian.Uint16(b[18:]))
	if bits.Len64(mantissa)+int(exponent) > 62 {
		return math.MaxInt64 / 2, true, nil
	}

	return bwe.Bitrate(mantissa << exponent), true, nil
}
