// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import "github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

// h265Syntax reads what H.265's NAL headers tell (ITU-T H.265, 7.3.1.2 and
// 7.4.2.2).
type h265Syntax struct {
	sps *h265.SPS
	// highestLayer is sps_max_sub_layers_minus1, the greatest TemporalId.
	highestLayer byte
}

func h265Type(nal []byte) h265.NALUType { return h265.NALUType(nal[0] >> 1 & 0x3f) }

// h265LastVCL is the greatest NAL unit type of slices.
const h265LastVCL h265.NALUType = 31

func (*h265Syntax) parameterSet(nal []byte) parameterSetKind {
	switch h265Type(nal) {
	case h265.NALUType_VPS_NUT:
		return videoParameterSet
	case h265.NALUType_SPS_NUT:
		return sequenceParameterSet
	case h265.NALUType_PPS_NUT:
		return pictureParameterSet
	default:
		return notParameterSet
	}
}

func (*h265Syntax) ignored(nal []byte) bool {
	t := h265Type(nal)

	return len(nal) < 2 || t == h265.NALUType_AUD_NUT || t == h265.NALUType_FD_NUT
}

func (s *h265Syntax) sequence(nal []byte) {
	if len(nal) > 2 {
		s.highestLayer = nal[2] >> 1 & 7
	}
	var sps h265.SPS
	if parse(func() error { return sps.Unmarshal(nal) }) == nil {
		s.sps = &sps
	}
}

// classify takes every IRAP picture for a key frame. A sub-layer non-reference
// picture (the even types up to 14) is referred to by no picture of its own
// temporal sub-layer, and by none at all where there is no higher one.
func (s *h265Syntax) classify(units [][]byte) picture {
	p := picture{disposable: true}
	for _, nal := range units {
		t := h265Type(nal)
		if t > h265LastVCL {
			continue
		}
		p.coded = true
		p.key = p.key || (t >= h265.NALUType_BLA_W_LP && t <= h265.NALUType_RSV_IRAP_VCL23)
		nonReference := t <= h265.NALUType_RSV_VCL_N14 && t%2 == 0
		temporalID := nal[1]&7 - 1
		p.disposable = p.disposable && nonReference && temporalID >= s.highestLayer
	}
	p.disposable = p.disposable && p.coded

	return p
}

func (s *h265Syntax) describe(t *Track) (reorderKnown bool) {
	if s.sps == nil {
		return false
	}
	t.Width, t.Height = s.sps.Width(), s.sps.Height()
	n := len(s.sps.MaxNumReorderPics)
	t.BFrames = n > 0 && s.sps.MaxNumReorderPics[n-1] > 0

	return n > 0
}

func (*h265Syntax) required() []parameterSetKind {
	return []parameterSetKind{videoParameterSet, sequenceParameterSet, pictureParameterSet}
}
