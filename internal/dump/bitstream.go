// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"errors"
	"fmt"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"github.com/rtmcc/rtmcc/sdpext/aac"
	"github.com/rtmcc/rtmcc/sender/media"
)

// NAL units that RTP does not carry: access unit delimiters, fillers, and the types
// that are RTP's own (RFC 6184 section 5.2, RFC 7798 section 4.4).
const (
	h264Delimiter, h264Filler, h264FirstRTP = 9, 12, 24
	h265Delimiter, h265Filler, h265FirstRTP = 35, 38, 48
)

// carried tells whether RTP carries a unit.
func carried(c media.Codec, unit []byte) bool {
	switch c {
	case media.H264:
		if len(unit) == 0 {
			return false
		}
		kind := unit[0] & 0x1f

		return kind != h264Delimiter && kind != h264Filler && kind < h264FirstRTP
	case media.H265:
		if len(unit) < 2 {
			return false
		}
		kind := unit[0] >> 1 & 0x3f

		return kind != h265Delimiter && kind != h265Filler && kind < h265FirstRTP
	default:
		return len(unit) > 0
	}
}

// bitstream is a frame in the form in which stages are compared: what RTP carries of
// it, NAL units behind start codes.
type bitstream struct {
	data []byte
	// units are where each unit begins in data, and numbers which of the frame's it is.
	units, numbers []int
}

func newBitstream(c media.Codec, units [][]byte) *bitstream {
	b := &bitstream{}
	for i, u := range units {
		if !carried(c, u) {
			continue
		}
		if annexB(c) {
			b.data = append(b.data, startCode...)
		}
		b.units, b.numbers = append(b.units, len(b.data)), append(b.numbers, i)
		b.data = append(b.data, u...)
	}

	return b
}

func annexB(c media.Codec) bool { return c == media.H264 || c == media.H265 }

// locate returns the unit at an offset of data, counted from 0, and the offset within
// it. Start codes count to the unit in front of them.
func (b *bitstream) locate(offset int) (unit, within int) {
	within = offset
	for i, begin := range b.units {
		if begin > offset {
			break
		}
		unit, within = b.numbers[i], offset-begin
	}

	return unit, within
}

// firstDifference returns where two byte strings part, -1 for nowhere.
func firstDifference(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	if len(a) != len(b) {
		return n
	}

	return -1
}

// errIncomplete: payloads end within a unit.
var errIncomplete = errors.New("the payloads end within a unit")

// depacketize puts a frame together out of the payloads of its packets. known is false
// for codecs of which this cannot be done.
func depacketize(s *stream, payloads [][]byte) (data []byte, known bool, err error) {
	d := newDepacketizer(s)
	if d == nil {
		return nil, false, nil
	}
	for i, p := range payloads {
		part, err := d.Unmarshal(p)
		if err != nil {
			return nil, true, fmt.Errorf("packet %d of %d: %w", i+1, len(payloads), err)
		}
		if len(part) == 0 && i == len(payloads)-1 {
			return nil, true, errIncomplete
		}
		data = append(data, part...)
	}

	return data, true, nil
}

// newDepacketizer returns nil for codecs that it does not know.
func newDepacketizer(s *stream) rtp.Depacketizer {
	switch codecOf(s.MimeType) {
	case media.H264:
		return &codecs.H264Packet{}
	case media.H265:
		return &codecs.H265Depacketizer{}
	case media.VP8:
		return &codecs.VP8Packet{}
	case media.VP9:
		return &codecs.VP9Packet{}
	case media.Opus:
		return &codecs.OpusPacket{}
	case media.AAC:
		f, err := aacFormat(s.MimeType, s.ClockRate, s.Channels, s.Fmtp)
		if err != nil {
			return nil
		}
		if d, err := aac.NewDepacketizer(f); err == nil {
			return d
		}

		return nil
	default:
		return nil
	}
}
