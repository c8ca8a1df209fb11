// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package feedbacktest writes the feedback that tests read.
package feedbacktest

import (
	"encoding/binary"
	"time"

	"github.com/rtmcc/rtmcc/internal/ccfeedback"
)

// Lost is the arrival of a packet that did not arrive.
const Lost time.Duration = -1 << 40

// TransportWide writes a transport-wide feedback by hand, two-bit status vectors and
// large deltas throughout. Arrivals are after the reference time.
func TransportWide(base uint16, reference uint32, count uint8, arrivals ...time.Duration) []byte {
	b := make([]byte, 20)
	b[0], b[1] = 0x80|ccfeedback.FormatTransportWide, ccfeedback.TypeTransport
	binary.BigEndian.PutUint16(b[12:], base)
	binary.BigEndian.PutUint16(b[14:], uint16(len(arrivals)))
	binary.BigEndian.PutUint32(b[16:], reference<<8|uint32(count))
	for i := 0; i < len(arrivals); i += 7 {
		chunk := uint16(0xc000)
		for j := i; j < min(i+7, len(arrivals)); j++ {
			if arrivals[j] != Lost {
				chunk |= 2 << (12 - 2*(j-i))
			}
		}
		b = binary.BigEndian.AppendUint16(b, chunk)
	}
	last := time.Duration(0)
	for _, at := range arrivals {
		if at != Lost {
			b = binary.BigEndian.AppendUint16(b, uint16(int16((at-last)/ccfeedback.DeltaTick)))
			last = at
		}
	}
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)/4-1))

	return b
}
