// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package aac

import "github.com/bluenviron/mediacommon/v2/pkg/bits"

// reader reads bits, the first one highest. Past the end it reads zeros and is
// short from then on.
type reader struct {
	b     []byte
	pos   int
	short bool
}

func (r *reader) left() int { return 8*len(r.b) - r.pos }

func (r *reader) read(n int) uint64 {
	if n == 0 {
		return 0 // which the library does not take at the very end
	}
	v, err := bits.ReadBits(r.b, &r.pos, n)
	if err != nil {
		r.pos, r.short = 8*len(r.b), true
	}

	return v
}

// peek reads without moving.
func (r *reader) peek(n int) uint64 {
	ahead := *r

	return ahead.read(n)
}

// rest returns what is left, shifted to begin with a byte.
func (r *reader) rest() []byte {
	out := make([]byte, 0, len(r.b)-r.pos/8)
	for ahead := *r; ahead.left() > 0; {
		n := min(8, ahead.left())
		out = append(out, byte(ahead.read(n)<<(8-n)))
	}

	return out
}

// writer appends bits, the first one highest, and fills up with zeros.
type writer struct {
	b   []byte
	pos int
}

func (w *writer) write(v uint64, n int) {
	if n == 0 {
		return
	}
	for 8*len(w.b) < w.pos+n {
		w.b = append(w.b, 0)
	}
	bits.WriteBitsUnsafe(w.b, &w.pos, v, n)
}

// copyBits appends the first n bits of b.
func (w *writer) copyBits(b []byte, n int) {
	for r := (reader{b: b}); n > 0; {
		m := min(8, n)
		w.write(r.read(m), m)
		n -= m
	}
}
