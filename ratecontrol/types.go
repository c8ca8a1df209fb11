// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// MediaKind tells audio from video.
type MediaKind uint8

// The kinds of media.
const (
	Video MediaKind = iota
	Audio
)

// String returns the name used in traces and metrics.
func (k MediaKind) String() string {
	if k == Audio {
		return "audio"
	}

	return "video"
}

// MarshalText writes the name, for JSON.
func (k MediaKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Frame is the input for one access unit that a source offers for sending.
type Frame struct {
	At   bwe.Time  `json:"t"`
	Kind MediaKind `json:"kind"`
	// Size is the payload in bytes.
	Size int `json:"size"`
	// Key marks a frame from which decoding can start.
	Key bool `json:"key,omitempty"`
	// Disposable marks a frame that no other frame refers to.
	Disposable bool `json:"disposable,omitempty"`
}

// PacerState is the input that tells how much waits in the pacer.
type PacerState struct {
	At bwe.Time `json:"t"`
	// Delay is how long the queue takes to drain at the pacing rate.
	Delay time.Duration `json:"queue_ns"`
	Bytes int64         `json:"queue_bytes"`
}

// Decision is the controller's whole answer. As an event it is named "decision".
type Decision struct {
	At bwe.Time `json:"t"`
	// Target is what audio and video encoders together should produce.
	Target bwe.Bitrate `json:"target_bps"`
	Audio  bwe.Bitrate `json:"audio_bps"`
	Video  bwe.Bitrate `json:"video_bps"`
	// KeyFrame asks the video encoder for a key frame, again and again until one is
	// offered: frames are being dropped up to it although there is room for it.
	KeyFrame bool `json:"key_frame,omitempty"`
}

// DropReason says why a frame is not sent.
type DropReason string

// The reasons for a drop.
const (
	// KeepFrame is the absence of a reason: the frame is sent.
	KeepFrame DropReason = ""
	// DropDisposable: the backlog is over its first limit and nothing refers to the
	// frame.
	DropDisposable DropReason = "disposable"
	// DropUntilKey: the backlog is over its second limit, or a frame that this one
	// needs was dropped.
	DropUntilKey DropReason = "until_key"
)

// Verdict is the controller's answer to one frame. As an event it is named
// "verdict".
type Verdict struct {
	At   bwe.Time   `json:"t"`
	Kind MediaKind  `json:"kind"`
	Drop DropReason `json:"drop"`
	// Backlog is how long the path needs for what was admitted and not yet sent.
	Backlog time.Duration `json:"backlog_ns"`
}

// EventName implements [bwe.Event].
func (*Frame) EventName() string { return "frame" }

// EventName implements [bwe.Event].
func (*PacerState) EventName() string { return "pacer" }

// EventName implements [bwe.Event].
func (*Decision) EventName() string { return "decision" }

// EventName implements [bwe.Event].
func (*Verdict) EventName() string { return "verdict" }

// Time implements [bwe.Event].
func (f *Frame) Time() bwe.Time { return f.At }

// Time implements [bwe.Event].
func (p *PacerState) Time() bwe.Time { return p.At }

// Time implements [bwe.Event].
func (d *Decision) Time() bwe.Time { return d.At }

// Time implements [bwe.Event].
func (v *Verdict) Time() bwe.Time { return v.At }
