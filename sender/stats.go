// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// The values of [Stats.FeedbackKind] and [FeedbackChanged.Kind].
const (
	FeedbackNone        = "none"
	FeedbackTransportCC = "transport-cc"
	FeedbackRFC8888     = "rfc8888"
	FeedbackREMB        = "remb"
)

// Stats is a snapshot of a [Sender]. Counters count since it was made.
type Stats struct {
	// Estimate is the bandwidth that the path is held to carry.
	Estimate bwe.Bitrate `json:"estimate_bps"`
	// Target is what the encoders together should produce.
	Target bwe.Bitrate `json:"target_bps"`
	// PacingRate is the rate at which the pacer drains its queue.
	PacingRate bwe.Bitrate `json:"pacing_rate_bps"`
	// Acked is the acknowledged throughput; zero while unknown.
	Acked bwe.Bitrate `json:"acked_bps"`
	// SentBitrate is what left over the last second, every kind of packet counted.
	SentBitrate bwe.Bitrate `json:"sent_bps"`
	// RTT is the estimator's, else that of receiver reports; zero while unknown.
	RTT time.Duration `json:"rtt_ns"`
	// Queue is how long the pacer's queue takes to drain at the pacing rate.
	Queue time.Duration `json:"queue_ns"`
	// QueueDelay is the standing queueing delay held to be on the path.
	QueueDelay time.Duration `json:"queue_delay_ns"`
	// Late99 is how much later than the pace allowed packets left, the 99th percentile
	// since the start, to within a quarter.
	Late99 time.Duration `json:"late_p99_ns"`
	// Loss is the path's recent loss as a fraction from 0 to 1.
	Loss float64 `json:"loss"`
	// QueueBytes is what waits in the pacer.
	QueueBytes int64 `json:"queue_bytes"`
	// State is what the path is held to be.
	State bwe.State `json:"state"`
	// FeedbackKind is one of FeedbackNone, FeedbackTransportCC, FeedbackRFC8888 and
	// FeedbackREMB.
	FeedbackKind string `json:"feedback_kind"`

	// PacketsSent counts every packet that left, BytesSent their RTP bytes.
	PacketsSent uint64 `json:"packets_sent"`
	BytesSent   uint64 `json:"bytes_sent"`
	// PacketsRetransmitted counts the repeats that NACKs asked for, PaddingPackets
	// what only filled up a probe or the padding rate. Both are in PacketsSent.
	PacketsRetransmitted uint64 `json:"packets_retransmitted"`
	PaddingPackets       uint64 `json:"padding_packets"`
	// FECPackets counts the packets of forward error correction, which are in PacketsSent
	// as well.
	FECPackets uint64 `json:"fec_packets"`
	// PacketsDropped counts the packets that the pacer refused or gave up, among them
	// repeats of a responder upstream that were not needed.
	PacketsDropped uint64 `json:"packets_dropped"`
	// PacketsUnsent counts the packets that the transport took and did not send: it
	// was not connected yet, or failed.
	PacketsUnsent uint64 `json:"packets_unsent"`

	// Feedbacks counts the transport feedback messages that told something new.
	Feedbacks uint64 `json:"feedbacks"`
	// LossesInferred counts the packets that no feedback named although a later one
	// was reported, and which are therefore held to be lost.
	LossesInferred uint64 `json:"losses_inferred"`
	// NACKs counts the packets asked for. NACKsUnknown of them were no longer, or
	// never, in the history, NACKsRepaired had a repeat that arrived, NACKsTooSoon one
	// less than a round trip ago, NACKsOverBudget were refused for the budget's sake,
	// NACKsTooLate would have come after the receiver gave them up, NACKsDisposable were of
	// frames that nothing refers to, on a poor path.
	NACKs           uint64 `json:"nacks"`
	NACKsUnknown    uint64 `json:"nacks_unknown"`
	NACKsRepaired   uint64 `json:"nacks_repaired"`
	NACKsTooSoon    uint64 `json:"nacks_too_soon"`
	NACKsOverBudget uint64 `json:"nacks_over_budget"`
	NACKsTooLate    uint64 `json:"nacks_too_late"`
	NACKsDisposable uint64 `json:"nacks_disposable"`
	// RRTRs counts the receiver reference times heard, DLRRs the answers sent.
	RRTRs uint64 `json:"rrtrs"`
	DLRRs uint64 `json:"dlrrs"`
	// ReportsSent counts the sender reports.
	ReportsSent uint64 `json:"reports_sent"`

	// Frames counts what became of video frames, with stalls and tiers.
	Frames ratecontrol.Stats `json:"frames"`

	// Ignored counts input that was not acted upon.
	Ignored IgnoredStats `json:"ignored"`
}

// IgnoredStats counts input that was not acted upon, by reason.
type IgnoredStats struct {
	// Malformed RTCP: truncated, contradictory, or of a length that cannot be.
	Malformed uint64 `json:"malformed"`
	// Duplicate feedback messages and reference times, heard more than once.
	Duplicate uint64 `json:"duplicate"`
	// UnknownPackets is packets named by feedback that were never sent, or too long
	// ago to be remembered.
	UnknownPackets uint64 `json:"unknown_packets"`
	// RepeatedResults is packet results that told nothing new, or took back an
	// arrival.
	RepeatedResults uint64 `json:"repeated_results"`
	// ClockSteps counts resets of the receiver's clock that were levelled out.
	ClockSteps uint64 `json:"clock_steps"`
	// Overflow counts RTCP that came faster than it could be handled.
	Overflow uint64 `json:"overflow"`
	// StampsLost counts packets whose transport sequence number was overwritten by
	// an interceptor nearer to the network: register that one after this one.
	StampsLost uint64 `json:"stamps_lost"`
}
