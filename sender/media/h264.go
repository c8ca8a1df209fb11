// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
)

// h264Syntax reads what H.264's NAL headers tell (ITU-T H.264, 7.3.1 and 7.4.1).
type h264Syntax struct {
	sps *h264.SPS
}

func h264Type(nal []byte) h264.NALUType { return h264.NALUType(nal[0] & 0x1f) }

func (*h264Syntax) parameterSet(nal []byte) parameterSetKind {
	switch h264Type(nal) {
	case h264.NALUTypeSPS:
		return sequenceParameterSet
	case h264.NALUTypePPS:
		return pictureParameterSet
	default:
		return notParameterSet
	}
}

func (*h264Syntax) ignored(nal []byte) bool {
	t := h264Type(nal)

	return t == h264.NALUTypeAccessUnitDelimiter || t == h264.NALUTypeFillerData
}

func (s *h264Syntax) sequence(nal []byte) {
	var sps h264.SPS
	if parse(func() error { return sps.Unmarshal(nal) }) == nil {
		s.sps = &sps
	}
}

// classify finds key frames as IDR pictures, and as I-pictures with a recovery
// point (D.2.8), from which decoders of open-GOP streams start. A picture whose
// slices all have nal_ref_idc 0 is not referred to.
func (*h264Syntax) classify(units [][]byte) picture {
	p := picture{disposable: true}
	recovery, intra := false, false
	for _, nal := range units {
		switch t := h264Type(nal); t {
		case h264.NALUTypeSEI:
			recovery = recovery || hasRecoveryPoint(nal)
		case h264.NALUTypeIDR, h264.NALUTypeNonIDR, h264.NALUTypeDataPartitionA:
			if !p.coded {
				intra = h264IsIntraSlice(nal)
			}
			p.coded = true
			p.key = p.key || t == h264.NALUTypeIDR
			p.disposable = p.disposable && nal[0]&0x60 == 0
		}
	}
	p.key = p.key || (recovery && intra)
	p.disposable = p.disposable && p.coded

	return p
}

func (s *h264Syntax) describe(t *Track) (reorderKnown bool) {
	if s.sps == nil {
		return false
	}
	t.Width, t.Height = s.sps.Width(), s.sps.Height()
	if s.sps.PicOrderCntType == 2 {
		// 8.2.1.3: output order is decoding order.
		return true
	}
	if s.sps.VUI == nil || s.sps.VUI.BitstreamRestriction == nil {
		return false
	}
	t.BFrames = s.sps.VUI.BitstreamRestriction.MaxNumReorderFrames > 0

	return true
}

func (*h264Syntax) required() []parameterSetKind {
	return []parameterSetKind{sequenceParameterSet, pictureParameterSet}
}

// h264SliceHeaderPrefix is enough of a slice for the fields that are read of its
// header, emulation prevention included.
const h264SliceHeaderPrefix = 40

func h264IsIntraSlice(nal []byte) bool {
	rbsp := h264.EmulationPreventionRemove(nal[1:min(len(nal), h264SliceHeaderPrefix)])
	pos := 0
	if _, err := bits.ReadGolombUnsigned(rbsp, &pos); err != nil { // first_mb_in_slice
		return false
	}
	sliceType, err := bits.ReadGolombUnsigned(rbsp, &pos)

	// Table 7-6: 2 is I and 4 is SI; plus 5 where all slices are alike.
	return err == nil && (sliceType%5 == 2 || sliceType%5 == 4)
}

// hasRecoveryPoint looks for the recovery point message (payload type 6) among
// the messages of an SEI NAL unit (7.3.2.3.1).
func hasRecoveryPoint(nal []byte) bool {
	const recoveryPoint = 6
	b := nal[1:]
	for len(b) >= 2 {
		kind, n := seiValue(b)
		b = b[n:]
		size, n := seiValue(b)
		b = b[n:]
		if kind == recoveryPoint {
			return true
		}
		if size >= len(b) {
			return false
		}
		b = b[size:]
	}

	return false
}

// seiValue reads a number coded as any count of 0xff bytes and one last byte.
func seiValue(b []byte) (value, n int) {
	for n < len(b) {
		value += int(b[n])
		n++
		if b[n-1] != 0xff {
			break
		}
	}

	return value, n
}

// parse runs a library's parser, with a panic turned into an error.
func parse(f func() error) (err error) {
	defer guard(&err)

	return f()
}
