// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"errors"
	"fmt"
	"time"
)

// ErrConfig is wrapped by every error of [Config.Validate].
var ErrConfig = errors.New("bwe: invalid config")

// Validate reports the first field that is out of range.
func (c *Config) Validate() error {
	if c.MinBitrate <= 0 || c.MinBitrate > c.StartBitrate || c.StartBitrate > c.MaxBitrate {
		return fmt.Errorf("%w: min_bps %d, start_bps %d and max_bps %d must be above zero and in this order", ErrConfig, c.MinBitrate, c.StartBitrate, c.MaxBitrate)
	}
	if c.Capacity.Busy >= c.Capacity.Pace {
		return fmt.Errorf("%w: capacity.busy %g must be below capacity.pace %g, or no burst is ever measured", ErrConfig, c.Capacity.Busy, c.Capacity.Pace)
	}
	if c.Capacity.MinMemory > c.Capacity.MaxMemory {
		return fmt.Errorf("%w: capacity.min_memory_ns %v must be at most capacity.max_memory_ns %v", ErrConfig, c.Capacity.MinMemory, c.Capacity.MaxMemory)
	}
	if c.Probe.LimitedLeave > c.Probe.LimitedEnter {
		return fmt.Errorf("%w: probe.limited_leave %g must be at most probe.limited_enter %g", ErrConfig, c.Probe.LimitedLeave, c.Probe.LimitedEnter)
	}
	for _, check := range []func() error{c.validateShares, c.validateTimes, c.validateCounts, c.Smoother.Validate} {
		if err := check(); err != nil {
			return err
		}
	}

	return nil
}

func (c *Config) validateShares() error {
	for _, f := range [...]struct {
		name         string
		v, low, high float64
	}{
		{"capacity.headroom", c.Capacity.Headroom, 0.1, 1},
		{"capacity.jitter_cost", c.Capacity.JitterCost, 0, 100},
		{"capacity.jitter_headroom", c.Capacity.JitterHeadroom, 0, 0.5},
		{"capacity.pace", c.Capacity.Pace, 1, 10},
		{"capacity.max_boost", c.Capacity.MaxBoost, 1, 10},
		{"capacity.busy", c.Capacity.Busy, 1, 10},
		{"capacity.precision", c.Capacity.Precision, 0.001, 1},
		{"capacity.unsaturated", c.Capacity.Unsaturated, 0, 1},
		{"capacity.blind_growth", c.Capacity.BlindGrowth, 0, 100},
		{"response.test_rate", c.Response.TestRate, 0.1, 1},
		{"response.test_pace", c.Response.TestPace, 0.1, 1.1},
		{"response.drain_pace", c.Response.DrainPace, 0.1, 1.1},
		{"response.spread", c.Response.Spread, 0, 1},
		{"response.drained", c.Response.Drained, 0, 1},
		{"response.bunched", c.Response.Bunched, 0.001, 1},
		{"response.max_bunched", c.Response.MaxBunched, 0, 1},
		{"response.bunched_growth", c.Response.BunchedGrowth, 0, 10},
		{"response.variation", c.Response.Variation, 0, 1},
		{"response.decrease", c.Response.Decrease, 0, 100},
		{"response.damping", c.Response.Damping, 0, 100},
		{"response.max_share", c.Response.MaxShare, 1, 100},
		{"response.alone_share", c.Response.AloneShare, 0, 1},
		{"response.vain_share", c.Response.VainShare, 0, 1},
		{"response.vain_delay", c.Response.VainDelay, 0, 10},
		{"response.min_share", c.Response.MinShare, 0.01, 1},
		{"response.loss_beta", c.Response.LossBeta, 0.1, 1},
		{"response.recovery", c.Response.Recovery, 0, 10},
		{"trendline.smoothing", c.Trendline.Smoothing, 0, 1},
		{"trendline.gain", c.Trendline.Gain, 0, 100},
		{"trendline.threshold_up", c.Trendline.ThresholdUp, 0, 1},
		{"trendline.threshold_down", c.Trendline.ThresholdDown, 0, 1},
		{"aimd.beta", c.AIMD.Beta, 0.1, 1},
		{"aimd.growth", c.AIMD.Growth, 0, 10},
		{"loss.high", c.Loss.High, 0, 1},
		{"loss.rise", c.Loss.Rise, 0, 1},
		{"loss.cut", c.Loss.Cut, 0, 0.9},
		{"loss.recovery", c.Loss.Recovery, 0, 10},
		{"probe.first_scale", c.Probe.FirstScale, 1, 100},
		{"probe.second_scale", c.Probe.SecondScale, 1, 100},
		{"probe.further_scale", c.Probe.FurtherScale, 1, 100},
		{"probe.further_threshold", c.Probe.FurtherThreshold, 0, 1},
		{"probe.min_received", c.Probe.MinReceived, 0.1, 1},
		{"probe.max_ratio", c.Probe.MaxRatio, 1, 100},
		{"probe.saturated_ratio", c.Probe.SaturatedRatio, 0, 1},
		{"probe.backoff", c.Probe.Backoff, 0.1, 1},
		{"probe.limited_scale", c.Probe.LimitedScale, 1, 100},
		{"probe.limited_usage", c.Probe.LimitedUsage, 0.01, 1},
		{"probe.limited_enter", c.Probe.LimitedEnter, 0, 1},
		{"probe.limited_leave", c.Probe.LimitedLeave, 0, 1},
		{"probe.recovery_drop", c.Probe.RecoveryDrop, 0, 1},
		{"probe.recovery_scale", c.Probe.RecoveryScale, 0.1, 1},
		{"feedback.blind_share", c.Feedback.BlindShare, 0, 1},
		{"pacing.factor", c.Pacing.Factor, 1, 100},
	} {
		// Written so that a value which is no number fails too.
		if !(f.v >= f.low && f.v <= f.high) {
			return fmt.Errorf("%w: %s %g must be from %g to %g", ErrConfig, f.name, f.v, f.low, f.high)
		}
	}

	return nil
}

func (c *Config) validateTimes() error {
	for _, f := range [...]struct {
		name         string
		v, low, high time.Duration
	}{
		{"capacity.queue_slack_ns", c.Capacity.QueueSlack, 0, time.Second},
		{"capacity.min_memory_ns", c.Capacity.MinMemory, time.Millisecond, time.Minute},
		{"capacity.max_memory_ns", c.Capacity.MaxMemory, time.Millisecond, time.Minute},
		{"capacity.fill_time_ns", c.Capacity.FillTime, 0, time.Minute},
		{"capacity.fill_interval_ns", c.Capacity.FillInterval, time.Millisecond, time.Hour},
		{"capacity.limited_interval_ns", c.Capacity.LimitedInterval, time.Millisecond, time.Hour},
		{"capacity.window_slack_ns", c.Capacity.WindowSlack, 0, 10 * time.Second},
		{"queue.base_window_ns", c.Queue.BaseWindow, time.Second, time.Hour},
		{"queue.clean_jitter_ns", c.Queue.CleanJitter, 0, time.Second},
		{"queue.jitter_window_ns", c.Queue.JitterWindow, time.Millisecond, time.Minute},
		{"queue.margin_ns", c.Queue.Margin, 0, time.Second},
		{"queue.own_margin_ns", c.Queue.OwnMargin, 0, time.Second},
		{"queue.loss_queue_ns", c.Queue.LossQueue, 0, time.Second},
		{"queue.drain_time_ns", c.Queue.DrainTime, time.Millisecond, time.Minute},
		{"response.persistence_ns", c.Response.Persistence, time.Millisecond, time.Minute},
		{"response.margin_ns", c.Response.Margin, 0, time.Second},
		{"response.test_time_ns", c.Response.TestTime, time.Millisecond, time.Minute},
		{"response.test_timeout_ns", c.Response.TestTimeout, time.Millisecond, time.Minute},
		{"response.retest_ns", c.Response.Retest, time.Second, time.Hour},
		{"response.cross_jitter_ns", c.Response.CrossJitter, 0, time.Second},
		{"response.shake_time_ns", c.Response.ShakeTime, time.Millisecond, time.Minute},
		{"response.allowance_fade_ns", c.Response.AllowanceFade, time.Millisecond, 24 * time.Hour},
		{"response.allowance_memory_ns", c.Response.AllowanceMemory, time.Millisecond, time.Hour},
		{"response.max_jitter_ns", c.Response.MaxJitter, 0, time.Minute},
		{"response.standing_queue_ns", c.Response.StandingQueue, 0, time.Minute},
		{"response.target_ns", c.Response.Target, 0, time.Second},
		{"response.bunched_target_ns", c.Response.BunchedTarget, 0, time.Second},
		{"response.alone_jitter_ns", c.Response.AloneJitter, 0, time.Second},
		{"response.vain_time_ns", c.Response.VainTime, 0, 10 * time.Minute},
		{"response.linger_ns", c.Response.Linger, 0, time.Hour},
		{"response.competitor_queue_ns", c.Response.CompetitorQueue, 0, 10 * time.Second},
		{"response.competitor_time_ns", c.Response.CompetitorTime, 0, time.Minute},
		{"response.competitor_gone_ns", c.Response.CompetitorGone, 0, time.Minute},
		{"response.cut_interval_ns", c.Response.CutInterval, 0, time.Minute},
		{"evidence.queue_ns", c.Evidence.Queue, 0, time.Second},
		{"evidence.max_queue_ns", c.Evidence.MaxQueue, 0, time.Minute},
		{"trendline.burst_interval_ns", c.Trendline.BurstInterval, 0, time.Second},
		{"trendline.max_burst_ns", c.Trendline.MaxBurst, 0, time.Second},
		{"trendline.threshold_ns", c.Trendline.Threshold, time.Microsecond, time.Second},
		{"trendline.overuse_time_ns", c.Trendline.OveruseTime, 0, time.Second},
		{"loss.test_time_ns", c.Loss.TestTime, time.Millisecond, time.Minute},
		{"probe.duration_ns", c.Probe.Duration, time.Millisecond, time.Second},
		{"probe.limited_interval_ns", c.Probe.LimitedInterval, 100 * time.Millisecond, time.Hour},
		{"probe.recovery_window_ns", c.Probe.RecoveryWindow, 0, time.Hour},
		{"probe.recovery_limited_ns", c.Probe.RecoveryLimited, 0, time.Hour},
		{"feedback.write_off_ns", c.Feedback.WriteOff, 100 * time.Millisecond, time.Minute},
		{"feedback.no_feedback_ns", c.Feedback.NoFeedback, 100 * time.Millisecond, time.Minute},
		{"feedback.blind_after_ns", c.Feedback.BlindAfter, 0, time.Minute},
	} {
		if f.v < f.low || f.v > f.high {
			return fmt.Errorf("%w: %s %v must be from %v to %v", ErrConfig, f.name, f.v, f.low, f.high)
		}
	}

	return nil
}

func (c *Config) validateCounts() error {
	for _, f := range [...]struct {
		name         string
		v, low, high int64
	}{
		{"response.increase_bps", int64(c.Response.Increase), 0, int64(1000 * 1000 * Mbps)},
		{"response.increase_scale_bps", int64(c.Response.IncreaseScale), 1000, int64(1000 * 1000 * Mbps)},
		{"capacity.fair_pace_bps", int64(c.Capacity.FairPace), 0, int64(1000 * 1000 * Mbps)},
		{"capacity.floor_bps", int64(c.Capacity.Floor), 1000, int64(1000 * 1000 * Mbps)},
		{"capacity.min_pairs", int64(c.Capacity.MinPairs), 0, 1000},
		{"response.tests", int64(c.Response.Tests), 1, 100},
		{"trendline.max_groups", int64(c.Trendline.MaxGroups), 1, 1000},
		{"loss.min_packets", int64(c.Loss.MinPackets), 1, 10000},
		{"probe.min_packets", int64(c.Probe.MinPackets), 2, 1000},
	} {
		if f.v < f.low || f.v > f.high {
			return fmt.Errorf("%w: %s %d must be from %d to %d", ErrConfig, f.name, f.v, f.low, f.high)
		}
	}

	return nil
}
