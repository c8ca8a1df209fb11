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
	// MaxBitrate is the ceiling of the target. Default 20 Mbps.
	MaxBitrate bwe.Bitrate `json:"max_bps"`
	// AudioBitrate is set aside for audio before video gets anything; zero where
	// there is no audio. Default 64 kbps.
	AudioBitrate bwe.Bitrate `json:"audio_bps"`
	// Overhead is the share of the estimate that RTP headers and retransmissions
	// are expected to take, from 0 to 0.5. Default 0.05.
	Overhead float64 `json:"overhead"`
	// DropDisposableAfter is the backlog above which frames that nothing refers to
	// are dropped. Default 300 ms.
	DropDisposableAfter time.Duration `json:"drop_disposable_after_ns"`
	// DropUntilKeyAfter is the backlog above which everything up to the next key
	// frame is dropped. Default 800 ms.
	DropUntilKeyAfter time.Duration `json:"drop_until_key_after_ns"`
}

// Default returns the configuration that rtmcc recommends.
func Default() Config {
	return Config{
		MinBitrate:          30 * bwe.Kbps,
		MaxBitrate:          20 * bwe.Mbps,
		AudioBitrate:        64 * bwe.Kbps,
		Overhead:            0.05,
		DropDisposableAfter: 300 * time.Millisecond,
		DropUntilKeyAfter:   800 * time.Millisecond,
	}
}

// ErrConfig is wrapped by every error of [Config.Validate].
var ErrConfig = errors.New("ratecontrol: invalid config")

// Validate reports the first field that is out of range.
func (c *Config) Validate() error {
	switch {
	case c.MinBitrate <= 0 || c.MinBitrate > c.MaxBitrate:
		return fmt.Errorf("%w: min_bps %d must be above zero and at most max_bps %d", ErrConfig, c.MinBitrate, c.MaxBitrate)
	case c.AudioBitrate < 0:
		return fmt.Errorf("%w: audio_bps %d must not be negative", ErrConfig, c.AudioBitrate)
	case !(c.Overhead >= 0 && c.Overhead <= 0.5):
		return fmt.Errorf("%w: overhead %g must be from 0 to 0.5", ErrConfig, c.Overhead)
	case c.DropDisposableAfter <= 0 || c.DropUntilKeyAfter < c.DropDisposableAfter:
		return fmt.Errorf("%w: drop_until_key_after_ns %v must be at least drop_disposable_after_ns %v, both above zero",
			ErrConfig, c.DropUntilKeyAfter, c.DropDisposableAfter)
	}

	return nil
}
