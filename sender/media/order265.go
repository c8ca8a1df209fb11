// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// h265Order computes picture order counts (ITU-T H.265, 8.3.1).
type h265Order struct {
	h265Syntax
	pps              map[uint32]h265.PPS
	prevMSB, prevLSB int64
	last             int64
	begun            bool
}

// maxPPS is how many picture parameter sets there can be (7.4.3.3.1).
const maxPPS = 64

func (o *h265Order) learn(nal []byte) {
	switch o.parameterSet(nal) {
	case sequenceParameterSet:
		o.sequence(nal)
	case pictureParameterSet:
		var pps h265.PPS
		if parse(func() error { return pps.Unmarshal(nal) }) == nil && pps.ID < maxPPS {
			if o.pps == nil {
				o.pps = map[uint32]h265.PPS{}
			}
			o.pps[pps.ID] = pps
		}
	default:
	}
}

// opens lists the NAL units that begin an access unit (7.4.2.4.4): parameter sets,
// delimiters and prefix SEI, 41 to 44 and 48 to 55.
func (*h265Order) opens(nal []byte) bool {
	t := h265Type(nal)

	return t >= h265.NALUType_VPS_NUT && t <= h265.NALUType_AUD_NUT || t == h265.NALUType_PREFIX_SEI_NUT ||
		t >= 41 && t <= 44 || t >= 48 && t <= 55
}

func (o *h265Order) depth() int {
	if o.sps == nil || len(o.sps.MaxNumReorderPics) == 0 {
		return 0
	}

	return int(min(o.sps.MaxNumReorderPics[len(o.sps.MaxNumReorderPics)-1], maxReorderDepth))
}

func (o *h265Order) rate() float64 {
	if o.sps == nil || o.sps.VUI == nil || o.sps.VUI.TimingInfo == nil || o.sps.VUI.TimingInfo.NumUnitsInTick == 0 {
		return 0
	}

	return o.sps.FPS()
}

func (o *h265Order) slice(nal []byte) (slicePlace, bool) {
	t := h265Type(nal)
	if t > h265LastVCL {
		return slicePlace{}, false
	}
	if len(nal) < 3 || nal[2]&0x80 == 0 { // first_slice_segment_in_pic_flag
		return slicePlace{order: o.last}, true
	}
	idr := t == h265.NALUType_IDR_W_RADL || t == h265.NALUType_IDR_N_LP
	broken := t >= h265.NALUType_BLA_W_LP && t <= h265.NALUType_BLA_N_LP
	place := slicePlace{first: true, restart: idr || broken || !o.begun}
	lsb, err := o.readLSB(nal, t, idr)
	if err != nil {
		o.last++
		place.order = o.last

		return place, true
	}
	var msb int64
	if !place.restart {
		msb = countMSB(lsb, o.prevLSB, o.prevMSB, int64(1)<<(o.sps.Log2MaxPicOrderCntLsbMinus4+4))
	}
	o.begun = true
	o.last = msb + lsb
	// prevTid0Pic: no leading picture and no sub-layer non-reference picture.
	leading := t >= h265.NALUType_RADL_N && t <= h265.NALUType_RASL_R
	nonReference := t <= h265.NALUType_RSV_VCL_N14 && t%2 == 0
	if nal[1]&7 == 1 && !leading && !nonReference {
		o.prevMSB, o.prevLSB = msb, lsb
	}
	place.order = o.last

	return place, true
}

// readLSB reads slice_pic_order_cnt_lsb (7.3.6.1); an IDR picture has none.
func (o *h265Order) readLSB(nal []byte, t h265.NALUType, idr bool) (int64, error) {
	if idr {
		return 0, nil
	}
	if o.sps == nil {
		return 0, errMalformed
	}
	r := bitReader{b: h264.EmulationPreventionRemove(nal[2:min(len(nal), h264SliceHeaderPrefix)])}
	r.bits(1) // first_slice_segment_in_pic_flag
	if t >= h265.NALUType_BLA_W_LP && t <= h265.NALUType_RSV_IRAP_VCL23 {
		r.bits(1) // no_output_of_prior_pics_flag
	}
	pps, known := o.pps[r.golomb()]
	if !known {
		return 0, errMalformed
	}
	r.bits(int(pps.NumExtraSliceHeaderBits))
	r.golomb() // slice_type
	if pps.OutputFlagPresentFlag {
		r.bits(1)
	}
	if o.sps.SeparateColourPlaneFlag {
		r.bits(2)
	}
	lsb := r.bits(int(o.sps.Log2MaxPicOrderCntLsbMinus4 + 4))

	return int64(lsb), r.err //nolint:gosec // at most 16 bits
}
