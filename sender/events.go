// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import "github.com/rtmcc/rtmcc/bwe"

// FeedbackChanged tells that the peer's kind of feedback was found out or changed;
// FeedbackNone says that it sends none. As an event it is named "feedback_kind".
type FeedbackChanged struct {
	At bwe.Time `json:"t"`
	// Kind is one of FeedbackNone, FeedbackTransportCC, FeedbackRFC8888 and
	// FeedbackREMB.
	Kind string `json:"kind"`
}

// PacketDropped tells that the pacer gave a packet up. As an event it is named
// "pacer_drop".
type PacketDropped struct {
	At     bwe.Time       `json:"t"`
	Kind   bwe.PacketKind `json:"kind"`
	Size   int            `json:"size"`
	Reason DropReason     `json:"reason"`
}

// NACKReceived tells what became of one request for repeats. As an event it is named
// "nack".
type NACKReceived struct {
	At bwe.Time `json:"t"`
	// SSRC is the stream of media that it names.
	SSRC uint32 `json:"ssrc"`
	// Requested is how many packets were asked for, Accepted how many are repeated.
	Requested int `json:"requested"`
	Accepted  int `json:"accepted"`
	// Unknown, Repaired, TooSoon, OverBudget, TooLate and Disposable are why the others
	// are not.
	Unknown    int `json:"unknown,omitempty"`
	Repaired   int `json:"repaired,omitempty"`
	TooSoon    int `json:"too_soon,omitempty"`
	OverBudget int `json:"over_budget,omitempty"`
	TooLate    int `json:"too_late,omitempty"`
	Disposable int `json:"disposable,omitempty"`
}

// IgnoredReason says why input was not acted upon.
type IgnoredReason string

// The reasons for which input is not acted upon: see [IgnoredStats].
const (
	IgnoredMalformed IgnoredReason = "malformed"
	IgnoredDuplicate IgnoredReason = "duplicate"
	IgnoredUnknown   IgnoredReason = "unknown_packets"
	IgnoredRepeated  IgnoredReason = "repeated_results"
	IgnoredClockStep IgnoredReason = "clock_step"
	IgnoredOverflow  IgnoredReason = "overflow"
	IgnoredStampLost IgnoredReason = "stamp_lost"
)

// InputIgnored tells that Count inputs were not acted upon. As an event it is named
// "ignored".
type InputIgnored struct {
	At     bwe.Time      `json:"t"`
	Reason IgnoredReason `json:"reason"`
	Count  int           `json:"count"`
}

// EventName implements [bwe.Event].
func (*FeedbackChanged) EventName() string { return "feedback_kind" }

// EventName implements [bwe.Event].
func (*PacketDropped) EventName() string { return "pacer_drop" }

// EventName implements [bwe.Event].
func (*NACKReceived) EventName() string { return "nack" }

// EventName implements [bwe.Event].
func (*InputIgnored) EventName() string { return "ignored" }

// Time implements [bwe.Event].
func (f *FeedbackChanged) Time() bwe.Time { return f.At }

// Time implements [bwe.Event].
func (p *PacketDropped) Time() bwe.Time { return p.At }

// Time implements [bwe.Event].
func (n *NACKReceived) Time() bwe.Time { return n.At }

// Time implements [bwe.Event].
func (i *InputIgnored) Time() bwe.Time { return i.At }

// events are the sender's own events, reused so that none is allocated per input.
type events struct {
	feedback FeedbackChanged
	dropped  PacketDropped
	nack     NACKReceived
	ignored  InputIgnored

	protection ProtectionChanged
}

func (o *owner) ignore(at bwe.Time, reason IgnoredReason, n int) {
	if n == 0 {
		return
	}
	ig := &o.stats.Ignored
	switch reason {
	case IgnoredMalformed:
		ig.Malformed += uint64(n)
	case IgnoredDuplicate:
		ig.Duplicate += uint64(n)
	case IgnoredUnknown:
		ig.UnknownPackets += uint64(n)
	case IgnoredRepeated:
		ig.RepeatedResults += uint64(n)
	case IgnoredClockStep:
		ig.ClockSteps += uint64(n)
	case IgnoredOverflow:
		ig.Overflow += uint64(n)
	case IgnoredStampLost:
		ig.StampsLost += uint64(n)
	}
	o.events.ignored = InputIgnored{At: at, Reason: reason, Count: n}
	o.observe(&o.events.ignored)
}
