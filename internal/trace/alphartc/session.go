// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package alphartc

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

const (
	// sendTimeRange is the range of abs-send-time in milliseconds: 24 bits in units of
	// 2^-18 s.
	sendTimeRange = 64_000
	// feedbackInterval is how often feedback is made up, the interval at which AlphaRTC's
	// receiver feeds its estimator.
	feedbackInterval = 60 * time.Millisecond
	// maxGap is the largest gap of sequence numbers that is loss; a larger one is a new
	// start of the stream.
	maxGap = 1000
	// maxLosses bounds how many packets are made up for each one that arrived.
	maxLosses = 10
	// maxSpan bounds how far a log's times may lie from their median, in milliseconds.
	maxSpan = int64(24 * time.Hour / time.Millisecond)
	// maxTurnaround bounds how far two packets' delays may lie apart that are put on one
	// clock, in milliseconds.
	maxTurnaround = sendTimeRange / 2
)

var (
	errFarTime = errors.New("the arrival is more than a day from the rest of the log")
	errRepeat  = errors.New("the packet is logged twice")
)

// packet is one that was sent. Times are in milliseconds from the first send.
type packet struct {
	ssrc uint32
	// seq is unwrapped.
	seq  int64
	kind bwe.PacketKind
	size int32
	sent int64
	// at is the arrival on the receiver's clock, which is set so that the fastest packet
	// takes no time.
	at int64
	// lost packets were never logged: they are made up from the gaps of sequence numbers.
	lost bool
}

// target is what the receiver asked for.
type target struct {
	at   int64
	rate bwe.Bitrate
}

// session is what a log comes to: packets in the order of sending, and the indices of
// those that arrived in the order of arrival.
type session struct {
	packets  []packet
	arrivals []int32
	targets  []target
	// start is the arrival, in milliseconds of the receiver's clock, of a packet that was
	// sent at zero and took no time.
	start int64
}

// join puts the arrivals of a log on the sender's clock and fills the gaps. It takes at
// least one arrival.
func join(all []arrival, damage *recording.Damage) session {
	all = plausible(all, damage)
	unwrapSendTimes(all)
	origin, offset := all[0].sent, all[0].at-all[0].sent
	for i := range all {
		origin = min(origin, all[i].sent)
		offset = min(offset, all[i].at-all[i].sent)
	}
	s := session{start: origin + offset}
	numbers := map[uint32]int64{}
	for i := range all {
		a := &all[i]
		last, known := numbers[a.ssrc]
		seq := last + int64(int16(a.seq-uint16(last)))
		if !known {
			seq = 1<<16 + int64(a.seq)
		}
		numbers[a.ssrc] = max(seq, last)
		at := a.at - offset - origin
		s.packets = append(s.packets, packet{
			ssrc: a.ssrc, seq: seq, kind: kindOf(a.payloadType), size: a.size, sent: a.sent - origin, at: at,
		})
		if a.target > 0 {
			s.targets = append(s.targets, target{at: at, rate: a.target})
		}
	}
	s.packets = withLosses(s.packets, damage)
	slices.SortStableFunc(s.packets, func(a, b packet) int { return cmp.Compare(a.sent, b.sent) })
	for i := range s.packets {
		if !s.packets[i].lost {
			s.arrivals = append(s.arrivals, int32(i))
		}
	}
	slices.SortStableFunc(s.arrivals, func(a, b int32) int { return cmp.Compare(s.packets[a].at, s.packets[b].at) })
	slices.SortStableFunc(s.targets, func(a, b target) int { return cmp.Compare(a.at, b.at) })

	return s
}

// plausible leaves out arrivals whose time is far from all others.
func plausible(all []arrival, damage *recording.Damage) []arrival {
	times := make([]int64, len(all))
	for i := range all {
		times[i] = all[i].at
	}
	slices.Sort(times)
	median := times[len(times)/2]

	return slices.DeleteFunc(all, func(a arrival) bool {
		far := a.at > median+maxSpan || a.at < median-maxSpan
		if far {
			damage.Note(errFarTime)
		}

		return far
	})
}

// unwrapSendTimes makes the send times go on where they wrapped. AlphaRTC counts the
// wraps itself, but takes a packet that was overtaken at a wrap for one of the next
// round, so that only the time within a round counts: the round is the one in which
// the packet's delay is nearest to the packet's before it.
func unwrapSendTimes(all []arrival) {
	delay := all[0].at - all[0].sent
	for i := range all {
		a := &all[i]
		off := a.at - a.sent - delay
		rounds := (off + maxTurnaround) / sendTimeRange
		if off < -maxTurnaround {
			rounds = (off - maxTurnaround) / sendTimeRange
		}
		a.sent += rounds * sendTimeRange
		delay = a.at - a.sent
	}
}

// withLosses fills the gaps in each stream's sequence numbers with packets that were
// lost: as large as their neighbours on the average, and sent between the two at even
// distances. Packets that come twice are left out.
func withLosses(packets []packet, damage *recording.Damage) []packet {
	slices.SortStableFunc(packets, func(a, b packet) int {
		return cmp.Or(cmp.Compare(a.ssrc, b.ssrc), cmp.Compare(a.seq, b.seq))
	})
	filled := make([]packet, 0, len(packets))
	budget := int64(maxGap + maxLosses*len(packets))
	for i, p := range packets {
		if i > 0 && p.ssrc == packets[i-1].ssrc {
			before := packets[i-1]
			gap := p.seq - before.seq
			if gap == 0 {
				damage.Note(fmt.Errorf("%w: SSRC %d, sequence number %d", errRepeat, p.ssrc, uint16(p.seq)))

				continue
			}
			if gap > maxGap || gap > budget {
				gap = 1
			}
			budget -= gap - 1
			for n := int64(1); n < gap; n++ {
				lost := before
				lost.lost, lost.seq = true, before.seq+n
				lost.size = int32((int64(before.size)*(gap-n) + int64(p.size)*n) / gap)
				lost.sent = before.sent + (p.sent-before.sent)*n/gap
				filled = append(filled, lost)
			}
		}
		filled = append(filled, p)
	}

	return filled
}

// kindOf guesses a packet's kind by the payload types that libwebrtc gives by default,
// the only sign that the log has. Everything that is not audio is taken for video.
func kindOf(payloadType uint8) bwe.PacketKind {
	switch payloadType {
	case 0, 8, 9, 13, 103, 104, 105, 106, 110, 111, 112, 113, 126:
		return bwe.PacketAudio
	default:
		return bwe.PacketVideo
	}
}
