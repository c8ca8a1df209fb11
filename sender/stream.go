// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"strings"

	"github.com/pion/interceptor"
	"github.com/pion/sdp/v3"

	"github.com/rtmcc/rtmcc/bwe"
)

// stream is one RTP stream with its retransmission stream. All but the fixed fields
// at its head belong to the owner.
type stream struct {
	ssrc      uint32
	rtxSSRC   uint32
	fecSSRC   uint32
	rtxType   uint8
	fecType   uint8
	stampID   uint8
	clockRate uint32
	audio     bool
	writer    interceptor.RTPWriter

	removed bool
	history history
	rtxSeq  uint16

	// What the pacer gave up last: the rest of that frame follows.
	dropping      bool
	dropTimestamp uint32

	index    seqIndex
	rtxIndex seqIndex
	fecIndex seqIndex

	marks frameMarks
	// fec is nil where none was negotiated.
	fec *fecBlock

	report reportState
}

func newStream(info *interceptor.StreamInfo, w interceptor.RTPWriter, rtxSeq uint16) *stream {
	st := &stream{
		ssrc: info.SSRC, fecSSRC: info.SSRCForwardErrorCorrection,
		fecType: info.PayloadTypeForwardErrorCorrection, clockRate: info.ClockRate,
		audio:  strings.HasPrefix(strings.ToLower(info.MimeType), "audio/"),
		writer: w,
		rtxSeq: rtxSeq,
	}
	if info.SSRCRetransmission != 0 && info.PayloadTypeRetransmission != 0 {
		st.rtxSSRC, st.rtxType = info.SSRCRetransmission, info.PayloadTypeRetransmission
	}
	if st.fecSSRC != 0 && st.fecType != 0 {
		st.fec = &fecBlock{seq: rtxSeq}
	}
	for _, e := range info.RTPHeaderExtensions {
		if e.URI == sdp.TransportCCURI && e.ID > 0 && e.ID < 256 {
			st.stampID = uint8(e.ID)
		}
	}

	return st
}

// rtx says whether repeats have a stream of their own, RFC 4588.
func (st *stream) rtx() bool { return st.rtxSSRC != 0 }

// kindOf says what a packet with ssrc is that was written to this stream: pion hands
// repeats and FEC of interceptors upstream to the writer of the media stream.
func (st *stream) kindOf(ssrc uint32) bwe.PacketKind {
	switch {
	case ssrc == st.ssrc:
		return st.mediaKind()
	case st.rtx() && ssrc == st.rtxSSRC:
		return bwe.PacketRetransmission
	case st.fecSSRC != 0 && ssrc == st.fecSSRC:
		return bwe.PacketFEC
	default:
		return st.mediaKind()
	}
}

func (st *stream) mediaKind() bwe.PacketKind {
	if st.audio {
		return bwe.PacketAudio
	}

	return bwe.PacketVideo
}

// laneOf is the priority of a packet of this stream.
func (st *stream) laneOf(kind bwe.PacketKind) lane {
	switch kind {
	case bwe.PacketAudio:
		return laneAudio
	case bwe.PacketRetransmission:
		return laneRetransmission
	default:
		return laneVideo
	}
}

// seqIndex finds the transport sequence number of a packet by its RTP sequence
// number, for RFC 8888. It holds what the sent table still holds.
type seqIndex struct {
	slots []seqSlot
}

type seqSlot struct {
	rtp       uint16
	transport int64
}

const minIndexSlots = 256

// add remembers that RTP packet seq left as transport, first being the oldest
// transport number of interest.
func (x *seqIndex) add(seq uint16, transport, first int64) {
	for {
		if len(x.slots) > 0 {
			s := &x.slots[int(seq)&(len(x.slots)-1)]
			if s.rtp == seq || s.transport < first || len(x.slots) == maxHistorySlots {
				*s = seqSlot{rtp: seq, transport: transport}

				return
			}
		}
		x.grow(first)
	}
}

func (x *seqIndex) grow(first int64) {
	slots := make([]seqSlot, max(minIndexSlots, 2*len(x.slots)))
	for _, s := range x.slots {
		if s.transport >= first {
			slots[int(s.rtp)&(len(slots)-1)] = s
		}
	}
	x.slots = slots
}

// find returns the transport number, zero where it is not known.
func (x *seqIndex) find(seq uint16) int64 {
	if len(x.slots) == 0 {
		return 0
	}
	if s := x.slots[int(seq)&(len(x.slots)-1)]; s.rtp == seq {
		return s.transport
	}

	return 0
}
