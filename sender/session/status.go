// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender"
)

// Summary is what a push did and found, over all its connections. The JSON names
// are stable. Rates and delays are the last known.
type Summary struct {
	// DurationS is the time since the first connection, in seconds.
	DurationS float64 `json:"duration_s"`
	// FramesSent counts the access units handed to the pacer, audio and video.
	FramesSent      uint64 `json:"frames_sent"`
	VideoFramesSent uint64 `json:"video_frames_sent"`
	AudioFramesSent uint64 `json:"audio_frames_sent"`
	// FramesReceived is not known to the sender: who owns the receiver fills it in.
	FramesReceived *uint64 `json:"frames_received"`
	// FramesDropped counts the access units that were not sent, Drops by reason.
	FramesDropped uint64                            `json:"frames_dropped"`
	Drops         map[ratecontrol.DropReason]uint64 `json:"drops,omitempty"`

	// PacketsSent counts every packet that left, BytesSent their RTP bytes.
	PacketsSent          uint64 `json:"packets_sent"`
	PacketsRetransmitted uint64 `json:"packets_retransmitted"`
	PaddingPackets       uint64 `json:"padding_packets"`
	FECPackets           uint64 `json:"fec_packets"`
	// PacketsDropped counts the packets that the pacer gave up.
	PacketsDropped uint64 `json:"packets_dropped"`
	BytesSent      uint64 `json:"bytes_sent"`

	Estimate bwe.Bitrate `json:"estimate_bps"`
	Target   bwe.Bitrate `json:"target_bps"`
	Acked    bwe.Bitrate `json:"acked_bps"`
	Pacing   bwe.Bitrate `json:"pacing_rate_bps"`
	RTTMs    float64     `json:"rtt_ms"`
	Loss     float64     `json:"loss"`
	// QueueMs is the pacer's queue, QueueDelayMs the path's. LateP99Ms is how much later
	// than the pace allowed packets left, the 99th percentile.
	QueueMs      float64 `json:"queue_ms"`
	LateP99Ms    float64 `json:"late_p99_ms"`
	QueueDelayMs float64 `json:"queue_delay_ms"`
	// Feedback is the kind of feedback that the server sends: see
	// [sender.Stats.FeedbackKind].
	Feedback string `json:"feedback"`

	Reconnects       uint64 `json:"reconnects"`
	KeyFrameRequests uint64 `json:"key_frame_requests"`
	// Rendition is the version of the picture that was sent last, where the source has
	// several; RenditionSwitches counts its changes.
	Rendition         string `json:"rendition,omitempty"`
	RenditionSwitches uint64 `json:"rendition_switches,omitempty"`
}

// Status is the state of a running push.
type Status struct {
	Summary
	// SentBitrate is what left over the last second.
	SentBitrate bwe.Bitrate     `json:"sent_bps"`
	State       ConnectionState `json:"state"`
}

// setLive takes over the rates and delays of the present sender.
func (s *Summary) setLive(st *sender.Stats) {
	s.Estimate, s.Target, s.Acked, s.Pacing = st.Estimate, st.Target, st.Acked, st.PacingRate
	s.RTTMs, s.QueueMs, s.QueueDelayMs = milliseconds(st.RTT), milliseconds(st.Queue), milliseconds(st.QueueDelay)
	s.LateP99Ms, s.Loss, s.Feedback = milliseconds(st.Late99), st.Loss, st.FeedbackKind
}

func (s *Summary) addCounters(st *sender.Stats) {
	s.PacketsSent += st.PacketsSent
	s.PacketsRetransmitted += st.PacketsRetransmitted
	s.PaddingPackets += st.PaddingPackets
	s.FECPackets += st.FECPackets
	s.PacketsDropped += st.PacketsDropped
	s.BytesSent += st.BytesSent
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
