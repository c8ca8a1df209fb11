// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// onTrack reads a track to its end.
func (s *session) onTrack(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	r := s.addStream(track)
	if r == nil {
		return
	}
	defer s.readers.Done()
	go func() {
		defer s.readers.Done()
		drainRTCP(receiver)
	}()
	buf := make([]byte, 1<<16)
	failures := 0
	for failures < maxReadErrors {
		n, _, err := track.Read(buf)
		switch {
		case err == nil:
			failures = 0
			s.onRTP(r, buf[:n])
		case isClosed(err):
			return
		default:
			failures++
			s.ignore()
		}
	}
	s.log.Warnf("session %s: gave up on SSRC %d after %d unreadable packets", s.id, r.ssrc, failures)
}

// drainRTCP reads a receiver's RTCP, which is what feeds pion's report interceptor.
func drainRTCP(receiver *webrtc.RTPReceiver) {
	buf := make([]byte, 1500)
	for failures := 0; failures < maxReadErrors; failures++ {
		if _, _, err := receiver.Read(buf); err != nil {
			if isClosed(err) {
				return
			}

			continue
		}
		failures = 0
	}
}

// addStream sets up the way of a new track's packets, nil where it is of no use. The
// caller owes readers.Done twice where it is not nil.
func (s *session) addStream(track *webrtc.TrackRemote) *receivedStream {
	c := codecOf(track.Codec().MimeType)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing || c == "" {
		if c == "" {
			s.log.Warnf("session %s: no use for codec %s of SSRC %d", s.id, track.Codec().MimeType, track.SSRC())
		}

		return nil
	}
	r := &receivedStream{}
	r.stream = newStream(c, track.Codec().ClockRate, s.cfg.JitterDelay, func(f recordedFrame) {
		r.dumpFrame(&f)
		if r.record != nil {
			s.recorder.frame(r.record, f)
		}
	})
	r.payloadType = uint8(track.PayloadType())
	r.ssrc, r.rtxSSRC = uint32(track.SSRC()), uint32(track.RtxSSRC())
	r.stats.SSRC, r.stats.RTXSSRC = r.ssrc, r.rtxSSRC
	r.rrtr.ssrc = rand.Uint32() //nolint:gosec // an identifier, no secret
	r.record = s.recordTrackFor(c, r.clock)
	s.dumpStream(r, track.Codec().RTPCodecCapability)
	s.streams = append(s.streams, r)
	s.readers.Add(2)
	s.log.Infof("session %s: %s stream, SSRC %d, RTX SSRC %d", s.id, c, r.ssrc, r.rtxSSRC)

	return r
}

// recordTrackFor returns the place of a stream in the recording, nil where it has none.
// The recording declares its tracks once, by what was negotiated.
func (s *session) recordTrackFor(c codec, clock uint32) *recordTrack {
	if s.create == nil || c == codecVP8 {
		return nil
	}
	if s.recorder == nil {
		var tracks []*recordTrack
		for _, k := range s.kinds {
			switch {
			case (k == codecOpus) == (c == codecOpus) && len(tracks) < 2:
				tracks = append(tracks, newRecordTrack(c, clock))
			case k == codecOpus:
				tracks = append(tracks, newRecordTrack(codecOpus, 48000))
			case k == codecH264 || k == codecH265:
				tracks = append(tracks, newRecordTrack(k, tsClock))
			}
		}
		s.recorder = newRecorder(s.create, s.start, tracks...)
	}
	for _, t := range s.recorder.tracks {
		if t.codec == c && !t.taken {
			t.taken = true

			return t
		}
	}
	s.log.Warnf("session %s: the recording has no place for another %s stream", s.id, c)

	return nil
}

// onRTP takes a packet of a media stream.
func (s *session) onRTP(r *receivedStream, raw []byte) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	payload, ok := readRTP(raw, &s.header)
	if !ok || s.header.PayloadType != r.payloadType || s.state == StateEnded {
		s.ignored++

		return
	}
	s.deliver(r, &rtpPacket{
		seq: s.header.SequenceNumber, timestamp: s.header.Timestamp, marker: s.header.Marker,
		payload: payload, arrival: now,
	}, len(raw), false)
}

// deliver hands a packet to its stream.
func (s *session) deliver(r *receivedStream, p *rtpPacket, size int, repair bool) {
	if r.push(p, size, repair) <= repaired {
		s.lastPacket = p.arrival
	}
	s.rearm(r)
}

// onRepair takes a packet of an RTX stream.
func (s *session) onRepair(ssrc uint32, raw []byte) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.streams, func(r *receivedStream) bool { return r.rtxSSRC == ssrc })
	if i < 0 || s.state == StateEnded {
		s.ignored++

		return
	}
	p, ok := originalPacket(raw, &s.header)
	if !ok {
		s.streams[i].padding(len(raw))

		return
	}
	p.arrival = now
	s.deliver(s.streams[i], &p, len(raw), true)
}

func (s *session) ignore() {
	s.mu.Lock()
	s.ignored++
	s.mu.Unlock()
}

// onRTCP takes what the pusher reports. It may be shown a packet more than once.
func (s *session) onRTCP(packets []rtcp.Packet) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			for _, r := range s.streams {
				if r.ssrc == p.SSRC && r.record != nil && r.timed {
					s.recorder.report(r.record, fromNTP(p.NTPTime, now), unwrap32(r.timestamp, p.RTPTime), now)
				}
			}
		case *rtcp.ExtendedReport:
			for _, block := range p.Reports {
				if d, ok := block.(*rtcp.DLRRReportBlock); ok {
					s.onDLRR(d, now)
				}
			}
		}
	}
}

func (s *session) onDLRR(d *rtcp.DLRRReportBlock, now time.Time) {
	for i := range d.Reports {
		for _, r := range s.streams {
			r.rrtr.answer(&d.Reports[i], now)
		}
	}
}
