// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import "bytes"

// maxUnitsPerPicture bounds the NAL units of one access unit.
const maxUnitsPerPicture = 4096

// splitAnnexB cuts a byte stream (ITU-T H.264 and H.265, annex B) at its start
// codes. The units share b's memory.
func splitAnnexB(b []byte) [][]byte {
	var units [][]byte
	_, b = cutStartCode(b)
	for len(b) > 0 && len(units) < maxUnitsPerPicture {
		var unit []byte
		unit, b = cutStartCode(b)
		// trailing_zero_8bits belong to no unit.
		if unit = bytes.TrimRight(unit, "\x00"); len(unit) > 0 {
			units = append(units, unit[:len(unit):len(unit)])
		}
	}

	return units
}

// cutStartCode splits b around its first start code prefix.
func cutStartCode(b []byte) (before, after []byte) {
	before, after, found := bytes.Cut(b, []byte{0, 0, 1})
	if !found {
		return b, nil
	}

	return before, after
}

// lengthSize is the size of the length in front of a unit. ISO/IEC 14496-15
// allows 1, 2 and 4; muxers write 4.
const lengthSize = 4

// splitLengths cuts a sample of MP4 (ISO/IEC 14496-15, 4.3) into its units. A unit
// that is longer than the sample ends it.
func splitLengths(b []byte) [][]byte {
	var units [][]byte
	for len(b) >= lengthSize && len(units) < maxUnitsPerPicture {
		n := uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
		b = b[lengthSize:]
		if n > uint64(len(b)) {
			break
		}
		if n > 0 {
			units = append(units, b[:n:n])
		}
		b = b[n:]
	}

	return units
}
