// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"fmt"
	"time"
)

// OscillationConfig holds every knob of the [OscillationDetector]. The JSON names
// are stable. The defaults come from the labelled corpus of the package's tests
// where no other source is named.
type OscillationConfig struct {
	// MinPeriod and MaxPeriod bound the periods that are looked for, from 1 s to
	// 30 s. Default 1 s and 30 s: below, the swing is the estimator's answer to single
	// feedbacks; GCC's own limit cycle is about 15 s long at 3 Mbps and 50 ms.
	MinPeriod time.Duration `json:"min_period_ns"`
	MaxPeriod time.Duration `json:"max_period_ns"`
	// MinDepth is the least fall from peak to trough that counts as a swing, as a
	// fraction of the peak from 0.02 to 0.9. Default 0.08: half of GCC's decrease
	// factor (draft-ietf-rmcat-gcc-02, section 5.5, beta 0.85).
	MinDepth float64 `json:"min_depth"`
	// Start is the evidence in bits at which an oscillation is held to have begun,
	// End the evidence below which it has ended; Start must be above End and both
	// above zero. Default 10.5 and 4. Doubling the odds against chance adds one bit, so
	// that a higher Start trades recall for fewer false alarms.
	Start float64 `json:"start_bits"`
	End   float64 `json:"end_bits"`
	// Change is the relative change of period or depth that is worth an event of its
	// own, above 0 and at most 1. Default 0.25.
	Change float64 `json:"change"`
}

// DefaultOscillation returns the configuration that rtmcc recommends.
func DefaultOscillation() OscillationConfig {
	return OscillationConfig{
		MinPeriod: time.Second, MaxPeriod: 30 * time.Second, MinDepth: 0.08,
		Start: 10.5, End: 4, Change: 0.25,
	}
}

// maxEvidence is more bits than any swing brings.
const maxEvidence = 1000.0

// Validate reports the first field that is out of range.
func (c *OscillationConfig) Validate() error {
	switch {
	case c.MinPeriod < time.Second || c.MaxPeriod > 30*time.Second || c.MinPeriod >= c.MaxPeriod:
		return fmt.Errorf("%w: oscillation periods %v to %v, want a range within 1s to 30s", ErrConfig, c.MinPeriod, c.MaxPeriod)
	case !(c.MinDepth >= 0.02 && c.MinDepth <= 0.9):
		return fmt.Errorf("%w: oscillation min_depth %v, want 0.02 to 0.9", ErrConfig, c.MinDepth)
	case !(c.End > 0 && c.Start > c.End && c.Start <= maxEvidence):
		return fmt.Errorf("%w: oscillation start_bits %v and end_bits %v, want %v >= start > end > 0", ErrConfig, c.Start, c.End, maxEvidence)
	case !(c.Change > 0 && c.Change <= 1):
		return fmt.Errorf("%w: oscillation change %v, want above 0 and at most 1", ErrConfig, c.Change)
	}

	return nil
}

// OscillationPhase says which turn an [Oscillation] event reports.
type OscillationPhase uint8

// The turns of an oscillation.
const (
	// OscillationNone: no swing is held to be there.
	OscillationNone OscillationPhase = iota
	// OscillationStarted: a swing has been recognised.
	OscillationStarted
	// OscillationChanged: its period or depth is another than last reported.
	OscillationChanged
	// OscillationEnded: it is over. The event carries its last figures.
	OscillationEnded
)

// String returns the name used in traces and metrics.
func (p OscillationPhase) String() string {
	switch p {
	case OscillationNone:
		return "none"
	case OscillationStarted:
		return "started"
	case OscillationChanged:
		return "changed"
	case OscillationEnded:
		return "ended"
	default:
		return "unknown"
	}
}

// MarshalText writes the name, for JSON.
func (p OscillationPhase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Oscillation is a periodic swing of an estimate. As an [Event] it is named
// "oscillation".
type Oscillation struct {
	// At is when it was judged.
	At Time `json:"t"`
	// Phase is the last turn that was reported.
	Phase OscillationPhase `json:"phase"`
	// Active tells whether the estimate swings now.
	Active bool `json:"active"`
	// Period is the mean time from peak to peak.
	Period time.Duration `json:"period_ns"`
	// Depth is the mean fall from peak to trough as a fraction of the peak.
	Depth float64 `json:"depth"`
	// Confidence grows with the evidence from 0 to 1; it is 0.5 where an oscillation
	// is only just held to begin.
	Confidence float64 `json:"confidence"`
	// Since is the first turning point of the swing, before it was recognised.
	Since Time `json:"since"`
}

// EventName implements [Event].
func (*Oscillation) EventName() string { return "oscillation" }

// Time implements [Event].
func (o *Oscillation) Time() Time { return o.At }
