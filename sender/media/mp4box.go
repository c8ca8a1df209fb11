// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"encoding/binary"
	"iter"
)

// box is one box of MP4 (ISO/IEC 14496-12, 4.2), header included in raw.
type box struct {
	kind string
	raw  []byte
	body []byte
}

const (
	boxHeader      = 8
	boxLargeHeader = 16
)

// boxes walks the boxes in b. A box that is longer than b ends the walk.
func boxes(b []byte) iter.Seq[box] {
	return func(yield func(box) bool) {
		for len(b) >= boxHeader {
			size, header := boxSize(b)
			if size == 0 {
				size = uint64(len(b))
			}
			if header > len(b) || size < uint64(header) || size > uint64(len(b)) {
				return
			}
			if !yield(box{kind: string(b[4:8]), raw: b[:size], body: b[header:size]}) {
				return
			}
			b = b[size:]
		}
	}
}

// boxSize reads the size of a box, zero where it lasts to the end of the file,
// and the length of its header. b has at least 8 bytes; the size is below the
// header's length where a large size is cut off.
func boxSize(b []byte) (size uint64, header int) {
	size = uint64(binary.BigEndian.Uint32(b))
	if size != 1 {
		return size, boxHeader
	}
	if len(b) < boxLargeHeader {
		return 1, boxLargeHeader
	}

	return binary.BigEndian.Uint64(b[8:]), boxLargeHeader
}

// child follows a path of boxes and returns the body of the last, nil where it
// is not there.
func child(b []byte, path ...string) []byte {
	for _, kind := range path {
		var found []byte
		for c := range boxes(b) {
			if c.kind == kind {
				found = c.body

				break
			}
		}
		if found == nil {
			return nil
		}
		b = found
	}

	return b
}

// table is the body of a full box that holds a count and rows of a fixed width.
type table struct {
	rows  []byte
	width int
}

// tableOf reads the count behind skip bytes; rows that are missing do not count.
func tableOf(body []byte, skip, width int) table {
	if len(body) < skip+4 {
		return table{width: width}
	}
	rows := body[skip+4:]
	n := min(uint64(binary.BigEndian.Uint32(body[skip:])), uint64(len(rows)/width))

	return table{rows: rows[:n*uint64(width)], width: width}
}

func (t table) len() int { return len(t.rows) / t.width }

// u32 reads the 32-bit number at a byte position of a row.
func (t table) u32(row, at int) uint32 {
	return binary.BigEndian.Uint32(t.rows[row*t.width+at:])
}

func (t table) u64(row, at int) uint64 {
	return binary.BigEndian.Uint64(t.rows[row*t.width+at:])
}

// makeBox puts a header in front of a body.
func makeBox(kind string, bodies ...[]byte) []byte {
	b := make([]byte, 4, 64)
	b = append(b, kind...)
	for _, body := range bodies {
		b = append(b, body...)
	}
	binary.BigEndian.PutUint32(b, uint32(len(b))) //nolint:gosec // bounded by maxMoov

	return b
}
