// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// errParameterSets says that sets make no decoder configuration.
var errParameterSets = errors.New("the parameter sets cannot be read")

// parameterSets are the last ones of a stream, of each kind one, as pushes have them.
type parameterSets struct {
	vps, sps, pps []byte
}

// update notes the sets among units. It reports whether a complete set is new.
func (s *parameterSets) update(c codec, units [][]byte) bool {
	changed := false
	for _, u := range units {
		set := s.place(c, u)
		if set == nil || bytes.Equal(*set, u) {
			continue
		}
		*set = append((*set)[:0:0], u...)
		changed = true
	}

	return changed && s.sps != nil && s.pps != nil && (c == codecH264 || s.vps != nil)
}

// place returns where a unit belongs, nil where it is no parameter set.
func (s *parameterSets) place(c codec, unit []byte) *[]byte {
	if c == codecH265 {
		switch h265.NALUType(unit[0] >> 1 & 0x3f) {
		case h265.NALUType_VPS_NUT:
			return &s.vps
		case h265.NALUType_SPS_NUT:
			return &s.sps
		case h265.NALUType_PPS_NUT:
			return &s.pps
		}

		return nil
	}
	switch h264.NALUType(unit[0] & 0x1f) {
	case h264.NALUTypeSPS:
		return &s.sps
	case h264.NALUTypePPS:
		return &s.pps
	default:
		return nil
	}
}

// configuration returns the decoder configuration record of ISO/IEC 14496-15 (5.3.3.1
// for H.264, 8.3.3.1 for H.265).
func (s *parameterSets) configuration(c codec) ([]byte, error) {
	if len(s.sps) > 1<<16-1 || len(s.pps) > 1<<16-1 || len(s.vps) > 1<<16-1 {
		return nil, errParameterSets
	}
	if c == codecH265 {
		return s.hevc()
	}
	var sps h264.SPS
	if len(s.sps) < 4 || sps.Unmarshal(s.sps) != nil {
		return nil, errParameterSets
	}
	b := []byte{1, s.sps[1], s.sps[2], s.sps[3], 0xff, 0xe1}
	b = append(appendUnit(b, s.sps), 1)
	b = appendUnit(b, s.pps)
	switch sps.ProfileIdc {
	case 100, 110, 122, 144:
		b = append(b, 0xfc|byte(sps.ChromaFormatIdc), 0xf8|byte(sps.BitDepthLumaMinus8), 0xf8|byte(sps.BitDepthChromaMinus8), 0)
	}

	return b, nil
}

// profileTierLevel is where the 12 bytes of general_profile_space to
// general_level_idc begin in a sequence parameter set (ITU-T H.265, 7.3.2.2).
const profileTierLevel = 3

func (s *parameterSets) hevc() ([]byte, error) {
	raw := h264.EmulationPreventionRemove(s.sps)
	var sps h265.SPS
	if len(raw) < profileTierLevel+12 || sps.Unmarshal(s.sps) != nil {
		return nil, errParameterSets
	}
	b := append([]byte{1}, raw[profileTierLevel:profileTierLevel+12]...)
	nested := raw[2] & 1
	b = append(b, 0xf0, 0, 0xfc, 0xfc|byte(sps.ChromaFormatIdc), 0xf8|byte(sps.BitDepthLumaMinus8),
		0xf8|byte(sps.BitDepthChromaMinus8), 0, 0, (sps.MaxSubLayersMinus1+1)<<3|nested<<2|3, 3)
	for _, set := range [][]byte{s.vps, s.sps, s.pps} {
		b = append(b, 0x80|set[0]>>1&0x3f, 0, 1)
		b = appendUnit(b, set)
	}

	return b, nil
}

// appendUnit appends a unit behind its 16-bit length.
func appendUnit(b, unit []byte) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(unit))), unit...) //nolint:gosec // checked above
}
