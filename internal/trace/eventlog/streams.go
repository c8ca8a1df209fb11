// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"strings"

	"github.com/pion/rtp"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/eventlog/eventlogpb"
)

// streams is what the log says of the streams that are sent.
type streams struct {
	kinds map[uint32]bwe.PacketKind
	// transportIDs are the header extensions that hold the transport-wide sequence
	// number, by SSRC.
	transportIDs map[uint32]uint8
}

// maxStreams bounds what a damaged log can make of it.
const maxStreams = 1024

func newStreams() streams {
	return streams{kinds: map[uint32]bwe.PacketKind{}, transportIDs: map[uint32]uint8{}}
}

// add takes in a stream; an SSRC of zero stands for one that was not known yet.
func (s *streams) add(ssrc uint32, kind bwe.PacketKind) {
	if ssrc != 0 && len(s.kinds) < maxStreams {
		s.kinds[ssrc] = kind
	}
}

// kind returns what a stream carries. One that the log does not describe is video:
// Chromium writes down its audio and retransmission, but may do so before it knows the
// video's SSRC.
func (s *streams) kind(ssrc uint32) bwe.PacketKind { return s.kinds[ssrc] }

func (s *streams) addExtensions(ssrc uint32, list []*eventlogpb.HeaderExtension) {
	for _, e := range list {
		id := e.GetId()
		if strings.Contains(e.GetName(), "transport-wide-cc") && id > 0 && id < 256 && len(s.transportIDs) < maxStreams {
			s.transportIDs[ssrc] = uint8(id)
		}
	}
}

// transport returns the transport-wide sequence number in a packet's header.
func (s *streams) transport(h *rtp.Header) (seq uint16, ok bool) {
	id, known := s.transportIDs[h.SSRC]
	if !known {
		return 0, false
	}
	ext := h.GetExtension(id)
	if len(ext) < 2 {
		return 0, false
	}

	return uint16(ext[0])<<8 | uint16(ext[1]), true
}
