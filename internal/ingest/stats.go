// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import "time"

// State is a phase of a session's life.
type State string

// The states of a session.
const (
	// StateConnecting: answered, no connection yet.
	StateConnecting State = "connecting"
	// StateLive: connected.
	StateLive State = "live"
	// StateEnded: over; the counts are final.
	StateEnded State = "ended"
)

// SessionStats is a snapshot of one session. The JSON names are stable.
type SessionStats struct {
	// ID names the session, as the last part of its WHIP resource does. Stream is the
	// part of the endpoint that the pusher posted to.
	ID     string `json:"id"`
	Stream string `json:"stream"`
	State  State  `json:"state"`
	// EndReason says why an ended session is over.
	EndReason string    `json:"end_reason,omitempty"`
	StartedAt time.Time `json:"started_at"`
	// DurationSeconds counts from the offer.
	DurationSeconds float64 `json:"duration_s"`

	// VideoFrames and AudioFrames count complete frames, FramesReceived both.
	VideoFrames    uint64 `json:"video_frames"`
	AudioFrames    uint64 `json:"audio_frames"`
	FramesReceived uint64 `json:"frames_received"`
	// FramesDecodable counts complete frames whose references could be complete.
	FramesDecodable uint64 `json:"frames_decodable"`
	// FramesDamaged counts video frames with packets missing, or unreadable ones.
	FramesDamaged uint64 `json:"frames_damaged"`
	// KeyFrames counts complete video frames from which decoding can start.
	KeyFrames uint64 `json:"key_frames"`

	// Gaps counts runs of packets that never came in time, PacketsLost those packets.
	Gaps        uint64 `json:"gaps"`
	PacketsLost uint64 `json:"packets_lost"`
	// Freezes counts the times without a decodable video frame of more than 200 ms on
	// the arrival clock, FreezeMS their sum and LongestFreezeMS the longest.
	Freezes         int   `json:"freezes"`
	FreezeMS        int64 `json:"freeze_ms"`
	LongestFreezeMS int64 `json:"longest_freeze_ms"`

	// PacketsReceived counts RTP packets but not RTX, BytesReceived all RTP bytes,
	// headers and RTX included.
	PacketsReceived uint64 `json:"packets_received"`
	BytesReceived   uint64 `json:"bytes_received"`
	// PacketsRepaired counts packets that came after they had been asked for.
	PacketsRepaired uint64 `json:"packets_repaired"`
	// PacketsDuplicate counts packets that were here already, probes that repeat them
	// by RTX included; PacketsLate those whose place had been declared a gap.
	PacketsDuplicate uint64 `json:"packets_duplicate"`
	PacketsLate      uint64 `json:"packets_late"`
	// PacketsIgnored counts what could not be used: unreadable packets, unknown
	// payload types and SSRCs, sequence numbers out of range.
	PacketsIgnored uint64 `json:"packets_ignored"`
	RTXPackets     uint64 `json:"rtx_packets"`
	// PacketsRecovered counts packets that forward error correction gave back.
	PacketsRecovered uint64 `json:"packets_recovered"`
	// PaddingPackets counts packets without payload, RTX probes included.
	PaddingPackets uint64 `json:"padding_packets"`
	// NACKedPackets counts requests for packets, PLIs requests for key frames.
	NACKedPackets uint64 `json:"nacked_packets"`
	PLIs          uint64 `json:"plis"`
	// RTTMS is the last round trip measured by RRTR and DLRR (RFC 3611), in ms; zero
	// where the pusher answers none. RRTRs counts the reports sent, DLRRs the answers.
	RTTMS float64 `json:"rtt_ms"`
	RRTRs uint64  `json:"rrtrs"`
	DLRRs uint64  `json:"dlrrs"`

	// Record is the path of the recording, RecordedFrames the frames in it.
	Record         string `json:"record,omitempty"`
	RecordedFrames uint64 `json:"recorded_frames"`
	// FramesBeforeKey counts complete video frames ahead of the first key frame, which
	// are not recorded.
	FramesBeforeKey uint64 `json:"frames_before_key"`
	// TimestampsAdjusted counts recorded frames whose DTS the bitstream did not tell,
	// or whose times had to be moved to stay in order.
	TimestampsAdjusted uint64 `json:"timestamps_adjusted"`
	RecordError        string `json:"record_error,omitempty"`

	// Players counts those that pull the stream now, PlayersDropped those that were let
	// go because they did not keep up.
	Players        int    `json:"players"`
	PlayersDropped uint64 `json:"players_dropped"`

	Tracks []TrackStats `json:"tracks"`
}

// TrackStats are the counts of one RTP stream; the names mean what they mean in
// [SessionStats].
type TrackStats struct {
	Kind  string `json:"kind"`
	Codec string `json:"codec"`
	SSRC  uint32 `json:"ssrc"`
	// RTXSSRC is zero where no retransmission stream was negotiated.
	RTXSSRC uint32 `json:"rtx_ssrc,omitempty"`

	Frames          uint64 `json:"frames"`
	FramesDecodable uint64 `json:"frames_decodable"`
	FramesDamaged   uint64 `json:"frames_damaged"`
	FramesMalformed uint64 `json:"frames_malformed"`
	KeyFrames       uint64 `json:"key_frames"`

	PacketsReceived   uint64 `json:"packets_received"`
	PacketsLost       uint64 `json:"packets_lost"`
	PacketsRepaired   uint64 `json:"packets_repaired"`
	PacketsDuplicate  uint64 `json:"packets_duplicate"`
	PacketsLate       uint64 `json:"packets_late"`
	PacketsOutOfRange uint64 `json:"packets_out_of_range"`
	RTXPackets        uint64 `json:"rtx_packets"`
	PacketsRecovered  uint64 `json:"packets_recovered"`
	PaddingPackets    uint64 `json:"padding_packets"`
	BytesReceived     uint64 `json:"bytes_received"`
	Gaps              uint64 `json:"gaps"`
	NACKedPackets     uint64 `json:"nacked_packets"`
	PLIs              uint64 `json:"plis"`
	// CompositionTimes counts packets that told one.
	CompositionTimes uint64 `json:"composition_times"`
	// JitterDelayMS is how long frames are held now against jitter, in ms, FramesHeld how
	// many are.
	JitterDelayMS float64 `json:"jitter_delay_ms"`
	FramesHeld    int     `json:"frames_held"`
}

// add sums a track into the session's counts.
func (s *SessionStats) add(t *TrackStats) {
	if t.Kind == "video" {
		s.VideoFrames += t.Frames
	} else {
		s.AudioFrames += t.Frames
	}
	s.FramesReceived += t.Frames
	s.FramesDecodable += t.FramesDecodable
	s.FramesDamaged += t.FramesDamaged
	s.KeyFrames += t.KeyFrames
	s.Gaps += t.Gaps
	s.PacketsLost += t.PacketsLost
	s.PacketsReceived += t.PacketsReceived
	s.BytesReceived += t.BytesReceived
	s.PacketsRepaired += t.PacketsRepaired
	s.PacketsDuplicate += t.PacketsDuplicate
	s.PacketsLate += t.PacketsLate
	s.PacketsIgnored += t.PacketsOutOfRange
	s.RTXPackets += t.RTXPackets
	s.PacketsRecovered += t.PacketsRecovered
	s.PaddingPackets += t.PaddingPackets
	s.NACKedPackets += t.NACKedPackets
	s.PLIs += t.PLIs
	s.Tracks = append(s.Tracks, *t)
}
