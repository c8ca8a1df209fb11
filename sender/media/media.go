// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package media reads elementary streams out of files and releases their access
// units in real time.
package media

import (
	"errors"
	"time"
)

// Codec names an elementary stream's coding, in the spelling of its SDP rtpmap.
type Codec string

// The codecs that sources deliver.
const (
	H264 Codec = "H264"
	H265 Codec = "H265"
	VP8  Codec = "VP8"
	VP9  Codec = "VP9"
	AV1  Codec = "AV1"
	Opus Codec = "opus"
	AAC  Codec = "AAC"
)

// Video tells video codecs from audio codecs.
func (c Codec) Video() bool {
	switch c {
	case H264, H265, VP8, VP9, AV1:
		return true
	default:
		return false
	}
}

// Track describes one elementary stream of a source.
type Track struct {
	Codec Codec
	// ClockRate is the RTP clock in Hz: 90000 for video.
	ClockRate uint32
	// Channels is the number of audio channels.
	Channels int
	// Width and Height are in pixels, zero where unknown.
	Width, Height int
	// BFrames tells that presentation order differs from decoding order.
	BFrames bool
	// ParameterSets are VPS, SPS and PPS NAL units, where known ahead of the first
	// access unit.
	ParameterSets [][]byte
	// Config is the codec's own configuration: the AudioSpecificConfig of AAC.
	Config []byte
}

// AccessUnit is one coded picture, or the audio that belongs to one timestamp.
type AccessUnit struct {
	// Track is the index into [Source.Tracks].
	Track int
	// PTS and DTS count from the start of the source. DTS never decreases within a
	// track, and PTS is at or after DTS.
	PTS, DTS time.Duration
	// Duration is the audio frame's length; zero for video.
	Duration time.Duration
	// Key marks an access unit from which decoding can start.
	Key bool
	// Disposable marks a picture that no other picture refers to.
	Disposable bool
	// Rendition names the version of the picture where a source has several, such as
	// "900k.ts" or "1280x720@30"; else it is empty.
	Rendition string
	// Units are NAL units without start codes for H.264 and H.265 (parameter sets
	// included before key frames), and one frame for every other codec.
	Units [][]byte
}

// Size returns the payload in bytes.
func (a *AccessUnit) Size() int {
	n := 0
	for _, u := range a.Units {
		n += len(u)
	}

	return n
}

// Source delivers access units, interleaved by DTS across its tracks. It is not
// safe for concurrent use.
type Source interface {
	// Tracks describes the streams; it does not change.
	Tracks() []Track
	// Next returns the next access unit, [io.EOF] at the end. The units belong to
	// the caller.
	Next() (AccessUnit, error)
	// Close releases the file or the process behind the source.
	Close() error
}

// ErrUnsupported is wrapped by errors about containers and codecs that cannot be
// read; the text says what can be done.
var ErrUnsupported = errors.New("unsupported media")
