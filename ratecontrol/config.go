// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"errors"
	"fmt"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// Config holds every knob of the controller. The JSON names are stable.
type Config struct {
	// MinBitrate is the floor of the target. Default 30 kbps.
	MinBitrate bwe.Bitrate `json:"min_bps"`
	// MaxBitrate is the ceiling of the target, at most 100 Gbps. Default 20 Mbps.
	MaxBitrate bwe.Bitrate `json:"max_bps"`
	// AudioBitrate is set aside for audio before video gets anything; zero where
	// there is no audio. Default 64 kbps.
	AudioBitrate bwe.Bitrate `json:"audio_bps"`
	// Overhead is the least share of the estimate that is left to RTP headers and
	// retransmissions, from 0 to 0.5; see [Controller.OnOverhead] for more. Default 0.05.
	Overhead float64 `json:"overhead"`
	// DropDisposableAfter is the backlog above which frames that nothing refers to
	// are dropped; the smoothing's buffer where that is more. Default 1 s.
	DropDisposableAfter time.Duration `json:"drop_disposable_after_ns"`
	// DropUntilKeyAfter is the backlog above which everything up to the next key
	// frame is dropped, at most 30 s. A frame that is late makes a viewer wait; one that is
	// dropped takes all up to the next key frame with it, so that dropping is for where
	// waiting is worse. Default 10 s.
	DropUntilKeyAfter time.Duration `json:"drop_until_key_after_ns"`
	// KeyFrameAllowance bounds by how much both limits grow for the time that the
	// latest key frame takes at the target, from 0 to 10 s: a stream whose average is
	// below the target keeps all its frames, whatever the size of its key frames.
	// Default 1 s.
	KeyFrameAllowance time.Duration `json:"key_frame_allowance_ns"`
	// MaxBacklog is what the backlog may at most grow to merely because the target
	// falls, so that a collapse of the path does not stop video for longer than the
	// queue takes to drain; from drop_until_key_after_ns to 60 s. Default 10 s.
	MaxBacklog time.Duration `json:"max_backlog_ns"`
	// ProvenQueueDelay is the standing queue on the path up to which throughput that
	// was acknowledged counts as carried although it is above the target: frames are
	// not dropped for an estimate that the path itself disproves. From 0 to 1 s; zero
	// turns it off. Default 50 ms.
	ProvenQueueDelay time.Duration `json:"proven_queue_delay_ns"`

	// Tiers is the ladder, lowest first; empty for none. [DefaultTiers] is one.
	Tiers []Tier `json:"tiers,omitempty"`
	// Ladder says when the tier is changed.
	Ladder LadderConfig `json:"ladder"`
	// Ceiling says how far above a tier's maximum a strong path may be used.
	Ceiling CeilingConfig `json:"ceiling"`
	// Smoothing says how dips and swings of the estimate are ridden out.
	Smoothing SmoothingConfig `json:"smoothing"`
	// Sharing says what is left to others.
	Sharing SharingConfig `json:"sharing"`
	// Encoder says how the encoders' own ways are learnt and respected.
	Encoder EncoderConfig `json:"encoder"`
	// StallAfter is the time without a video packet sent that counts as a stall, from
	// 50 ms to 10 s. Default 200 ms (RFC 8867 counts freezes in the same order).
	StallAfter time.Duration `json:"stall_after_ns"`
}

// Default returns the configuration that rtmcc recommends.
func Default() Config {
	return Config{
		MinBitrate:          30 * bwe.Kbps,
		MaxBitrate:          20 * bwe.Mbps,
		AudioBitrate:        64 * bwe.Kbps,
		Overhead:            0.05,
		DropDisposableAfter: time.Second,
		DropUntilKeyAfter:   10 * time.Second,
		KeyFrameAllowance:   time.Second,
		MaxBacklog:          10 * time.Second,
		ProvenQueueDelay:    50 * time.Millisecond,
		Ladder:              DefaultLadder(),
		Ceiling:             DefaultCeiling(),
		Smoothing:           DefaultSmoothing(),
		Encoder:             DefaultEncoder(),
		StallAfter:          200 * time.Millisecond,
	}
}

// ErrConfig is wrapped by every error of [Config.Validate].
var ErrConfig = errors.New("ratecontrol: invalid config")

const (
	mostBitrate   = 100_000 * bwe.Mbps
	mostDropLimit = 30 * time.Second
	mostAllowance = 10 * time.Second
	mostProven    = time.Second
)

// Validate reports the first field that is out of range.
func (c *Config) Validate() error {
	switch {
	case c.MinBitrate <= 0 || c.MinBitrate > c.MaxBitrate:
		return fmt.Errorf("%w: min_bps %d must be above zero and at most max_bps %d", ErrConfig, c.MinBitrate, c.MaxBitrate)
	case c.MaxBitrate > mostBitrate:
		return fmt.Errorf("%w: max_bps %d must be at most %d", ErrConfig, c.MaxBitrate, mostBitrate)
	case c.AudioBitrate < 0:
		return fmt.Errorf("%w: audio_bps %d must not be negative", ErrConfig, c.AudioBitrate)
	case !(c.Overhead >= 0 && c.Overhead <= 0.5):
		return fmt.Errorf("%w: overhead %g must be from 0 to 0.5", ErrConfig, c.Overhead)
	case c.DropDisposableAfter <= 0 || c.DropUntilKeyAfter < c.DropDisposableAfter || c.DropUntilKeyAfter > mostDropLimit:
		return fmt.Errorf("%w: drop_until_key_after_ns %v must be at least drop_disposable_after_ns %v, both above zero and at most %v",
			ErrConfig, c.DropUntilKeyAfter, c.DropDisposableAfter, mostDropLimit)
	case c.KeyFrameAllowance < 0 || c.KeyFrameAllowance > mostAllowance:
		return fmt.Errorf("%w: key_frame_allowance_ns %v must be from 0 to %v", ErrConfig, c.KeyFrameAllowance, mostAllowance)
	case c.MaxBacklog < c.DropUntilKeyAfter || c.MaxBacklog > maxDebt:
		return fmt.Errorf("%w: max_backlog_ns %v must be from drop_until_key_after_ns %v to %v",
			ErrConfig, c.MaxBacklog, c.DropUntilKeyAfter, maxDebt)
	case c.ProvenQueueDelay < 0 || c.ProvenQueueDelay > mostProven:
		return fmt.Errorf("%w: proven_queue_delay_ns %v must be from 0 to %v", ErrConfig, c.ProvenQueueDelay, mostProven)
	}
	if err := c.validateTiers(); err != nil {
		return err
	}

	return c.validateStages()
}
