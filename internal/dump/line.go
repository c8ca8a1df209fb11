// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"time"
)

// Stage is a place on the way of the media at which it is kept.
type Stage string

// The stages, in the order in which media passes them.
const (
	// Source is what enters the packetizer.
	Source Stage = "source"
	// Wire is the packets that left the pacer.
	Wire Stage = "wire"
	// Received is the packets that the receiver's jitter buffer released.
	Received Stage = "received"
	// Reassembled is the frames that the receiver put together.
	Reassembled Stage = "reassembled"
)

// Sides of a dump.
const (
	sidePush   = "push"
	sideIngest = "ingest"
)

// Names of the files of a dump, beside those of its tracks.
const (
	indexFile   = "index.jsonl"
	packetsFile = "packets.rtpdump"
)

// version is that of the format; a reader refuses others.
const version = 1

// line is one line of an index: an object with one member, which says what it is.
type line struct {
	Dump    *header  `json:"dump,omitempty"`
	Track   *track   `json:"track,omitempty"`
	Stream  *stream  `json:"stream,omitempty"`
	Frame   *frame   `json:"frame,omitempty"`
	GivenUp *givenUp `json:"given_up,omitempty"`
	Skipped *skipped `json:"skipped,omitempty"`
	End     *end     `json:"end,omitempty"`
}

// header is the first line.
type header struct {
	Version int       `json:"version"`
	Tool    string    `json:"tool"`
	Side    string    `json:"side"`
	Start   time.Time `json:"start"`
}

// track is a file of frames.
type track struct {
	Stage Stage  `json:"stage"`
	Track int    `json:"track"`
	Codec string `json:"codec"`
	File  string `json:"file"`
}

// stream is an RTP stream in the file of packets: a track on one connection.
type stream struct {
	Stage     Stage  `json:"stage"`
	Track     int    `json:"track"`
	SSRC      uint32 `json:"ssrc"`
	MimeType  string `json:"mime"`
	ClockRate uint32 `json:"clock"`
	Channels  uint16 `json:"channels,omitempty"`
	Fmtp      string `json:"fmtp,omitempty"`
}

// frame is one access unit.
type frame struct {
	Stage Stage `json:"stage"`
	Track int   `json:"track"`
	// N counts the frames of the track in this stage from 0, those that were dropped
	// included.
	N   int64         `json:"n"`
	PTS time.Duration `json:"pts_ns"`
	DTS time.Duration `json:"dts_ns,omitempty"`
	Key bool          `json:"key,omitempty"`
	// Size is the payload in bytes, without start codes and the like; SHA256 is of the
	// payload.
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"`
	// SSRC and Timestamp are those of its RTP packets. First is the sequence number of
	// the first of them, Packets how many there are; both are of the source alone.
	SSRC      uint32 `json:"ssrc,omitempty"`
	Timestamp uint32 `json:"rtp_timestamp"`
	First     uint16 `json:"first_seq,omitempty"`
	Packets   int    `json:"packets,omitempty"`
	// Units are offset and length in bytes of each NAL unit, or of the one frame, in
	// the track's file. None: the file's format could not take the frame.
	Units [][2]int64 `json:"units,omitempty"`
	// Dropped is why it was not sent.
	Dropped string `json:"dropped,omitempty"`
}

// givenUp is a packet that the pacer let go of instead of sending it.
type givenUp struct {
	SSRC   uint32 `json:"ssrc"`
	Seq    uint16 `json:"seq"`
	Reason string `json:"reason"`
}

// skipped tells that records of a stage are missing, as the disk was too slow.
type skipped struct {
	Stage Stage `json:"stage"`
	Count int64 `json:"count"`
}

// end is the last line of a dump that was finished.
type end struct {
	Duration time.Duration `json:"duration_ns"`
}
