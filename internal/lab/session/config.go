// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"errors"
	"fmt"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// ErrConfig is wrapped by every error about a [Config].
var ErrConfig = errors.New("classification")

// Config bounds what counts as what. The JSON names are stable. Where no source is named,
// the defaults come from the labelled corpus of internal/lab/specimen
// (docs/classification.md).
type Config struct {
	// Track names the controller to judge: one of those replayed, empty for the one that
	// was recorded.
	Track string `json:"track"`
	// MinDuration is the shortest session that is judged, from 5 s to 10 min. Default
	// 20 s: three swings of GCC's at the least.
	MinDuration time.Duration `json:"min_duration_ns"`

	Swing SwingConfig `json:"swing"`
	Cap   CapConfig   `json:"cap"`
	Path  PathConfig  `json:"path"`

	Episodes EpisodeConfig `json:"episodes"`
}

// SwingConfig bounds what is a swing of an estimate or a target.
type SwingConfig struct {
	// Depth is the least fall from peak to trough that counts, as a share of the peak from
	// 0.02 to 0.9. Default 0.15: one decrease of GCC's (draft-ietf-rmcat-gcc-02, section
	// 5.5, beta 0.85).
	Depth float64 `json:"depth"`
	// Recovery is the share of a fall that must be made good before the next one counts,
	// from 0.1 to 1. Default 0.4.
	Recovery float64 `json:"recovery"`
	// MaxPeriod is the longest time from peak to peak, from 2 s to 10 min. Default 80 s.
	MaxPeriod time.Duration `json:"max_period_ns"`
	// Cycles is the least number of falls in a row, from 3 to 100. Default 4.
	Cycles int `json:"cycles"`
	// Share is the least part of the session that swings, from 0.01 to 1. Default 0.25.
	Share float64 `json:"share"`
	// Irregularity is the most that the times between the falls of a row may vary, as
	// their deviation over their mean, from 0.05 to 3. Default 0.95: falls at exponential
	// times have 1.
	Irregularity float64 `json:"irregularity"`
	// PathChange is the most that what arrives while a queue stands may vary from fall to
	// fall, as a deviation over the mean, from 0.01 to 3. Default 0.1. Beyond, the path
	// swings, and the estimate is right to.
	PathChange float64 `json:"path_change"`
	// PeakChange and DepthChange are the most that the peaks and the depths of falls by
	// congestion may both vary, as deviations over their means, from 0.01 to 3. Default
	// 0.15 and 0.25. Beyond, too, the path swings: a steady one is full at the same rate each
	// time, and what gives way to that gives way alike.
	PeakChange  float64 `json:"peak_change"`
	DepthChange float64 `json:"depth_change"`
	// QueueDelay is by how much the delay at the falls must be above that of quiet times
	// for congestion to be their cause, from 1 ms to 1 s, beside QueueDeviations times what
	// quiet times vary by and QueueJitter times the path's jitter, both from 0 to 10.
	// Default 12 ms, 0.8 and 0.25.
	QueueDelay      time.Duration `json:"queue_delay_ns"`
	QueueDeviations float64       `json:"queue_deviations"`
	QueueJitter     float64       `json:"queue_jitter"`
	// Loss is the share of packets lost before the falls from which on loss is their
	// cause, from 0.001 to 1, unless it is less than LossRatio times that of the climbs and
	// below SteadyLoss; from 1 to 100 and from 0.001 to 1. Default 0.02, 2 and 0.05.
	Loss       float64 `json:"loss"`
	LossRatio  float64 `json:"loss_ratio"`
	SteadyLoss float64 `json:"steady_loss"`
}

// CapConfig bounds what is held down by a tier.
type CapConfig struct {
	// Ratio is the least ratio of the estimate to the ceiling, from 1.05 to 10. Default
	// 1.4.
	Ratio float64 `json:"ratio"`
	// Share is the least part of the session, from 0.01 to 1. Default 0.3.
	Share float64 `json:"share"`
	// Flat is how far below its top, as a share, the media may be to count as held there
	// where the recording knows no ceiling, from 0.01 to 0.5. Default 0.12.
	Flat float64 `json:"flat"`
	// MinCeiling is the least ceiling that media without a known one is held at, in bits
	// per second, from 1 kbps to 100 Mbps. Default 150 kbps, above audio alone.
	MinCeiling bwe.Bitrate `json:"min_ceiling_bps"`
}

// PathConfig bounds what a path is called.
type PathConfig struct {
	// LowBandwidth is the rate, in bits per second, below which a path carries little,
	// from 10 kbps to 1 Gbps. Default 1 Mbps: a picture of 480 lines.
	LowBandwidth bwe.Bitrate `json:"low_bandwidth_bps"`
	// StandingQueue is the delay above the usual least one from which on a queue stands,
	// from 1 ms to 1 s. Default 25 ms: half of what LEDBAT aims at (RFC 6817 has 100 ms at
	// the most).
	StandingQueue time.Duration `json:"standing_queue_ns"`
	// Lossy is the share of packets lost while no queue stands, from 0.001 to 1. Default
	// 0.02: GCC's loss controller leaves less than that alone (draft-ietf-rmcat-gcc-02,
	// section 6).
	Lossy float64 `json:"lossy"`
	// Jittery is the range of delay within three seconds, from 1 ms to 1 s. Default 25 ms.
	Jittery time.Duration `json:"jittery_ns"`
	// Silence is how long feedback may be waited for, from 50 ms to 1 min, and SilentShare
	// the part of the session, from 0 to 1, in which that may be longer. Default 600 ms,
	// three times libwebrtc's longest interval with room for a round trip, and 0.03.
	Silence     time.Duration `json:"silence_ns"`
	SilentShare float64       `json:"silent_share"`
	// Interval is the longest mean time between feedbacks, from 10 ms to 1 min. Default
	// 300 ms; libwebrtc sends them each 50 to 250 ms.
	Interval time.Duration `json:"interval_ns"`
	// Unreported is the largest share of packets that no feedback names, and Unknown of
	// results for packets that were never sent, from 0 to 1. Default 0.05 and 0.01.
	Unreported float64 `json:"unreported"`
	Unknown    float64 `json:"unknown"`
}

// EpisodeConfig bounds what is told of as an episode, which is no matter of what else is
// found. Its defaults are what a viewer notices.
type EpisodeConfig struct {
	// Stall is how long the sender may send next to nothing, from 100 ms to 1 min, and
	// StallRate how much of the session's median rate that is, from 0 to 0.5. Default
	// 500 ms and 0.03.
	Stall     time.Duration `json:"stall_ns"`
	StallRate float64       `json:"stall_rate"`
	// Queue is the delay that a queue of a second or more must have, above the path's jitter
	// (60 ms of it at most), from 10 ms to 10 s. Default 100 ms: LEDBAT's most (RFC 6817).
	Queue time.Duration `json:"queue_ns"`
	// Loss is by how much, as a share of what is sent in half a second, more than twice the
	// usual loss a burst has, from 0.01 to 1, and LossPackets how many packets of mean size
	// it takes at least, from 1 to 10,000. Default 0.1 and 10.
	Loss        float64 `json:"loss"`
	LossPackets int     `json:"loss_packets"`
}

// Default returns the recommended bounds.
func Default() Config {
	return Config{
		MinDuration: 20 * time.Second,
		Swing: SwingConfig{
			Depth: 0.15, Recovery: 0.4, MaxPeriod: 80 * time.Second, Cycles: 4, Share: 0.25, Irregularity: 0.95, PathChange: 0.1,
			PeakChange: 0.15, DepthChange: 0.25,
			QueueDelay: 12 * time.Millisecond, QueueDeviations: 0.8, QueueJitter: 0.25,
			Loss: 0.02, LossRatio: 2, SteadyLoss: 0.05,
		},
		Cap: CapConfig{Ratio: 1.4, Share: 0.3, Flat: 0.12, MinCeiling: 150 * bwe.Kbps},
		Path: PathConfig{
			LowBandwidth: bwe.Mbps, StandingQueue: 25 * time.Millisecond, Lossy: 0.02, Jittery: 25 * time.Millisecond,
			Silence: 600 * time.Millisecond, SilentShare: 0.03, Interval: 300 * time.Millisecond, Unreported: 0.05, Unknown: 0.01,
		},
		Episodes: EpisodeConfig{Stall: 500 * time.Millisecond, StallRate: 0.03, Queue: 100 * time.Millisecond, Loss: 0.1, LossPackets: 10},
	}
}

// bound is a field with the least and the most that it may be.
type bound struct {
	name               string
	value, least, most float64
}

func span(name string, d, least, most time.Duration) bound {
	return bound{name, d.Seconds(), least.Seconds(), most.Seconds()}
}

// Validate reports the first field that is out of range.
func (c *Config) Validate() error {
	s, p, e := &c.Swing, &c.Path, &c.Episodes
	for _, b := range []bound{
		span("min_duration_ns", c.MinDuration, 5*time.Second, 10*time.Minute),
		{"swing.depth", s.Depth, 0.02, 0.9},
		{"swing.recovery", s.Recovery, 0.1, 1},
		span("swing.max_period_ns", s.MaxPeriod, 2*time.Second, 10*time.Minute),
		{"swing.cycles", float64(s.Cycles), 3, 100},
		{"swing.share", s.Share, 0.01, 1},
		{"swing.irregularity", s.Irregularity, 0.05, 3},
		{"swing.path_change", s.PathChange, 0.01, 3},
		{"swing.peak_change", s.PeakChange, 0.01, 3},
		{"swing.depth_change", s.DepthChange, 0.01, 3},
		span("swing.queue_delay_ns", s.QueueDelay, time.Millisecond, time.Second),
		{"swing.queue_deviations", s.QueueDeviations, 0, 10},
		{"swing.queue_jitter", s.QueueJitter, 0, 10},
		{"swing.loss", s.Loss, 0.001, 1},
		{"swing.loss_ratio", s.LossRatio, 1, 100},
		{"swing.steady_loss", s.SteadyLoss, 0.001, 1},
		{"cap.ratio", c.Cap.Ratio, 1.05, 10},
		{"cap.share", c.Cap.Share, 0.01, 1},
		{"cap.flat", c.Cap.Flat, 0.01, 0.5},
		{"cap.min_ceiling_bps", float64(c.Cap.MinCeiling), 1e3, 1e8},
		{"path.low_bandwidth_bps", float64(p.LowBandwidth), 1e4, 1e9},
		span("path.standing_queue_ns", p.StandingQueue, time.Millisecond, time.Second),
		{"path.lossy", p.Lossy, 0.001, 1},
		span("path.jittery_ns", p.Jittery, time.Millisecond, time.Second),
		span("path.silence_ns", p.Silence, 50*time.Millisecond, time.Minute),
		{"path.silent_share", p.SilentShare, 0, 1},
		span("path.interval_ns", p.Interval, 10*time.Millisecond, time.Minute),
		{"path.unreported", p.Unreported, 0, 1},
		{"path.unknown", p.Unknown, 0, 1},
		span("episodes.stall_ns", e.Stall, 100*time.Millisecond, time.Minute),
		{"episodes.stall_rate", e.StallRate, 0, 0.5},
		span("episodes.queue_ns", e.Queue, 10*time.Millisecond, 10*time.Second),
		{"episodes.loss", e.Loss, 0.01, 1},
		{"episodes.loss_packets", float64(e.LossPackets), 1, 10_000},
	} {
		if !(b.value >= b.least && b.value <= b.most) {
			return fmt.Errorf("%w: %s is %v, want %v to %v (times in seconds)", ErrConfig, b.name, b.value, b.least, b.most)
		}
	}

	return nil
}

// bins returns how many bins a time is, at least one.
func bins(d time.Duration) int { return max(1, int(d/timeline.Bin)) }
