// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// picture is what the headers of a frame tell about its place in the stream.
type picture struct {
	// coded: there is picture data at all, not only parameter sets.
	coded bool
	// head: the picture's first slice is there.
	head bool
	// key: decoding can start here.
	key bool
	// sets: the parameter sets came along.
	sets bool
	// reference: other pictures may refer to this one.
	reference bool
	// sequence is H.264's frame_num where sequenced is set.
	sequence  uint32
	sequenced bool
}

// sliceHeaderBytes is enough for the slice header fields up to frame_num: three
// Exp-Golomb codes and 18 bits, with emulation prevention.
const sliceHeaderBytes = 24

// h264Headers reads pictures' headers; it remembers the parameter sets.
type h264Headers struct {
	raw []byte
	sps *h264.SPS
}

// maxFrameNum is the modulus of frame_num (ITU-T H.264, 7.4.2.1.1), zero while
// frame_num cannot be relied on.
func (h *h264Headers) maxFrameNum() uint32 {
	if h.sps == nil || !h.sps.FrameMbsOnlyFlag || h.sps.GapsInFrameNumValueAllowedFlag {
		return 0
	}

	return 1 << (h.sps.Log2MaxFrameNumMinus4 + 4)
}

func (h *h264Headers) read(units [][]byte) picture {
	var p picture
	var sps, pps bool
	for _, u := range units {
		switch t := h264.NALUType(u[0] & 0x1f); t {
		case h264.NALUTypeSPS:
			sps = true
			h.learn(u)
		case h264.NALUTypePPS:
			pps = true
		case h264.NALUTypeNonIDR, h264.NALUTypeIDR, h264.NALUTypeDataPartitionA:
			p.key = p.key || t == h264.NALUTypeIDR
			p.reference = p.reference || u[0]&0x60 != 0
			if !p.coded {
				h.slice(u, &p)
			}
			p.coded = true
		}
	}
	p.sets = sps && pps

	return p
}

func (h *h264Headers) learn(unit []byte) {
	if string(unit) == string(h.raw) {
		return
	}
	var sps h264.SPS
	if sps.Unmarshal(unit) != nil || sps.Log2MaxFrameNumMinus4 > 12 {
		h.raw, h.sps = nil, nil

		return
	}
	h.raw, h.sps = append([]byte(nil), unit...), &sps
}

// slice reads first_mb_in_slice and frame_num (ITU-T H.264, 7.3.3).
func (h *h264Headers) slice(unit []byte, p *picture) {
	buf := h264.EmulationPreventionRemove(unit[1:min(len(unit), sliceHeaderBytes)])
	pos := 0
	first, err := bits.ReadGolombUnsigned(buf, &pos)
	if err != nil {
		return
	}
	p.head = first == 0
	if h.sps == nil || h.sps.SeparateColourPlaneFlag {
		return
	}
	for range 2 { // slice_type, pic_parameter_set_id
		if _, err = bits.ReadGolombUnsigned(buf, &pos); err != nil {
			return
		}
	}
	n, err := bits.ReadBits(buf, &pos, int(h.sps.Log2MaxFrameNumMinus4)+4)
	if err != nil {
		return
	}
	p.sequence, p.sequenced = uint32(n), true //nolint:gosec // at most 16 bits
}

// h265Picture reads the headers of an H.265 frame (ITU-T H.265, 7.3.1.2 and 7.4.2.2).
func h265Picture(units [][]byte) picture {
	var p picture
	var vps, sps, pps bool
	for _, u := range units {
		t := h265.NALUType(u[0] >> 1 & 0x3f)
		switch {
		case t == h265.NALUType_VPS_NUT:
			vps = true
		case t == h265.NALUType_SPS_NUT:
			sps = true
		case t == h265.NALUType_PPS_NUT:
			pps = true
		case t <= h265.NALUType_RSV_IRAP_VCL23:
			p.key = p.key || t >= h265.NALUType_BLA_W_LP
			p.reference = p.reference || h265Reference(t)
			if !p.coded {
				p.head = len(u) > 2 && u[2]&0x80 != 0
			}
			p.coded = true
		}
	}
	p.sets = vps && sps && pps

	return p
}

// h265Reference tells whether pictures of a type may be referred to: the even types
// below 15 are sub-layer non-reference pictures (ITU-T H.265, table 7-1).
func h265Reference(t h265.NALUType) bool {
	return t > h265.NALUType_RSV_VCL_R15 || t&1 == 1
}

// h265Fragment tells of one RTP payload whether it carries picture data, and whether
// that may be referred to; the payload may be a part of a frame that is incomplete.
func h265Fragment(p []byte) (coded, reference bool) {
	if len(p) < 3 {
		return false, false
	}
	t := h265.NALUType(p[0] >> 1 & 0x3f)
	switch {
	case t == h265TypeFU:
		t = h265.NALUType(p[2] & 0x3f)
	case t >= h265TypeAP:
		// Small units: nothing says which of them were lost.
		return true, true
	}

	return t <= h265.NALUType_RSV_IRAP_VCL23, h265Reference(t)
}

// h264Begins tells whether a payload is what a stream begins with: a parameter set or
// what comes before it.
func h264Begins(p []byte) bool {
	t := h264.NALUType(p[0] & 0x1f)
	if t == h264TypeSTAPA && len(p) > 3 {
		t = h264.NALUType(p[3] & 0x1f)
	}

	return t == h264.NALUTypeSPS || t == h264.NALUTypeAccessUnitDelimiter
}

// h265Begins tells the same of an H.265 payload.
func h265Begins(p []byte) bool {
	t := h265.NALUType(p[0] >> 1 & 0x3f)
	if t == h265TypeAP && len(p) > 4 {
		t = h265.NALUType(p[4] >> 1 & 0x3f)
	}

	return t == h265.NALUType_VPS_NUT || t == h265.NALUType_SPS_NUT || t == h265.NALUType_AUD_NUT
}
