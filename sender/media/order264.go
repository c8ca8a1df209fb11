// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

// h264Order computes picture order counts (ITU-T H.264, 8.2.1). Only those of
// type 0 tell an order other than that of decoding: type 2 forbids one, and type 1
// is taken in decoding order, as no encoder in use writes it.
type h264Order struct {
	h264Syntax
	prevMSB, prevLSB int64
	last             int64
	frame            h264Frame
}

// h264Frame identifies the frame that a field belongs to.
type h264Frame struct {
	number        uint64
	field, bottom bool
	complete      bool
}

func (o *h264Order) learn(nal []byte) {
	if o.parameterSet(nal) == sequenceParameterSet {
		o.sequence(nal)
	}
}

// opens lists the NAL units that begin an access unit (7.4.1.2.3).
func (*h264Order) opens(nal []byte) bool {
	t := h264Type(nal)

	return t >= h264.NALUTypeSEI && t <= h264.NALUTypeAccessUnitDelimiter || t >= h264.NALUTypePrefix && t <= h264.NALUTypeReserved18
}

func (o *h264Order) depth() int {
	switch {
	case o.sps == nil || o.sps.PicOrderCntType != 0:
		return 0
	case o.sps.VUI != nil && o.sps.VUI.BitstreamRestriction != nil:
		return int(min(o.sps.VUI.BitstreamRestriction.MaxNumReorderFrames, maxReorderDepth))
	case o.sps.ProfileIdc == h264BaselineProfile:
		return 0
	default:
		// A picture waits only for others that are kept for reference.
		return int(min(o.sps.MaxNumRefFrames, maxReorderDepth))
	}
}

const (
	// maxReorderDepth is the size of the largest decoded picture buffer.
	maxReorderDepth     = 16
	h264BaselineProfile = 66
)

func (o *h264Order) rate() float64 {
	if o.sps == nil || o.sps.VUI == nil || o.sps.VUI.TimingInfo == nil || o.sps.VUI.TimingInfo.NumUnitsInTick == 0 {
		return 0
	}

	return o.sps.FPS()
}

func (o *h264Order) slice(nal []byte) (slicePlace, bool) {
	t := h264Type(nal)
	if t != h264.NALUTypeIDR && t != h264.NALUTypeNonIDR && t != h264.NALUTypeDataPartitionA {
		// Partitions B and C go with the A before them.
		return slicePlace{order: o.last}, t > h264.NALUTypeNonIDR && t < h264.NALUTypeIDR
	}
	header := h264SliceHeader{idr: t == h264.NALUTypeIDR}
	if o.sps == nil || header.read(nal, o.sps) != nil {
		// The order of decoding is the best guess.
		o.last++

		return slicePlace{first: nal[1]&0x80 != 0, restart: header.idr, order: o.last}, true
	}
	if !header.first {
		return slicePlace{order: o.last}, true
	}
	place := slicePlace{first: true, restart: header.idr}
	place.secondField = o.frame.field && !o.frame.complete && header.field &&
		header.bottom != o.frame.bottom && header.frameNum == o.frame.number
	o.frame = h264Frame{
		number: header.frameNum, field: header.field, bottom: header.bottom, complete: place.secondField,
	}
	if o.sps.PicOrderCntType != 0 {
		if header.idr {
			o.last = 0
		} else {
			o.last++
		}
	} else {
		o.last = o.count(&header, nal[0]&0x60 != 0)
	}
	place.order = o.last

	return place, true
}

// count is the decoding process for picture order count type 0 (8.2.1.1). Memory
// management operation 5, which resets it within a sequence, is not looked for.
func (o *h264Order) count(h *h264SliceHeader, reference bool) int64 {
	if h.idr {
		o.prevMSB, o.prevLSB = 0, 0
	}
	msb := countMSB(h.lsb, o.prevLSB, o.prevMSB, int64(1)<<(o.sps.Log2MaxPicOrderCntLsbMinus4+4))
	if reference {
		o.prevMSB, o.prevLSB = msb, h.lsb
	}

	return msb + h.lsb
}

// countMSB finds the upper part of a picture order count from that of the picture
// before it; H.264 (8-3) and H.265 (8-1) have the same rule.
func countMSB(lsb, prevLSB, prevMSB, maxLSB int64) int64 {
	switch {
	case lsb < prevLSB && prevLSB-lsb >= maxLSB/2:
		return prevMSB + maxLSB
	case lsb > prevLSB && lsb-prevLSB > maxLSB/2:
		return prevMSB - maxLSB
	default:
		return prevMSB
	}
}

// h264SliceHeader is the beginning of a slice header (7.3.3).
type h264SliceHeader struct {
	idr           bool
	first         bool
	field, bottom bool
	frameNum      uint64
	lsb           int64
}

func (h *h264SliceHeader) read(nal []byte, sps *h264.SPS) error {
	r := bitReader{b: h264.EmulationPreventionRemove(nal[1:min(len(nal), h264SliceHeaderPrefix)])}
	h.first = r.golomb() == 0
	r.golomb() // slice_type
	r.golomb() // pic_parameter_set_id
	if sps.SeparateColourPlaneFlag {
		r.bits(2)
	}
	h.frameNum = r.bits(int(sps.Log2MaxFrameNumMinus4 + 4))
	if !sps.FrameMbsOnlyFlag {
		if h.field = r.bits(1) == 1; h.field {
			h.bottom = r.bits(1) == 1
		}
	}
	if h.idr {
		r.golomb() // idr_pic_id
	}
	if sps.PicOrderCntType == 0 {
		h.lsb = int64(r.bits(int(sps.Log2MaxPicOrderCntLsbMinus4 + 4))) //nolint:gosec // at most 16 bits
	}

	return r.err
}

// bitReader reads fields until the first error.
type bitReader struct {
	b   []byte
	pos int
	err error
}

func (r *bitReader) golomb() uint32 {
	if r.err != nil {
		return 0
	}
	v, err := bits.ReadGolombUnsigned(r.b, &r.pos)
	r.err = err

	return v
}

func (r *bitReader) bits(n int) uint64 {
	if r.err != nil || n > 32 {
		return 0
	}
	v, err := bits.ReadBits(r.b, &r.pos, n)
	r.err = err

	return v
}
