// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// Result is what a run came to. Times are in the unit that a field's JSON name says.
// Rates, delays and fairness are measured after the warm-up.
type Result struct {
	Scenario string `json:"scenario"`
	Seed     uint64 `json:"seed"`
	// Duration is the length of the run in seconds.
	Duration float64 `json:"duration_s"`
	// Utilisation is what the media flows got through the reference link, lost
	// behind it or not, over what was there for them: its capacity without cross
	// traffic, or what their sources could make where that is less. TCP competitors are
	// not subtracted.
	Utilisation float64 `json:"utilisation"`
	// Available is the mean of what was there for the media flows.
	Available bwe.Bitrate `json:"available_bps"`
	// Delivered and Target are the sums over the flows.
	Delivered bwe.Bitrate `json:"delivered_bps"`
	Target    bwe.Bitrate `json:"target_bps"`
	// TCP is what TCP competitors got through the reference link.
	TCP bwe.Bitrate `json:"tcp_bps"`
	// Queue50, Queue95 and Queue99 are quantiles of the queueing delay of the media
	// packets that arrived, in milliseconds.
	Queue50 float64 `json:"queue_p50_ms"`
	Queue95 float64 `json:"queue_p95_ms"`
	Queue99 float64 `json:"queue_p99_ms"`
	// Loss is the share of the media packets that were lost, anywhere and at any time
	// of the run.
	Loss float64 `json:"loss"`
	// TimeTo90 is the time from the start of the first flow to the end of the first
	// second in which 90 % of what was available was used, in seconds; negative where
	// there was none.
	TimeTo90 float64 `json:"time_to_90_s"`
	// TargetCV is the coefficient of variation of the target, and Falls how often a
	// minute it fell by more than 15 % from its peak: means over the flows.
	TargetCV float64 `json:"target_cv"`
	Falls    float64 `json:"falls_per_min"`
	// Jain is Jain's index of the flows' rates over their weights, while all of them
	// were active.
	Jain float64 `json:"jain"`
	// Fairness is by window length the share of windows in which no flow had more than
	// three times the weighted rate of another (RFC 8868), one where there is one flow.
	Fairness map[string]float64 `json:"fairness"`
	// FeedbackOverhead is the bytes of feedback over those of media.
	FeedbackOverhead float64 `json:"feedback_overhead"`
	// Stalls is how often a minute a player had to wait or its picture froze, Still the
	// share of the time that this took after the start-up, and Latency the mean time from
	// the source to the screen in seconds: means over the flows, whole run.
	Stalls  float64 `json:"stalls_per_min"`
	Still   float64 `json:"still_share"`
	Latency float64 `json:"latency_s"`
	// Convergence has every lasting change of the available rate.
	Convergence []Convergence `json:"convergence,omitempty"`
	Flows       []FlowResult  `json:"flows"`

	// Series is the run over time, for plots.
	Series Series `json:"-"`
}

// Convergence is how long the flows took to follow a change.
type Convergence struct {
	// At is when the available rate changed, in seconds, From and To what it was.
	At   float64     `json:"at_s"`
	From bwe.Bitrate `json:"from_bps"`
	To   bwe.Bitrate `json:"to_bps"`
	// Time is how long it took, in seconds, to the end of the first second in which 90 %
	// of the new rate was used with a mean queueing delay of at most 50 ms; negative
	// where that did not happen before the next change.
	Time float64 `json:"time_s"`
}

// FlowResult is what one media flow came to.
type FlowResult struct {
	Controller string  `json:"controller"`
	Weight     float64 `json:"weight"`
	// Delivered and Target are means over the flow's life after the warm-up.
	Delivered bwe.Bitrate `json:"delivered_bps"`
	Target    bwe.Bitrate `json:"target_bps"`
	// Queue50 to Queue99 and Loss are as in [Result].
	Queue50 float64 `json:"queue_p50_ms"`
	Queue95 float64 `json:"queue_p95_ms"`
	Queue99 float64 `json:"queue_p99_ms"`
	Loss    float64 `json:"loss"`
	// TargetCV, Falls and Crossings describe how steady it was: Crossings is how often
	// a minute the delivered rate, over 200 ms, went from below 85 % of its mean to above
	// 115 % (RFC 8868's watermarks).
	TargetCV  float64 `json:"target_cv"`
	Falls     float64 `json:"falls_per_min"`
	Crossings float64 `json:"crossings_per_min"`
	// Pacer95 is the 95th percentile of the time in the pacer, in milliseconds.
	Pacer95 float64 `json:"pacer_p95_ms"`

	PacketsSent      int64   `json:"packets_sent"`
	PacketsArrived   int64   `json:"packets_arrived"`
	PacketsLost      int64   `json:"packets_lost"`
	BytesSent        int64   `json:"bytes_sent"`
	PaddingBytes     int64   `json:"padding_bytes"`
	FeedbackSent     int64   `json:"feedback_sent"`
	FeedbackLost     int64   `json:"feedback_lost"`
	FeedbackBytes    int64   `json:"feedback_bytes"`
	FeedbackOverhead float64 `json:"feedback_overhead"`
	Frames           int64   `json:"frames"`
	FramesSkipped    int64   `json:"frames_skipped"`
	Probes           int64   `json:"probes"`
	// PacketsRepeated and RepeatedBytes are the retransmissions among those sent.
	PacketsRepeated int64 `json:"packets_repeated"`
	RepeatedBytes   int64 `json:"repeated_bytes"`

	Player PlayerResult `json:"player"`
}

// PlayerResult is what who watched a flow saw of it, from its start to its end.
type PlayerResult struct {
	// Startup is the time to the first picture, in seconds.
	Startup float64 `json:"startup_s"`
	// Played is the time without stalls after it.
	Played float64 `json:"played_s"`
	// Stalls are the times in which the store ran dry, StallTime their sum and
	// LongestStall the longest, in seconds.
	Stalls       int     `json:"stalls"`
	StallTime    float64 `json:"stall_s"`
	LongestStall float64 `json:"longest_stall_s"`
	// Freezes are the times in which it played on with a picture that stood for 200 ms or
	// more too long, because frames were dropped or lost.
	Freezes       int     `json:"freezes"`
	FreezeTime    float64 `json:"freeze_s"`
	LongestFreeze float64 `json:"longest_freeze_s"`
	// Still is the share of stalls and freezes in the time after the start-up.
	Still float64 `json:"still_share"`
	// Latency and LatencyMax are the mean and the longest time from the source to the
	// screen, in seconds.
	Latency    float64 `json:"latency_s"`
	LatencyMax float64 `json:"latency_max_s"`
	// Shown, Skipped, Dropped, Lost and Unplayed are all frames: those that were seen,
	// Late of them after their time; those that the encoder left out or that were dropped
	// once encoded; those that were lost or could not be decoded; and those whose time had
	// not come at the end.
	Shown    int `json:"frames_shown"`
	Late     int `json:"frames_late"`
	Skipped  int `json:"frames_skipped"`
	Dropped  int `json:"frames_dropped"`
	Lost     int `json:"frames_lost"`
	Unplayed int `json:"frames_unplayed"`
}

// PerMinute is how often a minute after the start-up the picture stood.
func (p *PlayerResult) PerMinute() float64 {
	return ratio(float64(p.Stalls+p.Freezes), (p.Played+p.StallTime)/60)
}

// Series is a run in bins of [Bin].
type Series struct {
	// Capacity is the reference link's, Available what was there for media.
	Capacity  []bwe.Bitrate
	Available []bwe.Bitrate
	// Queue and QueueMax are the mean and the largest queueing delay at the reference
	// link; both hold where nothing left the queue.
	Queue    []time.Duration
	QueueMax []time.Duration
	// TCP and Cross are what competitors got through the reference link.
	TCP   []bwe.Bitrate
	Cross []bwe.Bitrate
	Flows []FlowSeries
}

// FlowSeries is one flow over time.
type FlowSeries struct {
	Controller string
	// Estimate is the controller's, Target what the media followed, Encoder what the
	// video encoder was asked for, without audio and retransmissions, and Video what it
	// made.
	Estimate  []bwe.Bitrate
	Target    []bwe.Bitrate
	Encoder   []bwe.Bitrate
	Video     []bwe.Bitrate
	Delivered []bwe.Bitrate
	// Tier is the tier that was wanted, negative where there is no ladder or no rate
	// controller.
	Tier []int
	// Buffer is the media that the player had in store, and Still the share of the bin
	// in which its picture stood.
	Buffer []time.Duration
	Still  []float64
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
