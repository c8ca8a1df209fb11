// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// Dump is shown the media of one session on its way from packets to frames. It copies
// what it keeps and returns at once. Its methods are called with the session's lock
// held, one at a time.
type Dump interface {
	// Stream: packets of ssrc will come, coded as c.
	Stream(ssrc uint32, c webrtc.RTPCodecCapability)
	// Packet: the jitter buffer released a packet, in sequence order. Of its header,
	// extensions and contributing sources are left out.
	Packet(h *rtp.Header, payload []byte)
	// Frame: a complete frame was put together, which has an unwrapped RTP timestamp.
	Frame(ssrc uint32, units [][]byte, timestamp int64, key bool)
	// Close ends the dump with the session.
	Close() error
}

// dumpStream begins the dump of a stream, and that of the session with its first one.
// A dump that cannot be opened ends no session.
func (s *session) dumpStream(r *receivedStream, c webrtc.RTPCodecCapability) {
	if s.dump == nil && s.cfg.NewDump != nil && len(s.streams) == 0 {
		var err error
		if s.dump, err = s.cfg.NewDump(); err != nil {
			s.dump = nil
			s.log.Errorf("session %s: %v", s.id, err)
		}
	}
	if s.dump != nil {
		r.dump = s.dump
		s.dump.Stream(r.ssrc, c)
	}
}

// dumpPacket shows a packet that the jitter buffer released.
func (s *stream) dumpPacket(p *rtpPacket) {
	if s.dump != nil {
		s.dump.Packet(&rtp.Header{
			Version: 2, Marker: p.marker, PayloadType: s.payloadType,
			SequenceNumber: p.seq, Timestamp: p.timestamp, SSRC: s.ssrc,
		}, p.payload)
	}
}

// dumpFrame shows a frame that was put together.
func (s *stream) dumpFrame(f *recordedFrame) {
	if s.dump != nil {
		s.dump.Frame(s.ssrc, f.units, f.timestamp, f.key)
	}
}

// closeDump ends the session's dump.
func (s *session) closeDump() {
	if s.dump == nil {
		return
	}
	if err := s.dump.Close(); err != nil {
		s.log.Errorf("session %s: %v", s.id, err)
	}
}
