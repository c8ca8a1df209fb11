// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"time"

	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sdpext"
	"github.com/rtmcc/rtmcc/sender/media"
)

// BFrameMode says what becomes of the B-frames of a source.
type BFrameMode string

// The modes. The offer says that B-frames are sent, where the source has any, in all but
// BFramesStrip.
const (
	// BFramesAuto removes them where the answer says that they are not taken. Where it
	// says nothing they are sent with a warning, but removed for SRS, which does not say
	// so and takes every picture's PTS for its DTS.
	BFramesAuto BFrameMode = "auto"
	// BFramesStrip removes them always.
	BFramesStrip BFrameMode = "strip"
	// BFramesRequire fails unless the answer says that they are taken.
	BFramesRequire BFrameMode = "require"
	// BFramesKeep sends them whatever the answer says.
	BFramesKeep BFrameMode = "keep"
)

// DropBFrame is the reason where the receiver takes no B-frames, or they are not wanted.
const DropBFrame ratecontrol.DropReason = "b_frame"

const (
	warnBFramesUnsaid = "the server does not say whether it takes B-frames; they are sent, and may be shown out of order: " +
		"ask for them to be stripped, or encode without them"
	warnBFramesLeft = "B-frames that other pictures refer to cannot be removed; they are sent, and may be shown out of order: " +
		"encode without B-frames, or with none as reference (x264, x265: b-pyramid=0)"
)

// bFrameAnswer is what an answer says of B-frames. One that takes the composition time
// has a use for it.
func bFrameAnswer(said sdpext.BFrameSupport, compositionTime bool) sdpext.BFrameSupport {
	if said == sdpext.BFramesUnsaid && compositionTime {
		return sdpext.BFramesSupported
	}

	return said
}

// bFrames tells whether to strip the B-frames of a track for an answer. It fails with
// a [*RejectedError] where they are required.
func (p *push) bFrames(t *track, answered sdpext.BFrameSupport) (strip bool, err error) {
	offered := sdpext.BFramesSupported
	if p.o.BFrames == BFramesStrip {
		offered = sdpext.BFramesUnsupported
	}
	action := sdpext.DecideBFrames(t.source.BFrames, offered, answered)
	switch {
	case action == sdpext.BFramesForward || p.o.BFrames == BFramesKeep:
		return false, nil
	case p.o.BFrames == BFramesRequire && action == sdpext.BFramesStrip:
		return false, &RejectedError{Codec: string(t.codec), Reason: "B-frames are required, and the answer says that it takes none"}
	case p.o.BFrames == BFramesRequire:
		return false, &RejectedError{Codec: string(t.codec), Reason: "B-frames are required, and the answer does not speak of them"}
	case action == sdpext.BFramesStrip || p.o.profile() == ProfileSRS:
		return true, nil
	default:
		p.warnOnce(warnBFramesUnsaid)

		return false, nil
	}
}

// bFrameStripper removes the pictures that are shown before one that was decoded
// earlier, as far as nothing refers to them: dropping one of these cannot harm any
// other (ITU-T H.264 7.4.1 nal_ref_idc, H.265 7.4.2.2). A P-picture may refer to a
// B-picture that is a reference, so that those have to stay. Pictures that nothing
// refers to and that are in order stay too. Timestamps do not change.
type bFrameStripper struct {
	begun bool
	// newest is the greatest PTS since the last key frame.
	newest time.Duration
}

// strip tells whether to remove a picture, and otherwise whether it is out of order.
func (b *bFrameStripper) strip(au *media.AccessUnit) (remove, reordered bool) {
	if au.Key || !b.begun {
		b.begun, b.newest = true, au.PTS

		return false, false
	}
	reordered = au.PTS < b.newest
	b.newest = max(b.newest, au.PTS)

	return reordered && au.Disposable, reordered && !au.Disposable
}
