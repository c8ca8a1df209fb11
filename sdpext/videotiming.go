// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sdpext

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

const (
	videoTimingSize = 13
	// videoTimingOldSize is the layout before flags were added.
	videoTimingOldSize = videoTimingSize - 1
	maxVideoTiming     = (1<<16 - 1) * time.Millisecond
)

// Flags of [VideoTiming], why the frame was chosen to carry it.
const (
	VideoTimingByTimer uint8 = 1 << iota
	VideoTimingBySize
)

// VideoTiming tells when a frame passed each stage, on the last packet of the frame
// (libwebrtc VideoTimingExtension). Durations count from the capture of the frame,
// 0 to 65.535 s, milliseconds on the wire.
type VideoTiming struct {
	Flags               uint8
	EncodeStart         time.Duration
	EncodeFinish        time.Duration
	PacketizationFinish time.Duration
	PacerExit           time.Duration
	Network1, Network2  time.Duration
}

// Marshal returns the 13 bytes. It fails where a duration is out of range.
func (v VideoTiming) Marshal() ([]byte, error) {
	b := make([]byte, videoTimingSize)
	_, err := v.MarshalTo(b)

	return b, err
}

// MarshalTo writes the 13 bytes into b and returns their number. It fails where a
// duration is out of range, and with io.ErrShortBuffer.
func (v VideoTiming) MarshalTo(b []byte) (int, error) {
	if len(b) < videoTimingSize {
		return 0, io.ErrShortBuffer
	}
	b[0] = v.Flags
	for i, d := range [...]time.Duration{
		v.EncodeStart, v.EncodeFinish, v.PacketizationFinish, v.PacerExit, v.Network1, v.Network2,
	} {
		if d < 0 || d > maxVideoTiming {
			return 0, fmt.Errorf("sdpext: video timing %v is not within 0 and %v", d, maxVideoTiming)
		}
		binary.BigEndian.PutUint16(b[1+2*i:], uint16(d/time.Millisecond)) //nolint:gosec // checked above
	}

	return videoTimingSize, nil
}

// Unmarshal reads 13 bytes, or 12 of the older layout without flags.
func (v *VideoTiming) Unmarshal(b []byte) error {
	if len(b) != videoTimingSize && len(b) != videoTimingOldSize {
		return fmt.Errorf("sdpext: video timing of %d bytes, want %d", len(b), videoTimingSize)
	}
	*v = VideoTiming{}
	if len(b) == videoTimingSize {
		v.Flags, b = b[0], b[1:]
	}
	for i, d := range [...]*time.Duration{
		&v.EncodeStart, &v.EncodeFinish, &v.PacketizationFinish, &v.PacerExit, &v.Network1, &v.Network2,
	} {
		*d = time.Duration(binary.BigEndian.Uint16(b[2*i:])) * time.Millisecond
	}

	return nil
}
