// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"errors"
	"math/bits"
)

var errDeltas = errors.New("the differences of a batch are damaged")

// value is a field of one event of a batch, which may lack it.
type value struct {
	v       uint64
	present bool
}

// The kinds of difference coding: what follows their head.
const (
	deltasPlain    = 0
	deltasDetailed = 1
)

// decodeDeltas reads the values that follow base in a batch into out, whose length says
// how many there are (libwebrtc FixedLengthDeltaDecoder). A signed field comes as its
// two's complement, of the width that the coding gives.
func decodeDeltas(out []value, b []byte, base value) error {
	if len(b) == 0 {
		for i := range out {
			out[i] = base
		}

		return nil
	}
	r := bitReader{b: b}
	coding := r.read(2)
	width := uint(r.read(6)) + 1
	signed, optional, mask := false, false, ^uint64(0)
	switch coding {
	case deltasPlain:
	case deltasDetailed:
		signed, optional = r.read(1) == 1, r.read(1) == 1
		mask >>= 63 - r.read(6)
	default:
		return errDeltas
	}
	// What a short input lacks is missed at the end: reading beyond it gives zeros.
	for i := range out {
		out[i] = value{present: !optional || r.read(1) == 1}
	}
	prev := base
	for i := range out {
		if !out[i].present {
			continue
		}
		switch {
		case !prev.present:
			prev = value{v: r.varint() & mask, present: true}
		case signed:
			spare := 64 - width
			prev.v = (prev.v + uint64(int64(r.read(width)<<spare)>>spare)) & mask
		default:
			prev.v = (prev.v + r.read(width)) & mask
		}
		out[i] = prev
	}
	if r.short {
		return errDeltas
	}

	return nil
}

// bitReader reads bits, the most significant of a byte first.
type bitReader struct {
	b    []byte
	held uint64
	// bits is how many low bits of held are unread.
	bits uint
	// short is set by reading beyond the end, which gives zeros.
	short bool
}

// read returns the next n bits, at most 64.
func (r *bitReader) read(n uint) uint64 {
	if n > 32 {
		high := r.read(n - 32)

		return high<<32 | r.read(32)
	}
	for r.bits < n {
		var next byte
		if len(r.b) > 0 {
			next, r.b = r.b[0], r.b[1:]
		} else {
			r.short = true
		}
		r.held, r.bits = r.held<<8|uint64(next), r.bits+8
	}
	r.bits -= n

	return r.held >> r.bits & (1<<n - 1)
}

// varint reads an unsigned LEB128 number.
func (r *bitReader) varint() uint64 {
	var v uint64
	for shift := uint(0); shift < bits.UintSize; shift += 7 {
		next := r.read(8)
		v |= next & 0x7f << shift
		if next&0x80 == 0 {
			return v
		}
	}
	r.short = true

	return v
}
