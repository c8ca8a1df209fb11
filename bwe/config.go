// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "errors"

// Config holds every knob of the estimator. The JSON names are stable.
type Config struct {
	// MinBitrate is the floor of the estimate. Default 30 kbps.
	MinBitrate Bitrate `json:"min_bps"`
	// StartBitrate is the estimate before the first evidence. Default 300 kbps
	// (libwebrtc).
	StartBitrate Bitrate `json:"start_bps"`
	// MaxBitrate is the ceiling of the estimate. Default 20 Mbps.
	MaxBitrate Bitrate `json:"max_bps"`
}

// Default returns the configuration that rtmcc recommends.
func Default() Config {
	return Config{MinBitrate: 30 * Kbps, StartBitrate: 300 * Kbps, MaxBitrate: 20 * Mbps}
}

// ErrConfig is wrapped by every error of [Config.Validate].
var ErrConfig = errors.New("bwe: invalid config")

// Validate reports the first field that is out of range.
func (c *Config) Validate() error {
	if c.MinBitrate <= 0 || c.MinBitrate > c.StartBitrate || c.StartBitrate > c.MaxBitrate {
		return ErrConfig
	}

	return nil
}
