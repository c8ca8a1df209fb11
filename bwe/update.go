// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

// State is what the estimator holds the path to be.
type State uint8

// The states of the path.
const (
	// StateNormal: no sign that the path carries less than what is sent.
	StateNormal State = iota
	// StateOveruse: a queue of our own is building or standing.
	StateOveruse
	// StateUnderuse: a queue drains.
	StateUnderuse
	// StateLossLimited: congestion loss holds the estimate.
	StateLossLimited
	// StateBlind: feedback is overdue.
	StateBlind
	// StateNoFeedback: the peer has never sent transport feedback; the estimate
	// comes from REMB or is the start bitrate.
	StateNoFeedback
)

// String returns the name used in traces and metrics.
func (s State) String() string {
	switch s {
	case StateNormal:
		return "normal"
	case StateOveruse:
		return "overuse"
	case StateUnderuse:
		return "underuse"
	case StateLossLimited:
		return "loss_limited"
	case StateBlind:
		return "blind"
	case StateNoFeedback:
		return "no_feedback"
	default:
		return "unknown"
	}
}

// MarshalText writes the name, for JSON.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Update is the estimator's whole answer to an input. As an [Event] it is named
// "estimate".
type Update struct {
	// At is the time of the input that it answers.
	At Time `json:"t"`
	// Estimate is the bandwidth that the path is held to carry for this sender.
	Estimate Bitrate `json:"estimate_bps"`
	// PacingRate is the rate at which the pacer drains its queue.
	PacingRate Bitrate `json:"pacing_bps"`
	// PaddingRate is the rate to fill up with padding when media is short; zero for
	// none.
	PaddingRate Bitrate `json:"padding_bps"`
	// CongestionWindow bounds the bytes in flight; zero for no bound.
	CongestionWindow int64 `json:"cwnd_bytes"`
	// Unreported is how many of the bytes sent no feedback has named for so long that
	// they no longer count as in flight. Whoever counts bytes in flight until they are
	// reported adds it to the congestion window.
	Unreported int64 `json:"unreported_bytes"`
	// State is what the path is held to be.
	State State `json:"state"`
	// RTT is the smoothed round-trip time of acknowledged packets; zero while
	// unknown.
	RTT time.Duration `json:"rtt_ns"`
	// Loss is the path's loss over the recent past as a fraction from 0 to 1.
	Loss float64 `json:"loss"`
	// QueueDelay is the standing queueing delay that is held to be on the path.
	QueueDelay time.Duration `json:"queue_delay_ns"`
	// Acked is the acknowledged throughput; zero while unknown.
	Acked Bitrate `json:"acked_bps"`
	// Confidence is how sure the estimate is, from 0, as before the first feedback, to 1,
	// where it rests on fresh feedback and hardly moves.
	Confidence float64 `json:"confidence"`
	// Swing is the periodic swing of the estimate before smoothing; its Period is zero
	// while there is none.
	Swing Swing `json:"swing"`
	// Probes lists probes to send now. It is valid until the next input.
	Probes []Probe `json:"probes,omitempty"`
}

// Swing is what an [Update] says of an [Oscillation].
type Swing struct {
	// Period is the mean time from peak to peak, Depth the mean fall from peak to trough
	// as a fraction of the peak.
	Period time.Duration `json:"period_ns"`
	Depth  float64       `json:"depth"`
	// Confidence is that of the judgement, from 0.5 to 1.
	Confidence float64 `json:"confidence"`
}

// Event is one thing that an estimator, a controller or a sender saw or decided.
// Events are pointers that are reused: an [Observer] copies what it keeps.
type Event interface {
	// EventName is the stable name used in traces, metrics and docs.
	EventName() string
	// Time is when it happened, on the owner's monotonic clock.
	Time() Time
}

// Observer receives events in order, inside the call that caused them. It must
// not call back into its source.
type Observer func(Event)

// EventName implements [Event].
func (*SentPacket) EventName() string { return "sent" }

// EventName implements [Event].
func (*Feedback) EventName() string { return "feedback" }

// EventName implements [Event].
func (*REMB) EventName() string { return "remb" }

// EventName implements [Event].
func (*Timer) EventName() string { return "timer" }

// EventName implements [Event].
func (*Update) EventName() string { return "estimate" }

// Time implements [Event].
func (p *SentPacket) Time() Time { return p.At }

// Time implements [Event].
func (f *Feedback) Time() Time { return f.At }

// Time implements [Event].
func (r *REMB) Time() Time { return r.At }

// Time implements [Event].
func (t *Timer) Time() Time { return t.At }

// Time implements [Event].
func (u *Update) Time() Time { return u.At }
