// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package timeline reduces the event stream of a session to signals over time, in bins
// of [Bin], which analysis, reports and plots share. What it keeps grows with the length
// of the session and not with its packets.
package timeline

import (
	"math"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// Bin is the width of a bin.
const Bin = 100 * time.Millisecond

// Signal is a quantity over time, a value for each bin. NaN stands for unknown.
type Signal []float64

// At returns the value of a bin, NaN outside.
func (s Signal) At(bin int) float64 {
	if bin < 0 || bin >= len(s) {
		return math.NaN()
	}

	return s[bin]
}

// Timeline is a session over time. Rates are in bits per second, times in seconds and
// shares from 0 to 1. All signals have the same number of bins. Marks, bands and probes
// have the recording's time.
type Timeline struct {
	// Start is where the first bin begins: zero, or where Window does.
	Start bwe.Time
	// Window is what of the recording the timeline is of, and its totals.
	Window Bounds
	// Recording is how long the whole recording is.
	Recording time.Duration
	// Capacity is what the path carried, NaN where the recording does not know it.
	Capacity Signal
	// Sent is what left, Media what of it was neither padding nor repeated, and Received
	// what was acknowledged, by the time of its arrival.
	Sent     Signal
	Media    Signal
	Received Signal
	// Delay is the mean one-way delay of what was sent in the bin, above the least one of
	// the last [baseWindow]; DelayMax is the largest and DelayMin the least. NaN where nothing
	// was acknowledged.
	Delay    Signal
	DelayMax Signal
	DelayMin Signal
	// Rise is by how much at the most the transit time of a packet was longer than that of
	// the one before, NaN where nothing was acknowledged: a queue grows by a packet at a
	// time, jitter jumps.
	Rise Signal
	// Loss is the share of what was sent in the bin that was reported lost, by packets;
	// NaN where nothing was reported.
	Loss Signal
	// RTT is the time from the departure of the newest packet that a feedback acknowledges
	// to that feedback, the bin's least; NaN where there was none.
	RTT Signal
	// Silence is the longest time in the bin for which feedback was waited for.
	Silence Signal
	// Recorded is what the recorder decided, nil where the recording does not have it.
	Recorded *Track
	// Replayed are controllers that were fed the same feedback.
	Replayed []*Track
	// Marks are single events, in order of time.
	Marks []Mark
	// FrameDropsKnown and FreezesKnown tell that Marks have all frames that the sender
	// dropped, and all times in which the picture stood, be there none.
	FrameDropsKnown, FreezesKnown bool
	Totals                        Totals
	// Ignored counts the events that were left out since their time is not between zero and
	// [MaxLength].
	Ignored int64
}

// Bins returns the number of bins.
func (t *Timeline) Bins() int { return len(t.Sent) }

// Duration returns the length of the session, or of the window of it.
func (t *Timeline) Duration() time.Duration { return time.Duration(t.Bins()) * Bin }

// Track is what one controller made of a session. Signals that it does not have are nil;
// they hold their value until the next bin that has one.
type Track struct {
	// Name is the controller's, such as "default", "gcc" or "GoogCC".
	Name string
	// Estimate is its estimate, DelayBased that by delay alone, Target what encoders were
	// asked for.
	Estimate   Signal
	DelayBased Signal
	Target     Signal
	// Ceiling is the maximum of the tier or the cap that held the target, NaN where none
	// did.
	Ceiling Signal
	// Received is what arrived of what it let out, where it had a run of its own.
	Received Signal
	// Queue is the queueing delay that it held to be on the path, Trend the signal of its
	// detector and Threshold what that is compared with.
	Queue     Signal
	Trend     Signal
	Threshold Signal
	// States are the times at which its detector was not normal.
	States []Band
	// Swings are the times at which it held its estimate to swing.
	Swings []Band
	// Probes are the probes that it asked for.
	Probes []Probe
}

// Band is a stretch of time in a state.
type Band struct {
	From, To bwe.Time
	State    bwe.State
}

// Probe is one probe.
type Probe struct {
	At bwe.Time
	ID int
	// Asked is its rate; Result what it showed, zero where that is unknown or it failed.
	Asked, Result bwe.Bitrate
	EndedAt       bwe.Time
}

// MarkKind says what a mark is about.
type MarkKind string

// The kinds of marks.
const (
	FrameDrop  MarkKind = "frame_drop"
	Freeze     MarkKind = "freeze"
	Stall      MarkKind = "stall"
	Reconnect  MarkKind = "reconnect"
	KeyFrame   MarkKind = "key_frame_request"
	TierSwitch MarkKind = "tier"
	PacerDrop  MarkKind = "pacer_drop"
	Route      MarkKind = "route"
	ClockReset MarkKind = "clock_reset"
)

// Mark is a single event.
type Mark struct {
	// At is when it happened, To when it ended, zero where it took no time.
	At, To bwe.Time
	Kind   MarkKind
	// Count is how many of the kind fell into one bin.
	Count int
}

// Totals are counts over the session, or the window of it; of packets by when they were sent.
type Totals struct {
	PacketsSent     int64 `json:"packets_sent"`
	BytesSent       int64 `json:"bytes_sent"`
	PacketsRepeated int64 `json:"packets_repeated"`
	BytesPadding    int64 `json:"bytes_padding"`
	PacketsReceived int64 `json:"packets_received"`
	BytesReceived   int64 `json:"bytes_received"`
	PacketsLost     int64 `json:"packets_lost"`
	// PacketsUnreported were sent and never reported on.
	PacketsUnreported int64 `json:"packets_unreported"`
	Feedbacks         int64 `json:"feedbacks"`
	// ResultsUnknown are for packets that were never sent, ResultsRepeated for packets
	// that were settled before.
	ResultsUnknown  int64 `json:"results_unknown"`
	ResultsRepeated int64 `json:"results_repeated"`
	// ReceivedLate are packets that were reported lost first.
	ReceivedLate int64 `json:"received_late"`
	// Reordered are packets that arrived after a later one.
	Reordered int64 `json:"reordered"`
	REMBs     int64 `json:"rembs"`
	// Jitter is the mean absolute difference of the transit times of consecutive
	// arrivals (RFC 3550, section 6.4.1), in seconds; nil where fewer than two arrived in order.
	Jitter *float64 `json:"jitter_s,omitempty"`
}
