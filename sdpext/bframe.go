// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sdpext

import (
	"strings"

	"github.com/pion/sdp/v3"
)

// BFrameParameter is the fmtp parameter of H.264 and H.265 by which a side says
// whether it decodes B-frames. It is written so and read in any case. The value is
// 0 or 1; it does not say that B-frames are sent.
const BFrameParameter = "BFrame-enabled"

// BFrameSupport is what one side says of B-frames.
type BFrameSupport uint8

// Values of [BFrameSupport].
const (
	// BFramesUnsaid: no parameter, or one that is neither 0 nor 1.
	BFramesUnsaid BFrameSupport = iota
	BFramesUnsupported
	BFramesSupported
)

// String returns unsaid, unsupported or supported.
func (s BFrameSupport) String() string {
	switch s {
	case BFramesUnsupported:
		return "unsupported"
	case BFramesSupported:
		return "supported"
	default:
		return "unsaid"
	}
}

// BFrames returns what the parameters say of B-frames.
func (f Fmtp) BFrames() BFrameSupport {
	switch value, _ := f.Get(BFrameParameter); value {
	case "0":
		return BFramesUnsupported
	case "1":
		return BFramesSupported
	default:
		return BFramesUnsaid
	}
}

// WithBFrames returns f with the parameter set to 1 where supported, else to 0.
func (f Fmtp) WithBFrames(supported bool) Fmtp {
	if supported {
		return f.With(BFrameParameter, "1")
	}

	return f.With(BFrameParameter, "0")
}

// SetBFrames sets the parameter for every H.264 and H.265 payload type of m, offer
// or answer, and returns how many there are.
func SetBFrames(m *sdp.MediaDescription, supported bool) int {
	n := 0
	for _, c := range Codecs(m) {
		if hasBFrames(c) {
			editFmtp(m, c.PayloadType, BFrameParameter, func(f Fmtp) Fmtp { return f.WithBFrames(supported) })
			n++
		}
	}

	return n
}

// BFrames returns what m says of B-frames for one payload type.
func BFrames(m *sdp.MediaDescription, payloadType uint8) BFrameSupport {
	for _, c := range Codecs(m) {
		if c.PayloadType == payloadType && hasBFrames(c) {
			return Fmtp(c.Fmtp).BFrames()
		}
	}

	return BFramesUnsaid
}

// MediaBFrames returns what m says for all its H.264 and H.265 payload types
// together: unsupported where one says so, else supported where one does.
func MediaBFrames(m *sdp.MediaDescription) BFrameSupport {
	all := BFramesUnsaid
	for _, c := range Codecs(m) {
		if !hasBFrames(c) {
			continue
		}
		switch Fmtp(c.Fmtp).BFrames() {
		case BFramesUnsupported:
			return BFramesUnsupported
		case BFramesSupported:
			all = BFramesSupported
		case BFramesUnsaid:
		}
	}

	return all
}

func hasBFrames(c sdp.Codec) bool {
	return strings.EqualFold(c.Name, "H264") || strings.EqualFold(c.Name, "H265")
}

// BFrameAction is what a pusher does with the frames of its source.
type BFrameAction uint8

// Values of [BFrameAction].
const (
	// BFramesForward sends every frame as it is.
	BFramesForward BFrameAction = iota
	// BFramesStrip removes the B-frames: the receiver does not decode them.
	BFramesStrip
	// BFramesUndecided leaves it to what is known of the server: the source has
	// B-frames and the answer does not speak of them, as servers do that know
	// standard WebRTC alone.
	BFramesUndecided
)

// String returns forward, strip or undecided.
func (a BFrameAction) String() string {
	switch a {
	case BFramesForward:
		return "forward"
	case BFramesStrip:
		return "strip"
	default:
		return "undecided"
	}
}

// DecideBFrames returns what to do where the source has B-frames or has none, by
// what we offered and what the answer says. A source without B-frames is always
// forwarded. One with them is stripped where either side said that it does not
// take them, for an offer is a promise, and forwarded where the answer takes them.
func DecideBFrames(source bool, offered, answered BFrameSupport) BFrameAction {
	switch {
	case !source:
		return BFramesForward
	case offered == BFramesUnsupported || answered == BFramesUnsupported:
		return BFramesStrip
	case answered == BFramesSupported:
		return BFramesForward
	default:
		return BFramesUndecided
	}
}
