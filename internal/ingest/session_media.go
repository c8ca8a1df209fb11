// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/sdpext/aac"
)

// onTrack reads a track to its end.
func (s *session) onTrack(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	r := s.addStream(track, receiver)
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
func (s *session) addStream(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) *receivedStream {
	c := codecOf(track.Codec().MimeType)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing || c == "" {
		if c == "" {
			s.log.Warnf("session %s: no use for codec %s of SSRC %d", s.id, track.Codec().MimeType, track.SSRC())
		}

		return nil
	}
	format, reader, err := newAACReader(c, track.Codec())
	if err != nil {
		s.log.Warnf("session %s: SSRC %d: %v", s.id, track.SSRC(), err)

		return nil
	}
	r := &receivedStream{}
	r.stream = newStream(c, track.Codec().ClockRate, s.cfg.JitterDelay, func(f recordedFrame) {
		r.dumpFrame(&f)
		if r.record != nil {
			s.recorder.frame(r.record, f)
		}
	})
	r.playout.least = s.cfg.MinJitterDelay
	if r.aac = reader; reader != nil {
		r.stats.Codec = format.Form.String()
	}
	r.composition = compositionTimeID(receiver.GetParameters())
	r.payloadType = uint8(track.PayloadType())
	r.ssrc, r.rtxSSRC = uint32(track.SSRC()), uint32(track.RtxSSRC())
	r.stats.SSRC, r.stats.RTXSSRC = r.ssrc, r.rtxSSRC
	r.rrtr.ssrc = rand.Uint32() //nolint:gosec // an identifier, no secret
	r.record = s.recordTrackFor(c, r.clock, format.Mux.Config)
	s.dumpStream(r, track.Codec().RTPCodecCapability)
	s.streams = append(s.streams, r)
	s.readers.Add(2)
	s.log.Infof("session %s: %s stream, SSRC %d, RTX SSRC %d", s.id, c, r.ssrc, r.rtxSSRC)

	return r
}

// recordTrackFor returns the place of a stream in the recording, nil where it has none.
// The recording declares its tracks once, by what was negotiated; of what was, the
// stream that comes is the one that counts.
func (s *session) recordTrackFor(c codec, clock uint32, config aac.Config) *recordTrack {
	if !c.recordable() {
		return nil
	}
	if s.recorder == nil {
		var tracks []*recordTrack
		for _, n := range s.kinds {
			k := codecOf(n.MimeType)
			if k.recordable() && !slices.ContainsFunc(tracks, func(t *recordTrack) bool { return t.codec.audio() == k.audio() }) {
				tracks = append(tracks, newRecordTrack(k, n.ClockRate))
			}
		}
		s.recorder = newRecorder(s.create, s.start, tracks...)
		s.recorder.players = newBroadcast(tracks)
	}
	for _, t := range s.recorder.tracks {
		if t.codec.audio() != c.audio() || t.taken || s.recorder.started && t.codec != c {
			continue
		}
		t.retype(c, clock, config)
		t.taken = true

		return t
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
		payload: payload, arrival: now, composition: readCompositionTime(&s.header, r.composition),
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
	p.composition = readCompositionTime(&s.header, s.streams[i].composition)
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
