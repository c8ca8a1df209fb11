// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bytes"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
)

const (
	// aacFrameSamples is the length of an AAC frame.
	aacFrameSamples = mpeg4audio.SamplesPerAccessUnit
	adtsHeader      = 7
)

// adts cuts an ADTS stream (ISO/IEC 14496-3, 1.A.2.2) into frames, which may
// cross the borders of the pieces that it comes in.
type adts struct {
	rest       []byte
	config     []byte // AudioSpecificConfig
	sampleRate int
	channels   int
}

// add returns the frames that end in b. before tells that the first of them began
// in an earlier piece.
func (a *adts) add(b []byte) (frames [][]byte, before bool) {
	before = len(a.rest) > 0
	data := append(a.rest, b...) //nolint:gocritic // rest is replaced below
	for len(data) >= adtsHeader {
		size := adtsFrameSize(data)
		if size == 0 {
			// Lost: look for the next syncword.
			if next := bytes.IndexByte(data[1:], 0xff); next >= 0 {
				data = data[1+next:]
			} else {
				data = nil
			}
			if len(frames) == 0 {
				before = false
			}

			continue
		}
		if size > len(data) {
			break
		}
		if f := a.frame(data[:size]); f != nil {
			frames = append(frames, f)
		}
		data = data[size:]
	}
	a.rest = bytes.Clone(data)

	return frames, before && len(frames) > 0
}

// adtsFrameSize reads aac_frame_length, zero where there is no syncword.
func adtsFrameSize(b []byte) int {
	if b[0] != 0xff || b[1]&0xf6 != 0xf0 {
		return 0
	}
	size := int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5]>>5)
	if size < adtsHeader {
		return 0
	}

	return size
}

func (a *adts) frame(b []byte) []byte {
	var packets mpeg4audio.ADTSPackets
	if parse(func() error { return packets.Unmarshal(b) }) != nil || len(packets) != 1 {
		return nil
	}
	p := packets[0]
	if a.config == nil {
		c := mpeg4audio.AudioSpecificConfig{Type: p.Type, SampleRate: p.SampleRate, ChannelConfig: p.ChannelConfig}
		config, err := c.Marshal()
		if err != nil || p.SampleRate <= 0 {
			return nil
		}
		a.config, a.sampleRate, a.channels = config, p.SampleRate, aacChannels(p.ChannelConfig)
	}

	return p.AU
}

// aacChannels is the number of channels of a channel configuration (ISO/IEC
// 14496-3, table 1.19); 0 leaves it to the data, where stereo is assumed.
func aacChannels(config uint8) int {
	switch {
	case config == 0 || config > 7:
		return 2
	case config == 7:
		return 8
	default:
		return int(config)
	}
}
