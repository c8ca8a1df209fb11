// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"encoding/binary"
	"time"
)

// fate is what a feedback says of one packet: lost where negative, else the arrival
// after the reference time.
type fate time.Duration

const lost fate = -1 << 40

// buildTWCC writes a transport-wide feedback by hand, two-bit status vectors and
// large deltas throughout.
func buildTWCC(base uint16, refTime uint32, count uint8, fates ...fate) []byte {
	b := make([]byte, 20)
	b[0], b[1] = 0x80|15, 205
	binary.BigEndian.PutUint16(b[12:], base)
	binary.BigEndian.PutUint16(b[14:], uint16(len(fates)))
	binary.BigEndian.PutUint32(b[16:], refTime<<8|uint32(count))
	for i := 0; i < len(fates); i += 7 {
		chunk := uint16(0xc000)
		for j := i; j < min(i+7, len(fates)); j++ {
			if fates[j] != lost {
				chunk |= 2 << (12 - 2*(j-i))
			}
		}
		b = binary.BigEndian.AppendUint16(b, chunk)
	}
	last := fate(0)
	for _, f := range fates {
		if f != lost {
			b = binary.BigEndian.AppendUint16(b, uint16(int16((f-last)/fate(twccTick))))
			last = f
		}
	}
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)/4-1))

	return b
}
