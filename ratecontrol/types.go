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
	// Target is what audio and video encoders together should be asked for.
	Target bwe.Bitrate `json:"target_bps"`
	Audio  bwe.Bitrate `json:"audio_bps"`
	Video  bwe.Bitrate `json:"video_bps"`
	// KeyFrame asks the video encoder for a key frame, again and again until one is
	// offered: frames are being dropped up to it although there is room for it, or the
	// tier has changed.
	KeyFrame bool `json:"key_frame,omitempty"`
	// Tier is the index into [Config.Tiers] of the tier that is wanted from the next
	// key frame on; zero without a ladder.
	Tier int `json:"tier"`
	// Switching tells that no key frame has been offered since Tier changed. A source
	// that can make one starts the new tier with it at once; a source whose key frames
	// are where they are goes on in the old tier up to its next one. Either way the first
	// key frame offered after the change is taken for the new tier's. Until then Target
	// suits both tiers.
	Switching bool `json:"switching,omitempty"`
	// Limit says what holds the target where it is.
	Limit Limit `json:"limit"`
	// Ceiling says where the way above the tier's maximum stands.
	Ceiling CeilingState `json:"ceiling"`
	// Smoothing says what the smoothing of the target does.
	Smoothing SmoothingState `json:"smoothing"`
	// Probe is the rate on the wire that the controller would like to see shown before
	// it takes the next step above the ceiling; zero for none.
	Probe bwe.Bitrate `json:"probe_bps,omitempty"`
}

// Limit says what holds a target where it is.
type Limit uint8

// The limits.
const (
	// LimitPath: the estimate.
	LimitPath Limit = iota
	// LimitMin and LimitMax: the configured minimum and maximum.
	LimitMin
	LimitMax
	// LimitTier: the tier's maximum, or the ceiling above it.
	LimitTier
	// LimitCap: the cap on the wire.
	LimitCap
	// LimitBudget: the share of the budget.
	LimitBudget
	// LimitSmoothing: the smoothing.
	LimitSmoothing
)

// String returns the name used in traces and metrics.
func (l Limit) String() string {
	switch l {
	case LimitPath:
		return "path"
	case LimitMin:
		return "min"
	case LimitMax:
		return "max"
	case LimitTier:
		return "tier"
	case LimitCap:
		return "cap"
	case LimitBudget:
		return "budget"
	case LimitSmoothing:
		return "smoothing"
	default:
		return unknown
	}
}

// MarshalText writes the name, for JSON.
func (l Limit) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// CeilingState says where the way above a tier's maximum stands.
type CeilingState uint8

// The states.
const (
	// CeilingClosed: the tier's maximum holds.
	CeilingClosed CeilingState = iota
	// CeilingWaiting: the path is strong enough and must stay calm for longer.
	CeilingWaiting
	// CeilingProbing: the next step is being shown by a probe.
	CeilingProbing
	// CeilingRaised: the target may be above the tier's maximum.
	CeilingRaised
)

// String returns the name used in traces and metrics.
func (s CeilingState) String() string {
	switch s {
	case CeilingClosed:
		return "closed"
	case CeilingWaiting:
		return "waiting"
	case CeilingProbing:
		return "probing"
	case CeilingRaised:
		return "raised"
	default:
		return unknown
	}
}

// MarshalText writes the name, for JSON.
func (s CeilingState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// SmoothingState says what the smoothing of the target does.
type SmoothingState uint8

// The states.
const (
	// SmoothingFollowing: the target is what the path allows, or on its way up to it.
	SmoothingFollowing SmoothingState = iota
	// SmoothingHolding: a dip is being waited out on the buffer.
	SmoothingHolding
	// SmoothingYielding: the dip lasts too long for the buffer; the target goes down
	// with what is left of it.
	SmoothingYielding
	// SmoothingEmergency: the queue says that nothing may be waited for.
	SmoothingEmergency
	// SmoothingSwing: the target is held level, for it swung by itself.
	SmoothingSwing
)

// String returns the name used in traces and metrics.
func (s SmoothingState) String() string {
	switch s {
	case SmoothingFollowing:
		return "following"
	case SmoothingHolding:
		return "holding"
	case SmoothingYielding:
		return "yielding"
	case SmoothingEmergency:
		return "emergency"
	case SmoothingSwing:
		return "swing"
	default:
		return unknown
	}
}

// MarshalText writes the name, for JSON.
func (s SmoothingState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

const unknown = "unknown"

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
