// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"math"
	"time"
)

// mp4Cursor walks the sample tables of one track (ISO/IEC 14496-12, 8.6.1 and
// 8.7) without unfolding them, so that a table cannot ask for more memory than it
// takes on file.
type mp4Cursor struct {
	track mp4Track

	stts, ctts, stsc, stsz, offsets table
	longOffsets                     bool
	constantSize                    uint32
	count                           uint64 // samples

	// Of the current sample.
	index       uint64
	dts         int64
	composition int64
	offset      uint64
	size        uint32
	// shift is what DTS is set back by, where a composition offset is negative.
	shift int64

	inTime, inComposition, inChunk uint32 // samples used of the current row
	timeRow, compositionRow        int
	chunk, chunkRow                int

	budget uint64 // bytes given out
	empty  int
}

func newMP4Cursor(t mp4Track) mp4Cursor {
	c := mp4Cursor{track: t}
	c.stts = tableOf(child(t.stbl, "stts"), 4, 8)
	c.ctts = tableOf(child(t.stbl, "ctts"), 4, 8)
	c.stsc = tableOf(child(t.stbl, "stsc"), 4, 12)
	c.offsets = tableOf(child(t.stbl, "stco"), 4, 4)
	if co64 := child(t.stbl, "co64"); co64 != nil {
		c.offsets, c.longOffsets = tableOf(co64, 4, 8), true
	}
	if stsz := child(t.stbl, "stsz"); len(stsz) >= 12 {
		c.constantSize = uint32(stsz[4])<<24 | uint32(stsz[5])<<16 | uint32(stsz[6])<<8 | uint32(stsz[7])
		c.stsz = tableOf(stsz, 8, 4)
		c.count = uint64(c.stsz.len())
		if c.constantSize != 0 {
			c.count = uint64(stsz[8])<<24 | uint64(stsz[9])<<16 | uint64(stsz[10])<<8 | uint64(stsz[11])
		}
	}
	for i := range c.ctts.len() {
		c.shift = max(c.shift, -c.compositionOf(i))
	}
	c.load()
	c.enterChunk()

	return c
}

func (c *mp4Cursor) done() bool { return c.index >= c.count }
func (c *mp4Cursor) stop()      { c.index = math.MaxUint64 }

// time is the current sample's DTS on the presentation's clock.
func (c *mp4Cursor) time() time.Duration {
	return ticks(c.dts-c.shift+c.track.editStart, c.track.timescale)
}

// compositionOf reads an offset as signed, which is what muxers mean even in
// version 0 (8.6.1.3).
func (c *mp4Cursor) compositionOf(row int) int64 {
	return int64(int32(c.ctts.u32(row, 4))) //nolint:gosec // signed on file
}

// load reads what the current rows say of the sample.
func (c *mp4Cursor) load() {
	if c.done() {
		return
	}
	c.size = c.constantSize
	if c.size == 0 {
		c.size = c.stsz.u32(int(c.index), 0) //nolint:gosec // below the table's length
	}
	c.composition = 0
	for c.compositionRow < c.ctts.len() && c.inComposition >= c.ctts.u32(c.compositionRow, 0) {
		c.compositionRow++
		c.inComposition = 0
	}
	if c.compositionRow < c.ctts.len() {
		c.composition = c.compositionOf(c.compositionRow)
	}
}

// advance moves to the next sample.
func (c *mp4Cursor) advance() {
	for c.timeRow < c.stts.len() && c.inTime >= c.stts.u32(c.timeRow, 0) {
		c.timeRow++
		c.inTime = 0
	}
	if c.timeRow < c.stts.len() {
		c.dts += int64(c.stts.u32(c.timeRow, 4))
		c.inTime++
	}
	c.inComposition++
	c.inChunk++
	c.offset += uint64(c.size)
	c.index++
	c.load()
	if c.chunkRow < c.stsc.len() && c.inChunk >= c.stsc.u32(c.chunkRow, 4) {
		c.chunk++
		c.inChunk = 0
		c.enterChunk()
	}
}

// enterChunk takes the place of the current chunk, and passes over chunks that
// are said to have no samples.
func (c *mp4Cursor) enterChunk() {
	for {
		if c.chunk >= c.offsets.len() || c.stsc.len() == 0 {
			c.stop()

			return
		}
		// Rows name the first chunk, counted from 1, that they hold for.
		for c.chunkRow+1 < c.stsc.len() && uint64(c.chunk)+1 >= uint64(c.stsc.u32(c.chunkRow+1, 0)) {
			c.chunkRow++
		}
		if c.stsc.u32(c.chunkRow, 4) > 0 {
			break
		}
		c.chunk++
	}
	if c.longOffsets {
		c.offset = c.offsets.u64(c.chunk, 0)
	} else {
		c.offset = uint64(c.offsets.u32(c.chunk, 0))
	}
}
