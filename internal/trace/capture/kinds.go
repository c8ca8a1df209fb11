// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package capture

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

const (
	// audioClock is between the clock rates of audio, 8 to 48 kHz, and video's 90 kHz.
	audioClock = 66_000
	// minClockSpan is the time that it takes to tell them.
	minClockSpan = 200 * time.Millisecond
	// minRepeats is the share of packets with another stream's timestamps that makes a
	// stream one of repairs.
	minRepeats = 0.9
)

// kinds tells what each SSRC carries: audio by the pace of its RTP timestamps, and
// retransmission or FEC, which are taken for one, by timestamps that another SSRC had
// first (RFC 4588 section 4). All else is video.
func kinds(packets []packet) map[uint32]bwe.PacketKind {
	type history struct {
		first, at        int64
		last             uint32
		ticks            int64
		packets, repeats int
	}
	all := map[uint32]*history{}
	owners := map[uint32]uint32{}
	for i := range packets {
		p := &packets[i]
		h := all[p.ssrc]
		if h == nil {
			h = &history{first: p.at, last: p.timestamp}
			all[p.ssrc] = h
		}
		h.ticks += int64(int32(p.timestamp - h.last))
		h.last, h.at = p.timestamp, p.at
		h.packets++
		if owner, ok := owners[p.timestamp]; !ok {
			owners[p.timestamp] = p.ssrc
		} else if owner != p.ssrc {
			h.repeats++
		}
	}
	found := map[uint32]bwe.PacketKind{}
	for ssrc, h := range all {
		span := time.Duration(h.at - h.first)
		switch {
		case float64(h.repeats) >= minRepeats*float64(h.packets):
			found[ssrc] = bwe.PacketRetransmission
		case span >= minClockSpan && h.ticks > 0 && float64(h.ticks) < audioClock*span.Seconds():
			found[ssrc] = bwe.PacketAudio
		default:
			found[ssrc] = bwe.PacketVideo
		}
	}

	return found
}
