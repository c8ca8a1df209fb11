// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"encoding/binary"
	"math"

	"github.com/pion/rtp"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// enqueue takes a written packet into the pacer.
func (o *owner) enqueue(p *packet) {
	st := p.stream
	at := o.tick(p.queuedAt)
	if st.removed {
		o.packetDropped(item{p: p}, DropClosed)

		return
	}
	if p.kind == bwe.PacketFEC && st.fec != nil {
		st.fec.foreign = true
	}
	if seq, ok := o.repeatedBy(p); ok {
		// A responder upstream knows of no pacer, budget or round trip: its repeat is
		// taken as the request for one of ours.
		var asked NACKReceived
		o.repeat(st, seq, at, &asked)
		if asked.Accepted == 0 {
			p.kind = bwe.PacketRetransmission
			o.packetDropped(item{p: p}, DropRepeat)

			return
		}
		p.release()

		return
	}
	if p.header.SSRC == st.ssrc {
		st.report.onFrame(p.header.Timestamp, at, st.clockRate)
		if !st.audio {
			p.class = st.marks.class(p.header.Timestamp)
		}
	}
	o.pacer.push(item{p: p, at: at}, st.laneOf(p.kind))
}

// repeatedBy returns the sequence number of the packet that p repeats, if it does.
func (o *owner) repeatedBy(p *packet) (seq uint16, ok bool) {
	switch {
	case p.kind == bwe.PacketRetransmission && len(p.payload) >= osnSize:
		return binary.BigEndian.Uint16(p.payload), true
	case p.header.SSRC == p.stream.ssrc && p.stream.history.find(p.header.SequenceNumber) != nil:
		return p.header.SequenceNumber, true
	default:
		return 0, false
	}
}

// packetDropped is told by the pacer of what it gives up.
func (o *owner) packetDropped(it item, reason DropReason) {
	p := it.p
	kind := p.kind
	if it.repeat {
		kind = bwe.PacketRetransmission
	}
	o.stats.PacketsDropped++
	o.events.dropped = PacketDropped{At: o.last, Kind: kind, Size: p.size, Reason: reason}
	o.observe(&o.events.dropped)
	if o.packetTap != nil && !it.repeat && reason != DropRepeat {
		o.packetTap.PacketGivenUp(&p.header, reason)
	}
	o.unqueue(it)
}

// unqueue lets go of an item that is not in the pacer any more.
func (o *owner) unqueue(it item) {
	if it.repeat {
		it.p.repeatQueued = false
	}
	if !it.p.inHistory {
		it.p.release()
	}
}

// drain lets out what is due and returns when more will be.
func (o *owner) drain() bwe.Time {
	for {
		now := o.tick(o.s.now())
		d, wake, ok := o.pacer.next(now, o.gate(now))
		if !ok {
			return wake
		}
		if d.lane != lanePadding {
			o.late.add(now.Sub(d.due))
		}
		switch {
		case d.lane == lanePadding:
			if !o.sendPadding(d.probe, now) {
				// Nothing to pad with: ask again with the next input.
				return o.deadline()
			}
		case d.item.repeat:
			o.sendRepeat(d, now)
		default:
			o.sendFirst(d, now)
		}
	}
}

// gate is what limits the pacer from outside.
func (o *owner) gate(now bwe.Time) gate {
	g := gate{canPad: o.started && !o.cfg.Pacer.DisablePadding && o.paddingStream() != nil, room: -1}
	cwnd := o.loop.Update().CongestionWindow
	// Without feedback the window would stay shut for ever.
	if cwnd > 0 && now.Sub(o.feedback.kindAt) < o.cfg.Pacer.WindowTimeout && o.sent.inFlight() > 0 {
		g.room = max(0, cwnd-o.sent.inFlight())
	}

	return g
}

// sendFirst lets out a packet that an interceptor or the application wrote.
func (o *owner) sendFirst(d departure, now bwe.Time) {
	p := d.item.p
	st := p.stream
	h := o.headerOf(p)
	foreignRTX := st.rtx() && h.SSRC == st.rtxSSRC
	if foreignRTX {
		// Padding of an interceptor upstream; this stream's numbers are given here.
		h.SequenceNumber = st.rtxSeq
	}
	if d.lane == laneFEC {
		h.SequenceNumber = st.fec.seq
	}
	if !o.transmit(st, h, p.payload, p.size, p.kind, d.probe, now) {
		p.release()

		return
	}
	switch {
	case foreignRTX:
		st.rtxSeq++
	case d.lane == laneFEC:
		st.fec.seq++
	case p.header.SSRC == st.ssrc:
		st.report.sent(len(p.payload))
	}
	if p.header.SSRC != st.ssrc || p.kind == bwe.PacketRetransmission {
		p.release()

		return
	}
	p.sentAt = now
	st.history.add(p, now, o.cfg.Retransmission.MaxAge, o.cfg.Retransmission.MaxBytes)
	o.protect(st, p, now)
}

// headerOf copies a packet's header to the scratch header, so that interceptors
// nearer to the network may change it.
func (o *owner) headerOf(p *packet) *rtp.Header {
	o.header = p.header
	o.extensions = append(o.extensions[:0], p.header.Extensions...)
	o.header.Extensions = o.extensions

	return &o.header
}

// transmit stamps a packet, writes it and tells the loop. It returns false where the
// packet did not leave: then it never had a transport sequence number, which would
// look like a loss.
func (o *owner) transmit(
	st *stream, h *rtp.Header, payload []byte, size int, kind bwe.PacketKind, probe int, now bwe.Time,
) bool {
	stamp := stampOf(h, st.stampID)
	if stamp != nil {
		binary.BigEndian.PutUint16(stamp, uint16(o.sent.next))
	}
	ssrc, seq := h.SSRC, h.SequenceNumber
	// pion takes packets before it is connected and returns zero bytes for them.
	if n, err := st.writer.Write(h, payload, nil); err != nil || n == 0 {
		o.stats.PacketsUnsent++

		return false
	}
	if o.packetTap != nil {
		o.packetTap.PacketSent(h, payload, kind)
	}
	if stamp != nil {
		o.checkStamp(h, st.stampID, now)
	}
	o.account(size, kind, probe, now)
	o.overhead.add(kind, size, len(payload))
	if o.stamped && stamp == nil {
		// The receiver's feedback cannot name it. Its bytes count with the next packet
		// that it can (libwebrtc: SentPacket.prior_unacked_data).
		o.untracked += size

		return true
	}
	number := o.sent.add(now, size, o.cfg.Feedback.HistoryTime)
	if o.indexed || !o.stamped {
		switch {
		case ssrc == st.rtxSSRC && st.rtx():
			st.rtxIndex.add(seq, number, o.sent.first)
		case ssrc == st.fecSSRC && ssrc != 0:
			st.fecIndex.add(seq, number, o.sent.first)
		default:
			st.index.add(seq, number, o.sent.first)
		}
	}
	o.loop.OnSent(bwe.SentPacket{
		At: now, Seq: number, Size: size + o.untracked, Kind: kind, ProbeCluster: probe,
	})
	o.untracked = 0

	return true
}

// account counts a packet that left, whatever is known of it later.
func (o *owner) account(size int, kind bwe.PacketKind, probe int, now bwe.Time) {
	if !o.started {
		o.started, o.firstSent = true, now
	}
	o.lastSent = now
	if o.nextReports == bwe.Never && o.cfg.Feedback.ReportInterval > 0 {
		o.nextReports = now.Add(o.cfg.Feedback.ReportInterval)
	}
	o.pacer.sent(now, int64(size), probe)
	o.meter.add(now, size)
	o.stats.PacketsSent++
	o.stats.BytesSent += uint64(size)
	switch kind {
	case bwe.PacketRetransmission:
		o.stats.PacketsRetransmitted++
	case bwe.PacketPadding:
		o.stats.PaddingPackets++
	case bwe.PacketFEC:
		o.stats.FECPackets++
	}
}

// checkStamp notices an interceptor nearer to the network that numbers packets
// itself: feedback would then name its numbers.
func (o *owner) checkStamp(h *rtp.Header, id uint8, now bwe.Time) {
	if e := h.GetExtension(id); len(e) == stampSize && binary.BigEndian.Uint16(e) == uint16(o.sent.next) {
		return
	}
	if !o.stampWarn {
		o.stampWarn = true
		o.log.Warnf("another interceptor overwrites the transport-wide sequence number: leave out pion's " +
			"TWCC header extension interceptor, or register it after this one")
	}
	o.ignore(now, IgnoredStampLost, 1)
}

// reportPacer tells the rate controller of the queue, not more often than wanted.
func (o *owner) reportPacer() {
	now := o.last
	if o.pacer.bytes == o.reported || now.Sub(o.reportedAt) < o.cfg.Pacer.ReportInterval && o.reportedAt != 0 {
		return
	}
	o.reported, o.reportedAt = o.pacer.bytes, now
	o.loop.OnPacer(ratecontrol.PacerState{
		At: now, Delay: min(o.pacer.delay(), math.MaxInt64/2), Bytes: o.pacer.bytes,
	})
}
