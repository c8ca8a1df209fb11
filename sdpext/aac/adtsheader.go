// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package aac

import (
	"fmt"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
)

const (
	adtsHeaderSize = 7
	adtsCRCSize    = 2
	// maxADTSFrame is the greatest value of the 13 bits of a frame's length.
	maxADTSFrame = 1<<13 - 1
	// adtsFullness says that the bit rate varies.
	adtsFullness = 0x7ff
)

// adtsHeader is the header of an ADTS frame (ISO/IEC 14496-3, tables 1.A.6 to 1.A.8).
// That of mediacommon refuses frames with a checksum and those in part.
type adtsHeader struct {
	object     mpeg4audio.ObjectType
	rateIndex  uint8
	channels   uint8
	headerSize int
	// size is that of the whole frame, header and all.
	size int
	// blocks is how many access units the frame holds.
	blocks int
}

// parseADTSHeader reads the first 7 bytes of a frame.
func parseADTSHeader(b []byte) (adtsHeader, error) {
	if len(b) < adtsHeaderSize {
		return adtsHeader{}, fmt.Errorf("%w: %d bytes of an ADTS header", ErrPayload, len(b))
	}
	if b[0] != 0xff || b[1]&0xf6 != 0xf0 {
		return adtsHeader{}, fmt.Errorf("%w: no ADTS sync word", ErrPayload)
	}
	h := adtsHeader{
		object:     mpeg4audio.ObjectType(b[2]>>6) + 1,
		rateIndex:  b[2] >> 2 & 0xf,
		channels:   b[2]&1<<2 | b[3]>>6,
		headerSize: adtsHeaderSize,
		size:       int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5])>>5,
		blocks:     int(b[6]&3) + 1,
	}
	if b[1]&1 == 0 {
		h.headerSize += adtsCRCSize
	}
	if h.size <= h.headerSize {
		return adtsHeader{}, fmt.Errorf("%w: ADTS frame of %d bytes", ErrPayload, h.size)
	}

	return h, nil
}

// appendADTSHeader appends the header of a frame with one access unit of size bytes.
func appendADTSHeader(b []byte, cfg Config, size int) ([]byte, error) {
	index := -1
	for i, rate := range rates {
		if rate == cfg.Core.SampleRate {
			index = i
		}
	}
	whole := adtsHeaderSize + size
	switch {
	case index < 0:
		return b, fmt.Errorf("%w: ADTS has no sample rate of %d Hz", ErrConfig, cfg.Core.SampleRate)
	case cfg.Core.ChannelConfig > maxChannelConfig || cfg.Core.Type != mpeg4audio.ObjectTypeAACLC:
		return b, fmt.Errorf("%w: %d channels of object type %d in ADTS", ErrConfig, cfg.Core.ChannelConfig, cfg.Core.Type)
	case whole > maxADTSFrame:
		return b, fmt.Errorf("%w: ADTS frame of %d bytes, at most %d", ErrPayload, whole, maxADTSFrame)
	}
	channels := cfg.Core.ChannelConfig

	return append(b,
		0xff, 0xf1, // MPEG-4, no checksum
		byte(cfg.Core.Type-1)<<6|byte(index)<<2|channels>>2, //nolint:gosec // checked above
		channels<<6|byte(whole>>11), byte(whole>>3), byte(whole)<<5|adtsFullness>>6,
		adtsFullness&0x3f<<2,
	), nil
}
