// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

// PacketKind says what a packet carried. Every kind counts towards the sent
// rate; only first transmissions and padding tell of the loss of the path, since a
// receiver may report a repeat as lost although it arrived.
type PacketKind uint8

// The kinds of packets.
const (
	PacketVideo PacketKind = iota
	PacketAudio
	PacketRetransmission
	PacketPadding
	PacketFEC
)

// String returns the name used in traces and metrics.
func (k PacketKind) String() string {
	switch k {
	case PacketVideo:
		return "video"
	case PacketAudio:
		return "audio"
	case PacketRetransmission:
		return "rtx"
	case PacketPadding:
		return "padding"
	case PacketFEC:
		return "fec"
	default:
		return "unknown"
	}
}

// MarshalText writes the name, for JSON.
func (k PacketKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// SentPacket is the input for one packet that left for the wire.
type SentPacket struct {
	// At is when the packet left the pacer.
	At Time `json:"t"`
	// Seq is the transport-wide sequence number, unwrapped to 64 bits: it grows by
	// one a packet.
	Seq int64 `json:"seq"`
	// Size is the packet's size on the wire in bytes, RTP header included, lower
	// layers not.
	Size int `json:"size"`
	// Kind says what the packet carried.
	Kind PacketKind `json:"kind"`
	// ProbeCluster is the [Probe.ID] of the probe that the packet belongs to, zero
	// for none.
	ProbeCluster int `json:"probe,omitempty"`
}

// PacketResult is what one feedback says of one packet.
type PacketResult struct {
	// Seq is the unwrapped transport-wide sequence number.
	Seq int64 `json:"seq"`
	// Received tells an arrival from a loss.
	Received bool `json:"received"`
	// ReceivedAt is the arrival on the receiver's clock, meaningful where Received.
	ReceivedAt Time `json:"at,omitempty"`
}

// Feedback is the input for one transport feedback message.
type Feedback struct {
	// At is when the message reached the sender.
	At Time `json:"t"`
	// Results is in order of sequence numbers. The estimator does not keep it.
	Results []PacketResult `json:"results"`
}

// REMB is the input for a receiver's own estimate (draft-alvestrand-rmcat-remb).
// It binds only while there is no transport feedback.
type REMB struct {
	At      Time    `json:"t"`
	Bitrate Bitrate `json:"bps"`
}

// Timer is the input for the passing of time: see [Estimator.NextTimer].
type Timer struct {
	At Time `json:"t"`
}

// Probe asks the sender for a burst of packets at a rate above the estimate, media
// where there is some, else padding.
type Probe struct {
	// ID is unique within an estimator and above zero.
	ID int `json:"id"`
	// Bitrate is the rate at which to send the burst.
	Bitrate Bitrate `json:"bps"`
	// MinPackets and MinDuration must both be reached.
	MinPackets  int           `json:"min_packets"`
	MinDuration time.Duration `json:"min_duration_ns"`
}
