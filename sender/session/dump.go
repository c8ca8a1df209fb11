// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender"
	"github.com/rtmcc/rtmcc/sender/media"
)

// Dumper is shown the media on its way through a push. It copies what it keeps and
// returns at once. Stream, Frame, Packetized and Dropped are called in turn from one
// goroutine, the others from that of each connection's sender.
type Dumper interface {
	// Stream: on a new connection, a track is sent as ssrc, coded as c.
	Stream(track int, t media.Track, c webrtc.RTPCodecCapability, ssrc uint32)
	// Frame: an access unit of a track is about to enter the packetizer, unless it is
	// dropped. Packetized or Dropped follows.
	Frame(track int, au *media.AccessUnit)
	// Packetized: the packets of that access unit were handed to the pacer. They have
	// sequence numbers from first on.
	Packetized(ssrc, timestamp uint32, first uint16, packets int)
	// Dropped: that access unit was not sent.
	Dropped(reason ratecontrol.DropReason)

	sender.PacketTap
}

// dumpStream tells the dump that t goes on over conn.
func (p *push) dumpStream(conn *connection, t *track) {
	if p.o.Dump == nil || conn == nil || conn.locals[t.index] == nil {
		return
	}
	for i, s := range p.bySource {
		if s == t {
			p.o.Dump.Stream(t.index, p.source.Tracks()[i], conn.locals[t.index].Codec(), conn.ssrcs[t.index])
		}
	}
}

// dumpFrame shows an access unit to the dump before send has it, and returns what to
// call with the outcome.
func (p *push) dumpFrame(conn *connection, t *track, au *media.AccessUnit) func(ratecontrol.DropReason) {
	if p.o.Dump == nil {
		return func(ratecontrol.DropReason) {}
	}
	p.o.Dump.Frame(t.index, au)
	first := t.packetizer.sequence

	return func(reason ratecontrol.DropReason) {
		if reason != ratecontrol.KeepFrame {
			p.o.Dump.Dropped(reason)

			return
		}
		p.o.Dump.Packetized(conn.ssrcs[t.index], t.packetizer.timestamp(au.PTS), first, int(t.packetizer.sequence-first))
	}
}

// packetTap is the dump as a sender knows it, nil for none.
func (o *Options) packetTap() sender.PacketTap {
	if o.Dump == nil {
		return nil
	}

	return o.Dump
}
