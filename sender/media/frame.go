// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/vp8"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/vp9"
)

// isKeyFrame tells whether decoding can start at a frame of VP8 (RFC 6386, 9.1),
// VP9 (bitstream specification, 6.2) or AV1.
func isKeyFrame(c Codec, frame []byte) bool {
	key := false
	err := parse(func() error {
		switch c {
		case VP8:
			key = vp8.IsRandomAccess(frame)
		case VP9:
			key = vp9.IsRandomAccess(frame)
		case AV1:
			key = startsWithSequenceHeader(frame)
		default:
		}

		return nil
	})

	return err == nil && key
}

// av1TemporalDelimiter is the whole of a temporal delimiter OBU. The RTP payload
// format has it removed (AV1 RTP specification, section 5).
const av1TemporalDelimiter = "\x12\x00"

func trimTemporalDelimiter(unit []byte) []byte {
	if len(unit) >= 2 && string(unit[:2]) == av1TemporalDelimiter {
		return unit[2:]
	}

	return unit
}

// startsWithSequenceHeader holds for the temporal units of AV1 that begin a coded
// video sequence (AV1 bitstream specification, 7.5).
func startsWithSequenceHeader(unit []byte) bool {
	var h av1.OBUHeader

	return h.Unmarshal(unit) == nil && h.Type == av1.OBUTypeSequenceHeader
}
