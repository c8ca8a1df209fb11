// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"fmt"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// CeilingMode says whether a strong path may be used above a tier's maximum.
type CeilingMode string

// The modes.
const (
	// CeilingOff: a tier's maximum is never exceeded.
	CeilingOff CeilingMode = "off"
	// CeilingCautious: half as far as configured, in half as large steps, after twice as
	// long a calm.
	CeilingCautious CeilingMode = "cautious"
	// CeilingFull: as configured.
	CeilingFull CeilingMode = "full"
)

// CeilingConfig holds the knobs of the way above a tier's maximum. Without a ladder
// they have no effect.
type CeilingConfig struct {
	// Mode is "off", "cautious" or "full". Default "cautious".
	Mode CeilingMode `json:"mode"`
	// Factor bounds the video bitrate as a multiple of the tier's maximum, from 1 to
	// 10. Default 2.5.
	Factor float64 `json:"factor"`
	// MaxBitrate bounds the video bitrate as such; zero for no bound beside the
	// configuration's own maximum.
	MaxBitrate bwe.Bitrate `json:"max_bps"`
	// Margin is how far the estimate must stand over the rate that is tried next, as a
	// fraction from 0 to 4. Default 0.15.
	Margin float64 `json:"margin"`
	// Calm is how long the path must have been calm before the first step and before
	// each further one, from 100 ms to 10 min. Default 3 s.
	Calm time.Duration `json:"calm_ns"`
	// Step is the size of a step as a fraction of the rate, from 0.01 to 1.
	// Default 0.15.
	Step float64 `json:"step"`
	// QueueDelay and Loss are what a calm path stays below: the standing queue, from 1 ms
	// to 1 s, and the rise of loss over the path's usual one, as a fraction up to 0.5.
	// Default 30 ms and 0.02.
	QueueDelay time.Duration `json:"queue_delay_ns"`
	Loss       float64       `json:"loss"`
}

// DefaultCeiling returns the configuration that rtmcc recommends.
func DefaultCeiling() CeilingConfig {
	return CeilingConfig{
		Mode: CeilingCautious, Factor: 2.5, Margin: 0.15, Calm: 3 * time.Second, Step: 0.15,
		QueueDelay: 30 * time.Millisecond, Loss: 0.02,
	}
}

// SmoothingConfig holds the knobs of the smoothing of the target.
type SmoothingConfig struct {
	// Enabled switches it on. Off, the target is what the path and sharing allow, at
	// once. Default true.
	Enabled bool `json:"enabled"`
	// Clarity is from 0, smoothness, to 1, clarity. At 0 playback and picture are steady:
	// a dip is waited out for as long as the buffer lasts, and the target explores upwards
	// slowly. At 1 every bit of bandwidth is used at once, every dip is followed at once,
	// and nothing waits in the pacer. The times and shares below are those at 0 and shrink
	// in proportion; the band widens. Default 0.
	Clarity float64 `json:"clarity"`
	// Buffer is the queue in the pacer, as time at the rate of the moment, that dips
	// may be waited out with, from 0 to 5 s. It is delay that the viewer's buffer must
	// cover. Default 750 ms.
	Buffer time.Duration `json:"buffer_ns"`
	// Horizon is how far ahead the buffer must last, from 50 ms to 10 s: the shorter,
	// the later and the steeper the target goes down. Default 50 ms.
	Horizon time.Duration `json:"horizon_ns"`
	// Settle takes the place of Horizon where a dip lasts for SettleAfter once it has used
	// up the buffer, until what is allowed is back near the long mean: from 50 ms to 10 s,
	// and from 0 to 10 min. A horizon shorter than an encoder and a pacer take to follow
	// makes a target that alternates. Default 500 ms and 2 s.
	Settle      time.Duration `json:"settle_ns"`
	SettleAfter time.Duration `json:"settle_after_ns"`
	// Rise, Return and Fall are the spans of the mean that the target follows, from 1 ms
	// to 1 min: up above the long mean, where it explores; up to the long mean, where it
	// comes back; and down. Default 3 s, 200 ms and 8 s.
	Rise   time.Duration `json:"rise_ns"`
	Return time.Duration `json:"return_ns"`
	Fall   time.Duration `json:"fall_ns"`
	// Level is the span of the long mean around which the band lies, from 1 s to 10 min.
	// Default 100 s.
	Level time.Duration `json:"level_ns"`
	// Band is how far above the long mean the target may lie, as a fraction from 0.05
	// to 10. Default 1.5.
	Band float64 `json:"band"`
	// EmergencyQueue is the standing queue on the path that ends all waiting, from 10 ms
	// to 5 s. Default 300 ms.
	EmergencyQueue time.Duration `json:"emergency_queue_ns"`
	// Swing configures the detector of periodic swings of the target itself.
	Swing bwe.OscillationConfig `json:"swing"`
	// SwingConfidence is the detector's confidence from which a swing is smoothed, from
	// 0 to 1. Default 0.5.
	SwingConfidence float64 `json:"swing_confidence"`
}

// DefaultSmoothing returns the configuration that rtmcc recommends.
func DefaultSmoothing() SmoothingConfig {
	return SmoothingConfig{
		Enabled: true, Buffer: 750 * time.Millisecond, Horizon: 50 * time.Millisecond, Settle: 500 * time.Millisecond, SettleAfter: 2 * time.Second,
		Rise: 3 * time.Second, Return: 200 * time.Millisecond, Fall: 8 * time.Second,
		Level: 100 * time.Second, Band: 1.5,
		EmergencyQueue: 300 * time.Millisecond, Swing: bwe.DefaultOscillation(), SwingConfidence: 0.5,
	}
}

// SharingConfig holds what is left to others.
type SharingConfig struct {
	// Cap bounds what all packets may take on the wire; zero for no cap.
	Cap bwe.Bitrate `json:"cap_bps"`
	// Reserve is left of the estimate to the host's other traffic. Default 0.
	Reserve bwe.Bitrate `json:"reserve_bps"`
}

// EncoderConfig holds the knobs of the learning of an encoder's ways.
type EncoderConfig struct {
	// Learn switches the correction for overshoot and undershoot on. Default true.
	Learn bool `json:"learn"`
	// MaxCorrection bounds the correction as a fraction from 0 to 0.9. Default 0.3.
	MaxCorrection float64 `json:"max_correction"`
	// MinChange and MinChangeBitrate are what a change of the video bitrate must be
	// worth: both a fraction from 0 to 0.5 and a rate. Default 0.05 and 20 kbps.
	MinChange        float64     `json:"min_change"`
	MinChangeBitrate bwe.Bitrate `json:"min_change_bps"`
	// MinInterval is the least time between two changes, from 0 to 10 s; an encoder that
	// is seen to follow more slowly is asked less often. Default 100 ms.
	MinInterval time.Duration `json:"min_interval_ns"`
}

// DefaultEncoder returns the configuration that rtmcc recommends.
func DefaultEncoder() EncoderConfig {
	return EncoderConfig{
		Learn: true, MaxCorrection: 0.3, MinChange: 0.05, MinChangeBitrate: 20 * bwe.Kbps, MinInterval: 100 * time.Millisecond,
	}
}

// fraction and span are knobs with their bounds.
type fraction struct {
	name         string
	v, low, high float64
}

type span struct {
	name         string
	v, low, high time.Duration
}

func (c *Config) validateStages() error {
	e, s, n := &c.Ceiling, &c.Smoothing, &c.Encoder
	if e.Mode != CeilingOff && e.Mode != CeilingCautious && e.Mode != CeilingFull {
		return fmt.Errorf("%w: ceiling.mode %q must be %q, %q or %q", ErrConfig, e.Mode, CeilingOff, CeilingCautious, CeilingFull)
	}
	for _, f := range [...]fraction{
		{"ceiling.factor", e.Factor, 1, 10},
		{"ceiling.margin", e.Margin, 0, 4},
		{"ceiling.step", e.Step, 0.01, 1},
		{"ceiling.loss", e.Loss, 0, 0.5},
		{"smoothing.clarity", s.Clarity, 0, 1},
		{"smoothing.band", s.Band, 0.05, 10},
		{"smoothing.swing_confidence", s.SwingConfidence, 0, 1},
		{"encoder.max_correction", n.MaxCorrection, 0, 0.9},
		{"encoder.min_change", n.MinChange, 0, 0.5},
	} {
		if !(f.v >= f.low && f.v <= f.high) {
			return fmt.Errorf("%w: %s %g must be from %g to %g", ErrConfig, f.name, f.v, f.low, f.high)
		}
	}
	for _, d := range [...]span{
		{"ceiling.calm_ns", e.Calm, 100 * time.Millisecond, 10 * time.Minute},
		{"ceiling.queue_delay_ns", e.QueueDelay, time.Millisecond, time.Second},
		{"smoothing.buffer_ns", s.Buffer, 0, 5 * time.Second},
		{"smoothing.horizon_ns", s.Horizon, 50 * time.Millisecond, 10 * time.Second},
		{"smoothing.settle_ns", s.Settle, 50 * time.Millisecond, 10 * time.Second},
		{"smoothing.settle_after_ns", s.SettleAfter, 0, 10 * time.Minute},
		{"smoothing.rise_ns", s.Rise, time.Millisecond, time.Minute},
		{"smoothing.return_ns", s.Return, time.Millisecond, time.Minute},
		{"smoothing.fall_ns", s.Fall, time.Millisecond, time.Minute},
		{"smoothing.level_ns", s.Level, time.Second, 10 * time.Minute},
		{"smoothing.emergency_queue_ns", s.EmergencyQueue, 10 * time.Millisecond, 5 * time.Second},
		{"encoder.min_interval_ns", n.MinInterval, 0, 10 * time.Second},
		{"stall_after_ns", c.StallAfter, 50 * time.Millisecond, 10 * time.Second},
	} {
		if d.v < d.low || d.v > d.high {
			return fmt.Errorf("%w: %s %v must be from %v to %v", ErrConfig, d.name, d.v, d.low, d.high)
		}
	}
	switch {
	case e.MaxBitrate < 0 || e.MaxBitrate > mostBitrate:
		return fmt.Errorf("%w: ceiling.max_bps %d must be from 0 to %d", ErrConfig, e.MaxBitrate, mostBitrate)
	case c.Sharing.Cap < 0 || c.Sharing.Cap > mostBitrate || c.Sharing.Reserve < 0 || c.Sharing.Reserve > mostBitrate:
		return fmt.Errorf("%w: sharing.cap_bps %d and reserve_bps %d must be from 0 to %d", ErrConfig, c.Sharing.Cap, c.Sharing.Reserve, mostBitrate)
	case n.MinChangeBitrate < 0 || n.MinChangeBitrate > mostBitrate:
		return fmt.Errorf("%w: encoder.min_change_bps %d must be from 0 to %d", ErrConfig, n.MinChangeBitrate, mostBitrate)
	}
	if err := s.Swing.Validate(); err != nil {
		return fmt.Errorf("%w: smoothing.swing: %w", ErrConfig, err)
	}

	return nil
}
