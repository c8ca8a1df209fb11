// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

// SmootherInput is what an estimator, whichever it is, knows at one feedback.
type SmootherInput struct {
	// At is when the feedback reached the sender.
	At Time
	// Estimate is the estimator's own estimate, before smoothing.
	Estimate Bitrate
	// Acked is the acknowledged throughput; zero while unknown.
	Acked Bitrate
	// RTT is the round-trip time of the feedback's newest packet or a smooth of it,
	// MinRTT the least ever seen on the path; zero while unknown.
	RTT    time.Duration
	MinRTT time.Duration
	// QueueDelay is the least one-way delay among the feedback's packets, above the
	// path's baseline: neither smoothed nor filtered over more than one feedback. Where
	// it is below zero, for unknown, RTT above MinRTT takes its place.
	QueueDelay time.Duration
	// Loss is the recent loss as a fraction from 0 to 1.
	Loss float64
	// State is what the estimator holds the path to be.
	State State
}

// SmoothingReason says why a [Smoother] took over, stepped back or let go.
type SmoothingReason uint8

// The reasons of a smoother.
const (
	// SmoothingOscillation: took over, for the estimate swings on a healthy path.
	SmoothingOscillation SmoothingReason = iota
	// SmoothingTrimmed: still in charge, but stepped back under what the path carried
	// when a queue began to stand.
	SmoothingTrimmed
	// SmoothingQueue: let go, for delay rose beyond the path's own jitter.
	SmoothingQueue
	// SmoothingLoss: let go, for loss rose above the path's usual loss.
	SmoothingLoss
	// SmoothingThroughput: let go, for less is acknowledged than is sent.
	SmoothingThroughput
	// SmoothingBlind: let go, for feedback is missing.
	SmoothingBlind
	// SmoothingOutgrown: let go, for the estimate rose above what was held.
	SmoothingOutgrown
	// SmoothingCalm: let go, for the estimate no longer swings.
	SmoothingCalm
	// SmoothingOff: let go, for it was switched off.
	SmoothingOff
)

// String returns the name used in traces and metrics.
func (r SmoothingReason) String() string {
	switch r {
	case SmoothingOscillation:
		return "oscillation"
	case SmoothingTrimmed:
		return "trimmed"
	case SmoothingQueue:
		return "queue"
	case SmoothingLoss:
		return "loss"
	case SmoothingThroughput:
		return "throughput"
	case SmoothingBlind:
		return "blind"
	case SmoothingOutgrown:
		return "outgrown"
	case SmoothingCalm:
		return "calm"
	case SmoothingOff:
		return "off"
	default:
		return "unknown"
	}
}

// MarshalText writes the name, for JSON.
func (r SmoothingReason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Smoothing says that a [Smoother] took over from the estimator, stepped back or let
// go. As an [Event] it is named "smoothing".
type Smoothing struct {
	At Time `json:"t"`
	// Engaged tells whether the smoother is in charge from now on.
	Engaged bool            `json:"engaged"`
	Reason  SmoothingReason `json:"reason"`
	// Estimate is the estimator's estimate, Output what the smoother makes of it.
	Estimate Bitrate `json:"estimate_bps"`
	Output   Bitrate `json:"output_bps"`
	// Proven is the throughput that the path has carried without queue or loss.
	Proven Bitrate `json:"proven_bps"`
}

// EventName implements [Event].
func (*Smoothing) EventName() string { return "smoothing" }

// Time implements [Event].
func (s *Smoothing) Time() Time { return s.At }
