// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"time"

	"github.com/pion/rtcp"
)

// stream is the way of one RTP stream from packets to frames. It is not safe for
// concurrent use; the session's lock guards it.
type stream struct {
	codec       codec
	clock       uint32
	payloadType uint8
	ssrc        uint32
	rtxSSRC     uint32
	// composition is the id of the composition time's header extension, zero where it
	// was not negotiated.
	composition uint8

	buffer  *jitterBuffer
	frames  *assembler // video only
	aac     *aacReader // AAC only
	playout *playout
	refs    referenceTracker
	freezes freezeMeter
	record  func(recordedFrame)
	stats   TrackStats
	dump    Dump // nil for none

	inGap     bool
	timed     bool
	timestamp int64 // the last one, unwrapped

	waitingSince time.Time // without a decodable frame, zero where there is one
	lastPLI      time.Time
	now          time.Time // of the event being handled
}

// newStream makes the pipeline of one stream; record takes complete frames in
// decoding order, whose units it may keep.
func newStream(c codec, clock uint32, delay time.Duration, record func(recordedFrame)) *stream {
	s := &stream{codec: c, clock: clock, record: record}
	s.playout = newPlayout(c, clock, delay, s.play)
	s.buffer = newJitterBuffer(delay, s)
	if s.video() {
		s.frames = newAssembler(c, s.videoFrame)
		s.buffer.begins = s.frames.begins
		if c == codecH264 {
			s.refs.maxFrameNum = s.frames.h264.maxFrameNum
		}
	}
	s.stats.Kind = "audio"
	if s.video() {
		s.stats.Kind = "video"
	}
	s.stats.Codec = string(c)

	return s
}

func (s *stream) video() bool { return !s.codec.audio() }

// push takes a packet as it arrives; size is what it took on the wire above UDP and
// SRTP, repair tells that it came by RTX.
func (s *stream) push(p *rtpPacket, size int, repair bool) verdict {
	s.now = p.arrival
	if s.waitingSince.IsZero() && !s.refs.synced {
		s.waitingSince = s.now
	}
	if repair {
		s.stats.RTXPackets++
	} else {
		s.stats.PacketsReceived++
	}
	s.stats.BytesReceived += uint64(size) //nolint:gosec // never negative
	if len(p.payload) == 0 {
		s.stats.PaddingPackets++
	}
	if p.composition.known {
		s.stats.CompositionTimes++
	}
	result := s.buffer.push(p)
	s.buffer.unfinished = s.frames != nil && s.frames.open
	switch result {
	case accepted, reordered:
	case repaired:
		s.stats.PacketsRepaired++
	case duplicate:
		s.stats.PacketsDuplicate++
	case late:
		s.stats.PacketsLate++
	case outOfRange:
		s.stats.PacketsOutOfRange++
	}

	return result
}

// padding counts an RTX packet without content: a bandwidth probe.
func (s *stream) padding(size int) {
	s.stats.RTXPackets++
	s.stats.PaddingPackets++
	s.stats.BytesReceived += uint64(size) //nolint:gosec // never negative
}

// packet implements [ordered].
func (s *stream) packet(p *rtpPacket) {
	s.inGap = false
	s.dumpPacket(p)
	if s.frames != nil {
		s.frames.packet(p)

		return
	}
	if len(p.payload) == 0 {
		return
	}
	if s.aac == nil {
		s.audioFrame(p.payload, s.unwrap(p.timestamp), p.arrival)

		return
	}
	units, malformed := s.aac.packet(p)
	if malformed {
		s.stats.FramesMalformed++
	}
	for i, unit := range units {
		s.audioFrame(unit, s.unwrap(p.timestamp)+int64(i)*s.aac.frame, p.arrival)
	}
}

// audioFrame hands on a frame of audio.
func (s *stream) audioFrame(unit []byte, timestamp int64, arrival time.Time) {
	s.stats.Frames++
	s.stats.FramesDecodable++
	s.playout.frame(recordedFrame{
		units: [][]byte{append([]byte(nil), unit...)}, timestamp: timestamp, arrival: arrival,
	}, true, arrival, s.now)
}

// play takes a complete frame when it is time to decode it.
func (s *stream) play(f recordedFrame, decodable bool) {
	if decodable && s.video() {
		s.freezes.frame(s.now)
	}
	s.record(f)
}

// gap implements [ordered].
func (s *stream) gap(n int) {
	if !s.inGap {
		s.inGap = true
		s.stats.Gaps++
	}
	s.stats.PacketsLost += uint64(n) //nolint:gosec // never negative
	if s.frames != nil {
		s.frames.gap(n)
	}
}

// videoFrame judges and hands on a frame.
func (s *stream) videoFrame(f *frame) {
	decodable := s.refs.decodable(f)
	if f.malformed != nil {
		s.stats.FramesMalformed++
	}
	if !f.complete {
		s.stats.FramesDamaged++
	} else {
		s.stats.Frames++
		if f.key {
			s.stats.KeyFrames++
		}
		s.playout.frame(recordedFrame{
			units: f.units, timestamp: s.unwrap(f.timestamp), key: f.key, arrival: f.arrival, composition: f.composition,
		}, decodable, f.completed, s.now)
	}
	switch {
	case decodable:
		s.stats.FramesDecodable++
		s.waitingSince = time.Time{}
	case s.waitingSince.IsZero() && !s.refs.synced:
		s.waitingSince = s.now
	}
}

func (s *stream) unwrap(timestamp uint32) int64 {
	if !s.timed {
		s.timed = true
		s.timestamp = int64(timestamp)
	}
	s.timestamp = unwrap32(s.timestamp, timestamp)

	return s.timestamp
}

// tick does what is due at now. It returns the packets to ask for and whether to ask
// for a key frame.
func (s *stream) tick(now time.Time, rtt time.Duration) (missing []uint16, pli bool) {
	s.now = now
	s.buffer.adapt(rtt)
	s.buffer.release(now)
	s.playout.release(now)
	s.buffer.unfinished = s.frames != nil && s.frames.open
	missing = s.buffer.due(now, rtt)
	s.stats.NACKedPackets += uint64(len(missing))
	if at := s.pliAt(); !at.IsZero() && !now.Before(at) {
		s.lastPLI = now
		s.stats.PLIs++
		pli = true
	}

	return missing, pli
}

// pliAt returns when to ask for a key frame, zero for never.
func (s *stream) pliAt() time.Time {
	if !s.video() || s.waitingSince.IsZero() {
		return time.Time{}
	}
	at := s.waitingSince.Add(keyFrameWait)
	if retry := s.lastPLI.Add(keyFrameRetry); !s.lastPLI.IsZero() && retry.After(at) {
		at = retry
	}

	return at
}

// wake returns when tick has something to do, zero for never.
func (s *stream) wake() time.Time {
	return earliest(earliest(s.buffer.wake(), s.pliAt()), s.playout.wake())
}

// flush releases what is still held, at the end of the stream.
func (s *stream) flush(now time.Time) {
	s.now = now
	s.buffer.flush()
	if s.frames != nil {
		s.frames.finish()
	}
	s.playout.flush()
}

// feedback makes the RTCP packets that ask for what is missing. All of them bear the
// sender SSRC that the stream's reports bear.
func (s *stream) feedback(sender uint32, missing []uint16, pli bool) []rtcp.Packet {
	var out []rtcp.Packet
	if len(missing) > 0 {
		out = append(out, &rtcp.TransportLayerNack{
			SenderSSRC: sender, MediaSSRC: s.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(missing),
		})
	}
	if pli {
		out = append(out, &rtcp.PictureLossIndication{SenderSSRC: sender, MediaSSRC: s.ssrc})
	}

	return out
}

// earliest returns the earlier of two times, zero standing for never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}

	return a
}
