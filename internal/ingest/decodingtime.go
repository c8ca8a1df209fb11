// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"errors"
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

const (
	// maxReorder is the greatest depth of reordering of either codec (ITU-T H.264 A.3.1,
	// H.265 A.4.2: 16 pictures in the decoded picture buffer).
	maxReorder = 16
	// usualFrame is the duration of a frame whose rate the bitstream does not tell.
	usualFrame = tsClock / 30
)

// errDecodingTime says that no DTS can be derived that is above the last one.
var errDecodingTime = errors.New("no decoding time can be derived")

// decodingTimes derives the DTS that RTP does not carry from PTS in decoding order.
// Where the parameter sets tell the depth of reordering, n frames, a DTS is the
// smallest of the last n+1 PTS: what muxers assign, so that source and recording
// agree, and frames that are missing do no harm. Else mediacommon's DTSExtractor,
// which counts pictures, has to do.
type decodingTimes struct {
	codec codec
	sets  []byte  // the sequence parameter set that recent is for
	known bool    // it tells the depth
	frame int64   // duration in ticks
	last  []int64 // the last PTS, ascending, one more than the depth
	depth int
	count interface {
		Extract(au [][]byte, pts int64) (int64, error)
	}
}

func newDecodingTimes(c codec) *decodingTimes {
	d := &decodingTimes{codec: c}
	d.restart()

	return d
}

// restart makes the derivation by counting begin anew.
func (d *decodingTimes) restart() {
	if d.codec == codecH265 {
		e := &h265.DTSExtractor{}
		e.Initialize()
		d.count = e

		return
	}
	e := &h264.DTSExtractor{}
	e.Initialize()
	d.count = e
}

// extract returns the DTS of the next frame in ticks of [tsClock].
func (d *decodingTimes) extract(f *recordedFrame, pts int64) (int64, error) {
	d.learn(f.units)
	if d.known {
		return d.sort(pts)
	}
	dts, err := d.count.Extract(f.units, pts)
	if err != nil && f.key {
		d.restart()
		_, _ = d.count.Extract(f.units, pts) // the next frame tells
	}

	return dts, err
}

// sort returns the smallest of the last PTS.
func (d *decodingTimes) sort(pts int64) (int64, error) {
	if len(d.last) == 0 || pts <= d.last[0] {
		begun := len(d.last) > 0
		d.last = d.last[:0]
		for i := d.depth; i >= 0; i-- {
			d.last = append(d.last, pts-int64(i)*d.frame)
		}
		if begun {
			return 0, errDecodingTime
		}

		return d.last[0], nil
	}
	at, _ := slices.BinarySearch(d.last, pts)
	copy(d.last, d.last[1:at])
	d.last[at-1] = pts

	return d.last[0], nil
}

// learn reads a sequence parameter set that is new.
func (d *decodingTimes) learn(units [][]byte) {
	for _, u := range units {
		sps := len(u) > 0 && h264.NALUType(u[0]&0x1f) == h264.NALUTypeSPS
		if d.codec == codecH265 {
			sps = len(u) > 0 && h265.NALUType(u[0]>>1&0x3f) == h265.NALUType_SPS_NUT
		}
		if !sps || string(u) == string(d.sets) {
			continue
		}
		d.sets = append(d.sets[:0], u...)
		depth, frame, known := reordering(d.codec, u)
		if known && (!d.known || depth != d.depth) {
			d.last = d.last[:0]
		}
		d.depth, d.frame, d.known = depth, frame, known
	}
}

// reordering returns by how many frames a sequence parameter set lets the order of
// output differ from that of decoding, and the duration of a frame.
func reordering(c codec, unit []byte) (depth int, frame int64, known bool) {
	var fps float64
	if c == codecH265 {
		var sps h265.SPS
		if sps.Unmarshal(unit) != nil || len(sps.MaxNumReorderPics) == 0 {
			return 0, 0, false
		}
		depth, fps, known = int(sps.MaxNumReorderPics[len(sps.MaxNumReorderPics)-1]), sps.FPS(), true
	} else {
		var sps h264.SPS
		if sps.Unmarshal(unit) != nil {
			return 0, 0, false
		}
		fps = sps.FPS()
		switch {
		case sps.VUI != nil && sps.VUI.BitstreamRestriction != nil:
			depth, known = int(sps.VUI.BitstreamRestriction.MaxNumReorderFrames), true
		case sps.PicOrderCntType == 2: // output order is decoding order
			known = true
		}
	}
	frame = usualFrame
	if fps >= 1 && fps <= 1000 {
		frame = int64(tsClock / fps)
	}

	return depth, frame, known && depth <= maxReorder
}
