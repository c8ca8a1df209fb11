// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sdpext

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/pion/sdp/v3"
)

// Bounds of a composition time on the wire: 24 bits with sign, in milliseconds.
const (
	MinCompositionTime = -(1 << 23) * time.Millisecond
	MaxCompositionTime = (1<<23 - 1) * time.Millisecond
)

// ErrCompositionTime says that the composition time does not fit, or that its payload
// is not of 1 to 4 bytes.
var ErrCompositionTime = errors.New("sdpext: composition time")

const (
	compositionTimeSize = 3
	ticksPerMillisecond = 90
)

// CompositionTime is PTS − DTS of a frame as a header extension. It goes on the
// first RTP packet of every frame and on packets of parameter sets, where the RTP
// timestamp is the PTS (draft-deping-avtcore-video-bframe-01; Tencent LEB). On the
// wire it counts milliseconds.
type CompositionTime time.Duration

// Marshal returns 3 bytes, big-endian, rounded to the nearest millisecond. It fails
// with [ErrCompositionTime].
func (c CompositionTime) Marshal() ([]byte, error) {
	b := make([]byte, compositionTimeSize)
	_, err := c.MarshalTo(b)

	return b, err
}

// MarshalTo writes the 3 bytes into b and returns their number. It fails with
// [ErrCompositionTime], and with io.ErrShortBuffer.
func (c CompositionTime) MarshalTo(b []byte) (int, error) {
	ms := c.milliseconds()
	if d := time.Duration(ms) * time.Millisecond; d < MinCompositionTime || d > MaxCompositionTime {
		return 0, fmt.Errorf("%w: %v is not within ±8388 s; check the source's timestamps", ErrCompositionTime, time.Duration(c))
	}
	if len(b) < compositionTimeSize {
		return 0, io.ErrShortBuffer
	}
	b[0], b[1], b[2] = byte(ms>>16), byte(ms>>8), byte(ms)

	return compositionTimeSize, nil
}

// Unmarshal reads 1 to 4 bytes, big-endian: 3 and 4 with sign, 1 and 2 without, as
// what writers left out are zeros. It fails with [ErrCompositionTime].
func (c *CompositionTime) Unmarshal(b []byte) error {
	if len(b) < 1 || len(b) > 4 {
		return fmt.Errorf("%w: payload of %d bytes, want 1 to 4", ErrCompositionTime, len(b))
	}
	var v uint32
	for _, x := range b {
		v = v<<8 | uint32(x)
	}
	ms := int32(v) //nolint:gosec // two's complement
	if len(b) == compositionTimeSize {
		ms = ms << 8 >> 8
	}
	*c = CompositionTime(time.Duration(ms) * time.Millisecond)

	return nil
}

// DTS returns the decoding timestamp of a frame whose RTP timestamp is pts, on the
// 90 kHz clock of video; both wrap at 32 bits. As the wire counts milliseconds, so
// does the difference.
func (c CompositionTime) DTS(pts uint32) uint32 {
	return pts - uint32(c.milliseconds()*ticksPerMillisecond) //nolint:gosec // wraps as timestamps do
}

// milliseconds rounds to the nearest, halves up.
func (c CompositionTime) milliseconds() int64 {
	ms, rest := int64(c)/int64(time.Millisecond), int64(c)%int64(time.Millisecond)
	switch half := int64(time.Millisecond / 2); {
	case rest >= half:
		ms++
	case rest < -half:
		ms--
	}

	return ms
}

// CompositionTimeURIs returns the known URIs, the preferred one first: that of the
// white paper's authors, that of live answers, that of the draft.
func CompositionTimeURIs() []string {
	return []string{CompositionTimeURI, VideoCompositionTimeURI, CompositionTimeDraftURI}
}

// AcceptedCompositionTime returns the extension under which an answer takes the
// composition time. Where there is none, timestamps alone tell.
func AcceptedCompositionTime(answer *sdp.MediaDescription) (Extension, bool) {
	return Accepted(answer, CompositionTimeURIs()...)
}

// DTSOffset keeps composition times from being negative, for receivers exist that
// read them without sign: it is how much earlier than the source's the DTS on the
// wire are. The zero value is ready. It should be set beforehand to the depth of
// reordering where that is known, for where a frame makes it grow, the DTS on the
// wire step back by as much.
type DTSOffset time.Duration

// CompositionTime returns that of a frame with the source's timestamps, zero or
// more, and lets the offset grow where the frame needs it.
func (o *DTSOffset) CompositionTime(pts, dts time.Duration) CompositionTime {
	*o = max(*o, DTSOffset(dts-pts))

	return CompositionTime(pts - dts + time.Duration(*o))
}
