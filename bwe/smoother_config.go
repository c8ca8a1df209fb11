// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"fmt"
	"time"
)

// SmootherConfig holds every knob of the [Smoother]. The JSON names are stable. The
// defaults come from simulated paths where no other source is named.
type SmootherConfig struct {
	// Enabled switches smoothing on. Off, the output is the estimate, bit for bit, and
	// oscillations are still reported. Default false.
	Enabled bool `json:"enabled"`
	// Oscillation configures the detector.
	Oscillation OscillationConfig `json:"oscillation"`
	// Confidence is the least [Oscillation] confidence at which the smoother takes
	// over, from 0 to 1. Default 0.13, which is well below the 0.5 at which an
	// oscillation is reported: the path must look healthy besides, and a wrong guess is
	// taken back within two round trips.
	Confidence float64 `json:"confidence"`
	// Margin is how far the output may lie above the proven throughput, as a fraction
	// above 0 and up to 0.5. Default 0.1, and 0.01 with [Default], whose estimate needs no
	// room to grow into.
	Margin float64 `json:"margin"`
	// Growth is the first and MaxGrowth the highest increase of the output a second,
	// as fractions. Default 0.08 (draft-ietf-rmcat-gcc-02, section 5.5) and 0.3.
	Growth    float64 `json:"growth"`
	MaxGrowth float64 `json:"max_growth"`
	// QueueMargin is the queueing delay above the path's own jitter that stops growth
	// and steps back, ReleaseQueue the one that lets go at once. Default 8 ms and 40 ms.
	QueueMargin  time.Duration `json:"queue_margin_ns"`
	ReleaseQueue time.Duration `json:"release_queue_ns"`
	// MaxStanding is the least delay over three seconds above which a path counts as
	// queued rather than jittery and is left to the estimator. Default 40 ms.
	MaxStanding time.Duration `json:"max_standing_ns"`
	// LossMargin is the rise of loss above the path's usual loss that lets go, as a
	// fraction. Default 0.03.
	LossMargin float64 `json:"loss_margin"`
	// Backoff is the share of the acknowledged throughput that a step back leaves.
	// Default 0.85 (draft-ietf-rmcat-gcc-02, section 5.5).
	Backoff float64 `json:"backoff"`
	// Hold is how long the output stays under a level at which a queue began to stand
	// before it is tried again; Wait is how long the smoother stays out after it let
	// go for congestion. Both double with each failure up to MaxWait. Default 10 s,
	// 5 s and 80 s.
	Hold    time.Duration `json:"hold_ns"`
	Wait    time.Duration `json:"wait_ns"`
	MaxWait time.Duration `json:"max_wait_ns"`
	// Silence is how long feedback may be missing before the smoother lets go.
	// Default 500 ms.
	Silence time.Duration `json:"silence_ns"`
}

// DefaultSmoother returns the configuration that rtmcc recommends, switched off.
func DefaultSmoother() SmootherConfig {
	return SmootherConfig{
		Oscillation: DefaultOscillation(), Confidence: 0.13,
		Margin: 0.1, Growth: 0.08, MaxGrowth: 0.3,
		QueueMargin: 8 * time.Millisecond, ReleaseQueue: 40 * time.Millisecond, MaxStanding: 40 * time.Millisecond,
		LossMargin: 0.03, Backoff: 0.85,
		Hold: 10 * time.Second, Wait: 5 * time.Second, MaxWait: 80 * time.Second, Silence: 500 * time.Millisecond,
	}
}

// Validate reports the first field that is out of range.
func (c *SmootherConfig) Validate() error {
	if err := c.Oscillation.Validate(); err != nil {
		return err
	}
	for _, f := range [...]struct {
		name         string
		v, low, high float64
	}{
		{"confidence", c.Confidence, 0, 1},
		{"margin", c.Margin, 0.01, 0.5},
		{"growth", c.Growth, 0.001, 10},
		{"max_growth", c.MaxGrowth, c.Growth, 10},
		{"loss_margin", c.LossMargin, 0.001, 1},
		{"backoff", c.Backoff, 0.1, 1},
	} {
		if !(f.v >= f.low && f.v <= f.high) {
			return fmt.Errorf("%w: smoother %s %v, want %v to %v", ErrConfig, f.name, f.v, f.low, f.high)
		}
	}
	for _, f := range [...]struct {
		name         string
		v, low, high time.Duration
	}{
		{"queue_margin_ns", c.QueueMargin, time.Millisecond, time.Second},
		{"release_queue_ns", c.ReleaseQueue, c.QueueMargin, time.Second},
		{"max_standing_ns", c.MaxStanding, time.Millisecond, time.Second},
		{"hold_ns", c.Hold, 100 * time.Millisecond, time.Hour},
		{"wait_ns", c.Wait, 100 * time.Millisecond, time.Hour},
		{"silence_ns", c.Silence, 50 * time.Millisecond, time.Minute},
		{"max_wait_ns", c.MaxWait, max(c.Hold, c.Wait), time.Hour},
	} {
		if f.v < f.low || f.v > f.high {
			return fmt.Errorf("%w: smoother %s %v, want %v to %v", ErrConfig, f.name, f.v, f.low, f.high)
		}
	}

	return nil
}
