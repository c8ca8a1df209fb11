// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package flexfec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// The repair header, section 4.2 of the draft, with one protected stream:
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	|R|F|P|X|  CC   |M| PT recovery |        length recovery        |
//	|                          TS recovery                          |
//	|  SSRC count   |                   reserved                    |
//	|                             SSRC_i                            |
//	|           SN base_i           |k|          mask [0-14]        |
//	|k|                   mask [15-45] (optional)                   |
//	|k|                  mask [46-108] (optional)                   |
//	|                                                               |
const (
	rtpHeaderSize = 12

	streamsAt    = 8
	ssrcAt       = 12
	baseAt       = 16
	maskAt       = 18
	minHeader    = 20
	maxHeader    = 32
	mask0Bits    = 15
	mask1Bits    = 31
	mask2Bits    = 63
	lastMaskFlag = 0x80
)

// MaxSpan is how many consecutive sequence numbers one repair packet can name.
const MaxSpan = mask0Bits + mask1Bits + mask2Bits

// MaxOverhead is by how many bytes, at most, a repair payload is longer than the
// longest packet that it protects: the repair header less the RTP header, which that
// header stands for.
const MaxOverhead = maxHeader - rtpHeaderSize

// errRepair is wrapped by errors about repair payloads that cannot be used.
var errRepair = errors.New("flexfec: repair packet cannot be used")

// mask is the set of the packets that a repair packet covers, by their distance from
// the base.
type mask [2]uint64

func (m *mask) set(i int)      { m[i>>6] |= 1 << (i & 63) }
func (m *mask) has(i int) bool { return m[i>>6]&(1<<(i&63)) != 0 }
func (m *mask) empty() bool    { return m[0]|m[1] == 0 }

// span is one more than the largest distance.
func (m *mask) span() int {
	if m[1] != 0 {
		return 64 + bits.Len64(m[1])
	}

	return bits.Len64(m[0])
}

// headerSize is the length of the repair header that can name span packets.
func headerSize(span int) int {
	switch {
	case span <= mask0Bits:
		return minHeader
	case span <= mask0Bits+mask1Bits:
		return minHeader + 4
	default:
		return maxHeader
	}
}

// putMask writes m in the size that header has room for.
func putMask(header []byte, m *mask) {
	i := 0
	put := func(at, bits int) {
		for bit := 1; bit <= bits; bit++ {
			if m.has(i) {
				header[at+bit>>3] |= 0x80 >> (bit & 7)
			}
			i++
		}
	}
	put(maskAt, mask0Bits)
	last := maskAt
	if len(header) > minHeader {
		last = minHeader
		put(last, mask1Bits)
	}
	if len(header) == maxHeader {
		last = minHeader + 4
		put(last, mask2Bits)
	}
	header[last] |= lastMaskFlag
}

// repairHeader is a repair header as read.
type repairHeader struct {
	ssrc uint32
	base uint16
	mask mask
	size int
}

// parse reads the header of a repair payload. It fails where the payload is truncated
// or of a kind that flexible masks over one stream do not make.
func (h *repairHeader) parse(b []byte) error {
	if len(b) < minHeader {
		return fmt.Errorf("%w: %d bytes, want at least %d", errRepair, len(b), minHeader)
	}
	if b[0]&0xc0 != 0 {
		return fmt.Errorf("%w: a retransmission or a fixed mask, want a flexible mask", errRepair)
	}
	if b[streamsAt] != 1 {
		return fmt.Errorf("%w: it covers %d streams, want 1", errRepair, b[streamsAt])
	}
	h.ssrc, h.base = binary.BigEndian.Uint32(b[ssrcAt:]), binary.BigEndian.Uint16(b[baseAt:])
	h.mask, h.size = mask{}, minHeader
	i := 0
	get := func(at, bits int) {
		for bit := 1; bit <= bits; bit++ {
			if b[at+bit>>3]&(0x80>>(bit&7)) != 0 {
				h.mask.set(i)
			}
			i++
		}
	}
	get(maskAt, mask0Bits)
	if b[maskAt]&lastMaskFlag == 0 {
		if h.size += 4; len(b) < h.size {
			return fmt.Errorf("%w: truncated mask", errRepair)
		}
		get(minHeader, mask1Bits)
		if b[minHeader]&lastMaskFlag == 0 {
			if h.size += 8; len(b) < h.size {
				return fmt.Errorf("%w: truncated mask", errRepair)
			}
			get(minHeader+4, mask2Bits)
		}
	}
	if h.mask.empty() {
		return fmt.Errorf("%w: it covers no packet", errRepair)
	}

	return nil
}
