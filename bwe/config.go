// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

// Config holds every knob of the estimator. The JSON names are stable.
type Config struct {
	// MinBitrate is the floor of the estimate. Default 30 kbps.
	MinBitrate Bitrate `json:"min_bps"`
	// StartBitrate is the estimate before the first evidence. Default 300 kbps
	// (libwebrtc).
	StartBitrate Bitrate `json:"start_bps"`
	// MaxBitrate is the ceiling of the estimate. Default 20 Mbps.
	MaxBitrate Bitrate `json:"max_bps"`
	// Capacity is the control by what bursts show of the link; off, trendline and AIMD
	// control.
	Capacity CapacityConfig `json:"capacity"`
	// Queue is the standing queue.
	Queue QueueConfig `json:"queue"`
	// Response is the test whose a queue is.
	Response ResponseConfig `json:"response"`
	// Evidence is what the trendline's verdict needs to be believed.
	Evidence EvidenceConfig `json:"evidence"`
	// Trendline is the detector of delay gradients.
	Trendline TrendlineConfig `json:"trendline"`
	// AIMD turns the trendline's verdicts into a rate.
	AIMD AIMDConfig `json:"aimd"`
	// Loss is the control by packet loss.
	Loss LossConfig `json:"loss"`
	// Probe is the search for capacity by bursts.
	Probe ProbeConfig `json:"probe"`
	// Feedback is what is done about feedback that is missing.
	Feedback FeedbackConfig `json:"feedback"`
	// Pacing is the pacer's rate where AIMD controls.
	Pacing PacingConfig `json:"pacing"`
	// Smoother is the stage that replaces a swinging estimate.
	Smoother SmootherConfig `json:"smoother"`
}

// CapacityConfig holds the knobs of the control by capacity. Defaults without a source
// come from simulated paths.
type CapacityConfig struct {
	// Enabled turns the control by capacity on. Default true; false in [GCC].
	Enabled bool `json:"enabled"`
	// Headroom is the share of the capacity that is used. Default 0.965.
	Headroom float64 `json:"headroom"`
	// JitterCost is what a second of jitter level takes off Headroom, for the
	// uncertainty that it brings, and JitterHeadroom the bound of that. Default 1 and
	// 0.02.
	JitterCost     float64 `json:"jitter_cost"`
	JitterHeadroom float64 `json:"jitter_headroom"`
	// Pace is the pacing rate as a multiple of the capacity: above 1, so that frames
	// leave in bursts that the link spreads. Default 1.5.
	Pace float64 `json:"pace"`
	// FairPace is the capacity below which pacing falls only by its square root, for
	// flows that share a path to become alike; MaxBoost bounds the multiple that this
	// adds. Default 4 Mbps and 3.
	FairPace Bitrate `json:"fair_pace_bps"`
	MaxBoost float64 `json:"max_boost"`
	// Busy is how much faster than the link packets must leave to count as a burst.
	// Default 1.2; it must be below Pace.
	Busy float64 `json:"busy"`
	// QueueSlack is how far the reckoned queue of our own may lie above the delay.
	// Default 2 ms.
	QueueSlack time.Duration `json:"queue_slack_ns"`
	// Precision is the relative precision that averaging aims at under jitter, above
	// 0. Default 0.03.
	Precision float64 `json:"precision"`
	// MinMemory and MaxMemory bound how much burst time is averaged. Default 60 ms, two
	// frames at 30 a second, and 3 s.
	MinMemory time.Duration `json:"min_memory_ns"`
	MaxMemory time.Duration `json:"max_memory_ns"`
	// Unsaturated is the share of the pace at which bursts must arrive to show that the
	// link carries more. Default 0.92.
	Unsaturated float64 `json:"unsaturated"`
	// BlindGrowth is the increase a second while there are no bursts and no queue, as a
	// share. Default 2.
	BlindGrowth float64 `json:"blind_growth"`
	// MinPairs is how many neighbouring packets a second must be measured for bursts
	// to count as there. Default 20.
	MinPairs int `json:"min_pairs"`
	// FillTime is how long padding makes bursts where media makes none, FillInterval
	// the least time from one start to the next. Default 150 ms and 400 ms.
	FillTime     time.Duration `json:"fill_time_ns"`
	FillInterval time.Duration `json:"fill_interval_ns"`
	// LimitedInterval takes FillInterval's place while the application sends less than
	// half of what it may. Default 5 s (libwebrtc's alr_probing_interval).
	LimitedInterval time.Duration `json:"limited_interval_ns"`
	// WindowSlack is the queue that the congestion window leaves room for. Default
	// 20 ms.
	WindowSlack time.Duration `json:"window_slack_ns"`
	// Floor is the least capacity assumed. Default 50 kbps.
	Floor Bitrate `json:"floor_bps"`
}

// QueueConfig holds the knobs of the standing queue.
type QueueConfig struct {
	// BaseWindow is how long the least round trip is remembered; the base of the one-way
	// delay may only drift, as clocks do. Default 30 s.
	BaseWindow time.Duration `json:"base_window_ns"`
	// CleanJitter is the jitter level below which a single feedback shows a queue,
	// JitterWindow the time over which the least delay is taken above it. Default 2 ms
	// and 150 ms, longer than stalls of Wi-Fi.
	CleanJitter  time.Duration `json:"clean_jitter_ns"`
	JitterWindow time.Duration `json:"jitter_window_ns"`
	// Margin is the unexplained delay that is ignored, OwnMargin the wait behind our
	// own packets that is: a frame waits for itself. Default 5 ms and 12 ms.
	Margin    time.Duration `json:"margin_ns"`
	OwnMargin time.Duration `json:"own_margin_ns"`
	// LossQueue is the delay above base up to which missing packets, on a path that
	// reorders, count as late rather than dropped at a full queue. Default 10 ms.
	LossQueue time.Duration `json:"loss_queue_ns"`
	// DrainTime is the time within which a queue is drained, at no less than half the
	// rate. Default 250 ms.
	DrainTime time.Duration `json:"drain_time_ns"`
}

// ResponseConfig holds the knobs of sharing and of telling jitter from others'
// queues.
type ResponseConfig struct {
	// Enabled turns the telling on; off, every delay that stands is a queue. Default
	// true.
	Enabled bool `json:"enabled"`
	// Persistence is how long delay must stand, and Margin how much of it, to ask whose
	// it is. Default 300 ms and 10 ms.
	Persistence time.Duration `json:"persistence_ns"`
	Margin      time.Duration `json:"margin_ns"`
	// TestTime is how much even sending a test needs, TestTimeout how long it may
	// take; Tests is how many in a row must agree. TestRate and TestPace are rate and pace
	// during a test, as shares of the usual rate and the capacity, DrainPace the pace where
	// nothing looks like jitter and the rate stays. Spread is how much longer than sent
	// packets must take to arrive to show others, Drained the share of the delay that must
	// go for it to be a queue of ours. Default 300 ms, 1 s, 2, 0.92, 0.95, 0.8, 0.13, 0.4.
	TestTime    time.Duration `json:"test_time_ns"`
	TestTimeout time.Duration `json:"test_timeout_ns"`
	Tests       int           `json:"tests"`
	TestRate    float64       `json:"test_rate"`
	TestPace    float64       `json:"test_pace"`
	DrainPace   float64       `json:"drain_pace"`
	Spread      float64       `json:"spread"`
	Drained     float64       `json:"drained"`
	// Retest is how long allowed delay is trusted that shows no sign of jitter, up to
	// eight times as long after yielding in vain. Default 5 s.
	Retest time.Duration `json:"retest_ns"`
	// Bunched is the share of packets pushed together that tells jitter from others'
	// packets, CrossJitter the least jitter level that they cause throughout ShakeTime,
	// Variation the mean change of the capacity between feedbacks above which it is the
	// link itself. Default 0.02, 2 ms, 1 s, 0.03.
	Bunched     float64       `json:"bunched"`
	CrossJitter time.Duration `json:"cross_jitter_ns"`
	ShakeTime   time.Duration `json:"shake_time_ns"`
	Variation   float64       `json:"variation"`
	// AllowanceFade is the time constant by which allowed delay is forgotten,
	// AllowanceMemory how long delay counts as recent. Default 200 s and 10 s.
	AllowanceFade   time.Duration `json:"allowance_fade_ns"`
	AllowanceMemory time.Duration `json:"allowance_memory_ns"`
	// Target is the queue that flows which share a path steer for, BunchedTarget what is
	// added to it where packets are pushed together by as much as Bunched, for jitter.
	// Default 0, for a queue that empties from frame to frame, and 12 ms.
	Target        time.Duration `json:"target_ns"`
	BunchedTarget time.Duration `json:"bunched_target_ns"`
	// Increase is what each of these flows adds a second, from IncreaseScale on growing by
	// the root of the rate. Decrease is what each takes off, as a share, per second and
	// second of queue over Target, and Damping per second of growth of the queue.
	// Default 100 kbps, 3 Mbps, 14 and 1.5.
	Increase      Bitrate `json:"increase_bps"`
	IncreaseScale Bitrate `json:"increase_scale_bps"`
	Decrease      float64 `json:"decrease"`
	Damping       float64 `json:"damping"`
	// MinShare and MaxShare bound what is taken of the capacity that bursts read. Default
	// 0.1 and 10.
	MinShare float64 `json:"min_share"`
	MaxShare float64 `json:"max_share"`
	// AloneShare and AloneJitter are the share and the jitter level below both of which
	// nobody else can be there. Default 0.65 and 1 ms.
	AloneShare  float64       `json:"alone_share"`
	AloneJitter time.Duration `json:"alone_jitter_ns"`
	// VainShare is the share below which we must have stayed for VainTime, with VainDelay
	// of the delay left that there was when yielding began, for the delay to be no queue
	// that we share. Default 0.9, 8 s, 0.6.
	VainShare float64       `json:"vain_share"`
	VainTime  time.Duration `json:"vain_time_ns"`
	VainDelay float64       `json:"vain_delay"`
	// MaxJitter is the delay above base that no jitter keeps up, and the most that is
	// allowed: what stands that far above the allowance is drained whosesoever it is.
	// Default 60 ms.
	MaxJitter time.Duration `json:"max_jitter_ns"`
	// StandingQueue is the least delay over AllowanceMemory that jitter which pushes
	// packets together does not keep up, for it comes back to the base now and then: it is
	// yielded to, for half of VainTime where that is in vain. It is also the most above Target that the rate answers to under such
	// jitter until MaxJitter is exceeded. MaxBunched is the share of packets pushed together
	// above which something behind the link lets them go in turns, and delay that stands is
	// its own. BunchedGrowth is what comes back a second, as a share of the rate, of what
	// was yielded under such jitter, which hides short queues: else all would come back at
	// once. Default 35 ms, 0.6, 0.25.
	StandingQueue time.Duration `json:"standing_queue_ns"`
	MaxBunched    float64       `json:"max_bunched"`
	BunchedGrowth float64       `json:"bunched_growth"`
	// Linger is how long a path without a sign of others still counts as shared.
	// Default 30 s.
	Linger time.Duration `json:"linger_ns"`
	// CompetitorQueue is the queue that must stand for CompetitorTime although we
	// yielded all we can, for others to count as filling queues; CompetitorGone is how
	// long the queue must be empty for them to be gone. Default 80 ms, 4 s, 500 ms.
	CompetitorQueue time.Duration `json:"competitor_queue_ns"`
	CompetitorTime  time.Duration `json:"competitor_time_ns"`
	CompetitorGone  time.Duration `json:"competitor_gone_ns"`
	// LossBeta is the share that a loss leaves while competing, at most once a
	// CutInterval; Recovery is the regain a second. Default 0.85, 200 ms, 0.1.
	LossBeta    float64       `json:"loss_beta"`
	CutInterval time.Duration `json:"cut_interval_ns"`
	Recovery    float64       `json:"recovery"`
}

// EvidenceConfig holds the knobs of the evidence that a cut by the trendline needs.
type EvidenceConfig struct {
	// Enabled turns the demand for evidence on. Default true; false in [GCC].
	Enabled bool `json:"enabled"`
	// Queue is the least delay that must be ours for a verdict of overuse to be
	// believed, MaxQueue the one that is believed whosesoever it is. Default 5 ms and
	// 100 ms.
	Queue    time.Duration `json:"queue_ns"`
	MaxQueue time.Duration `json:"max_queue_ns"`
}

// TrendlineConfig holds the knobs of arrival grouping and of the trendline.
type TrendlineConfig struct {
	// BurstInterval is the send time within which packets form one group. Default
	// 5 ms (draft-ietf-rmcat-gcc section 5.2).
	BurstInterval time.Duration `json:"burst_interval_ns"`
	// MaxBurst bounds a group that packets arriving back to back prolong. Default
	// 100 ms (libwebrtc kMaxBurstDuration).
	MaxBurst time.Duration `json:"max_burst_ns"`
	// Smoothing is the share of the old value in the smoothed delay, from 0 to 1.
	// Default 0.9 (libwebrtc).
	Smoothing float64 `json:"smoothing"`
	// Gain scales the slope before it is compared. Default 4 (libwebrtc).
	Gain float64 `json:"gain"`
	// MaxGroups bounds the scaling of the slope by the count of groups. Default 60
	// (libwebrtc kMinNumDeltas).
	MaxGroups int `json:"max_groups"`
	// Threshold is the first threshold. Default 12.5 ms (draft-ietf-rmcat-gcc
	// section 5.4).
	Threshold time.Duration `json:"threshold_ns"`
	// ThresholdUp and ThresholdDown are the gains by which the threshold adapts, per
	// millisecond. Default 0.0087 and 0.039 (libwebrtc).
	ThresholdUp   float64 `json:"threshold_up"`
	ThresholdDown float64 `json:"threshold_down"`
	// OveruseTime is how long the slope must stay over the threshold. Default 10 ms.
	OveruseTime time.Duration `json:"overuse_time_ns"`
}

// AIMDConfig holds the knobs of the additive-increase multiplicative-decrease
// control.
type AIMDConfig struct {
	// Beta is the share of the acknowledged rate that a cut leaves. Default 0.85
	// (draft-ietf-rmcat-gcc section 5.5).
	Beta float64 `json:"beta"`
	// Growth is the increase a second while the capacity is unknown, as a share that is
	// compounded with every feedback. Default 0.077, for 8 % (draft-ietf-rmcat-gcc
	// section 5.5).
	Growth float64 `json:"growth"`
}

// LossConfig holds the knobs of the control by loss.
type LossConfig struct {
	// Enabled turns the control by loss on. Default true.
	Enabled bool `json:"enabled"`
	// High is the loss above which AIMD's rate is cut, as a fraction. Default 0.1
	// (draft-ietf-rmcat-gcc section 6).
	High float64 `json:"high"`
	// MinPackets is the least number of reported packets to judge by. Default 20.
	MinPackets int `json:"min_packets"`
	// Rise is the rise of loss above the path's usual loss at which the control by
	// capacity tests whether less sent means less lost, Cut the share that it holds
	// back for that, TestTime how long a test takes after a round trip. Default 0.04,
	// 0.15, 600 ms.
	Rise     float64       `json:"rise"`
	Cut      float64       `json:"cut"`
	TestTime time.Duration `json:"test_time_ns"`
	// Recovery is the regain a second after loss was found to be of our making, as a
	// share. Default 0.02.
	Recovery float64 `json:"recovery"`
}

// ProbeConfig holds the knobs of probing.
type ProbeConfig struct {
	// Enabled turns probing on. Default true.
	Enabled bool `json:"enabled"`
	// FirstScale and SecondScale are the first two probes as multiples of the start
	// bitrate. Default 3 and 6 (libwebrtc).
	FirstScale  float64 `json:"first_scale"`
	SecondScale float64 `json:"second_scale"`
	// FurtherScale is the next probe as a multiple of the last result. Default 2
	// (libwebrtc).
	FurtherScale float64 `json:"further_scale"`
	// FurtherThreshold is the share of a probe's rate that its result must reach for
	// another probe. Default 0.7 (libwebrtc).
	FurtherThreshold float64 `json:"further_threshold"`
	// MinPackets and Duration are the least size of a probe. Default 5 packets,
	// 15 ms (libwebrtc).
	MinPackets int           `json:"min_packets"`
	Duration   time.Duration `json:"duration_ns"`
	// MinReceived is the share of a probe that must be acknowledged. Default 0.8
	// (libwebrtc).
	MinReceived float64 `json:"min_received"`
	// MaxRatio is the most that a probe may arrive faster than it was sent before it
	// is held invalid. Default 2 (libwebrtc).
	MaxRatio float64 `json:"max_ratio"`
	// SaturatedRatio is the ratio of receive rate to send rate below which a probe
	// has filled the path. Default 0.9 (libwebrtc).
	SaturatedRatio float64 `json:"saturated_ratio"`
	// Backoff is the share of the receive rate that the result of a probe that filled
	// the path is. Default 0.95 (libwebrtc).
	Backoff float64 `json:"backoff"`
	// LimitedInterval is the time between probes while the application sends less than
	// the estimate allows, LimitedScale their multiple of the estimate. Where the
	// capacity is read off bursts they are not needed and not sent. Default 5 s and 2
	// (libwebrtc).
	LimitedInterval time.Duration `json:"limited_interval_ns"`
	LimitedScale    float64       `json:"limited_scale"`
	// LimitedUsage is the share of the estimate that fills the budget by which an
	// application is held limited, LimitedEnter and LimitedLeave the shares of the
	// budget above which that begins and below which it ends. Default 0.65, 0.8 and
	// 0.5 (libwebrtc AlrDetector).
	LimitedUsage float64 `json:"limited_usage"`
	LimitedEnter float64 `json:"limited_enter"`
	LimitedLeave float64 `json:"limited_leave"`
	// RecoveryDrop is the share of the estimate below which a fall is a large one,
	// which earns one probe at RecoveryScale of the estimate before it, if overuse ends
	// within RecoveryWindow and the application was limited within RecoveryLimited.
	// Default 0.66, 0.85, 5 s and 3 s (libwebrtc).
	RecoveryDrop    float64       `json:"recovery_drop"`
	RecoveryScale   float64       `json:"recovery_scale"`
	RecoveryWindow  time.Duration `json:"recovery_window_ns"`
	RecoveryLimited time.Duration `json:"recovery_limited_ns"`
}

// FeedbackConfig holds the knobs for missing feedback.
type FeedbackConfig struct {
	// WriteOff is the age after which a packet that no feedback has named no longer
	// counts as in flight. Default 2 s.
	WriteOff time.Duration `json:"write_off_ns"`
	// NoFeedback is how long packets may leave without any feedback ever before the
	// peer is held to send none. Default 2 s.
	NoFeedback time.Duration `json:"no_feedback_ns"`
	// BlindAfter is how long feedback may be overdue, beyond its usual interval, before
	// the estimate is pushed back; BlindShare is the share of it that is then used.
	// Default 100 ms and 0.75.
	BlindAfter time.Duration `json:"blind_after_ns"`
	BlindShare float64       `json:"blind_share"`
}

// PacingConfig holds the knobs of the pacing rate.
type PacingConfig struct {
	// Factor is the pacing rate as a multiple of the estimate. Default 2.5
	// (libwebrtc).
	Factor float64 `json:"factor"`
}
