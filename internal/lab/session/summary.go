// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package session says what was wrong with a session, and how it did, by its timeline.
package session

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// Summary is one session in figures, a row of a corpus. A figure that the recording does not
// tell is nil, or zero where its JSON tag says omitzero, for which zero is no value: it is
// absent in JSON and null in a table.
type Summary struct {
	// Name is the file's, or whatever else names the session.
	Name     string    `json:"name"`
	Format   string    `json:"format"`
	Recorder string    `json:"recorder"`
	Start    time.Time `json:"start,omitzero"`
	// Duration is in seconds: of the window, where there is one.
	Duration float64 `json:"duration_s,omitzero"`
	// Window is what of the recording was judged.
	Window timeline.Bounds `json:"window,omitzero"`
	Path   Path            `json:"path"`
	// Class is the path's, for shares by class; empty where the session was not judged.
	Class    Class            `json:"class"`
	Estimate EstimateSwing    `json:"estimate"`
	Target   TargetSwing      `json:"target"`
	Capped   Capped           `json:"capped"`
	Episodes Episodes         `json:"episodes"`
	Metrics  Metrics          `json:"metrics"`
	Damage   recording.Damage `json:"damage,omitzero"`
	// Ignored counts events that were left out since their time is not between zero and
	// [timeline.MaxLength].
	Ignored int64 `json:"ignored,omitempty"`
	// Unknown lists what could not be judged because the recording does not have it:
	// "estimate", "target".
	Unknown []string `json:"unknown,omitempty"`
	// Error says why the session could not be judged, empty where it was.
	Error string `json:"error,omitempty"`
}

// Healthy tells that the session was judged and has none of the three problems. It may have
// had episodes of trouble nevertheless.
func (s *Summary) Healthy() bool {
	return s.Error == "" && !s.Estimate.Oscillates && !s.Target.Oscillates && !s.Capped.Present
}

// Class is the kind of path that a session was over: the first of these that fits.
type Class string

// The classes, in order.
const (
	// FeedbackTrouble: feedback is missing, late, sparse or senseless.
	FeedbackTrouble Class = "feedback_trouble"
	// Lossy: packets are lost though no queue stands.
	Lossy Class = "lossy"
	// Jittery: delay varies though no queue stands.
	Jittery Class = "jittery"
	// LowBandwidth: the path carries little.
	LowBandwidth Class = "low_bandwidth"
	// Plain: none of these.
	Plain Class = "plain"
)

// Classes lists all classes, in order.
var Classes = []Class{FeedbackTrouble, Lossy, Jittery, LowBandwidth, Plain}

// Path says what the path was like. Several may hold.
type Path struct {
	LowBandwidth    bool `json:"low_bandwidth"`
	Lossy           bool `json:"lossy"`
	Jittery         bool `json:"jittery"`
	FeedbackTrouble bool `json:"feedback_trouble"`
	// FeedbackReasons say what is wrong with the feedback, empty where nothing is.
	FeedbackReasons []FeedbackReason `json:"feedback_reasons,omitempty"`
}

// Cause says why an estimate oscillates.
type Cause string

// The causes.
const (
	// NoCause: it does not oscillate.
	NoCause Cause = ""
	// Overuse: a detector of delay cries overuse while round-trip time and loss are healthy.
	Overuse Cause = "overuse"
	// Congestion: a queue builds and drains, or competing traffic comes and goes.
	Congestion Cause = "congestion"
	// Loss: loss holds the estimate down again and again.
	Loss Cause = "loss"
)

// EstimateSwing says whether the estimate swings periodically.
type EstimateSwing struct {
	Oscillates bool  `json:"oscillates"`
	Cause      Cause `json:"cause,omitempty"`
	// Period is in seconds, Depth the fall from peak to trough as a share of the peak, and
	// Share the part of the session in which it swings.
	Period float64 `json:"period_s,omitzero"`
	Depth  float64 `json:"depth,omitzero"`
	Share  float64 `json:"share,omitzero"`
}

// TargetSwing says whether what encoders were asked for swings.
type TargetSwing struct {
	Oscillates bool `json:"oscillates"`
	// Alone tells that the estimate does not swing with it.
	Alone  bool    `json:"alone,omitempty"`
	Period float64 `json:"period_s,omitzero"`
	Depth  float64 `json:"depth,omitzero"`
	Share  float64 `json:"share,omitzero"`
}

// Capped says whether a tier's maximum held the target while the estimate was far above.
type Capped struct {
	Present bool `json:"present"`
	// Inferred tells that the recording knows no ceiling: the media stays at its top, for
	// which its encoder or its content may be the reason.
	Inferred bool `json:"inferred,omitempty"`
	// Ceiling is what the target was held at, and Estimate the mean estimate meanwhile.
	Ceiling  bwe.Bitrate `json:"ceiling_bps,omitzero"`
	Estimate bwe.Bitrate `json:"estimate_bps,omitzero"`
	Share    float64     `json:"share,omitzero"`
}

// Metrics are those of RFC 8868, as far as one end sees them; nil is unknown. Rates are
// over windows of 200 ms.
type Metrics struct {
	Sent     *bwe.Bitrate `json:"sent_bps,omitempty"`
	Received *bwe.Bitrate `json:"received_bps,omitempty"`
	// EstimateMean and TargetMean are means over time.
	EstimateMean *bwe.Bitrate `json:"estimate_bps,omitempty"`
	TargetMean   *bwe.Bitrate `json:"target_bps,omitempty"`
	// Utilisation is what was received over the capacity.
	Utilisation *float64 `json:"utilisation,omitempty"`
	// Delay50, Delay95 and Delay99 are quantiles of the one-way delay above its least, in
	// milliseconds: over time and not over packets, of the means of tenths of a second.
	Delay50 *float64 `json:"delay_p50_ms,omitempty"`
	Delay95 *float64 `json:"delay_p95_ms,omitempty"`
	Delay99 *float64 `json:"delay_p99_ms,omitempty"`
	// RTT is the median, over the tenths of a second with feedback, of the least round trip
	// in each, in milliseconds; Jitter the mean absolute difference of the transit times of
	// consecutive packets.
	RTT    *float64 `json:"rtt_ms,omitempty"`
	Jitter *float64 `json:"jitter_ms,omitempty"`
	Loss   *float64 `json:"loss,omitempty"`
	// Crossings is how often a minute the sent rate went from below 85 % of its mean to
	// above 115 % (RFC 8868's watermarks).
	Crossings *float64 `json:"crossings_per_min,omitempty"`
	// EstimateCV and TargetCV are coefficients of variation, Falls how often a minute the
	// estimate fell by more than 15 % from its peak.
	EstimateCV *float64 `json:"estimate_cv,omitempty"`
	TargetCV   *float64 `json:"target_cv,omitempty"`
	Falls      *float64 `json:"falls_per_min,omitempty"`
	// FeedbackInterval is the mean time between feedbacks, in milliseconds. FeedbackSilent
	// is the part of the session in which feedback was waited for longer than
	// [PathConfig.Silence], FeedbackUnreported the share of the packets that none names, and
	// FeedbackNeverSent the share of its results for packets that were never sent.
	FeedbackInterval   *float64 `json:"feedback_interval_ms,omitempty"`
	FeedbackSilent     *float64 `json:"feedback_silent,omitempty"`
	FeedbackUnreported *float64 `json:"feedback_unreported,omitempty"`
	FeedbackNeverSent  *float64 `json:"feedback_never_sent,omitempty"`
	// FrameDrops and Freezes are how often a minute frames were dropped and pictures stood.
	FrameDrops *float64 `json:"frame_drops_per_min,omitempty"`
	Freezes    *float64 `json:"freezes_per_min,omitempty"`
}
