// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/ccfeedback"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// budget bounds the bytes of repeats: a token bucket at a share of the estimate.
type budget struct {
	at     bwe.Time
	tokens int64
	filled bool
}

// take says whether size bytes are within the budget but for a share of it that is kept
// for others, and takes them from it. Even a budget too small for one packet repeats one
// now and then.
func (b *budget) take(now bwe.Time, size int64, rate bwe.Bitrate, window time.Duration, kept float64) bool {
	most := rate.Bytes(window)
	if !b.filled {
		b.filled, b.at, b.tokens = true, now, most
	}
	if earned := rate.Bytes(now.Sub(b.at)); earned > 0 {
		b.tokens = min(b.tokens+earned, max(most, size))
		b.at = now
	}
	full := b.tokens >= max(most, size)
	if rate <= 0 || b.tokens < size || !full && float64(b.tokens-size) < float64(kept*float64(most)) {
		return false
	}
	b.tokens -= size

	return true
}

// onNACK repeats what is asked for and worth it. The stream is found by the SSRC of
// its media alone.
func (o *owner) onNACK(b []byte, at bwe.Time) error {
	n := &o.events.nack
	*n = NACKReceived{At: at}
	var missing [1024]uint16
	ssrc, err := parseNACK(b, func(seq uint16) {
		if n.Requested < len(missing) {
			missing[n.Requested] = seq
			n.Requested++
		}
	})
	if err != nil {
		return err
	}
	n.SSRC = ssrc
	st := o.streamOf(ssrc)
	if st == nil {
		n.Unknown = n.Requested
	} else if o.cfg.Retransmission.Disabled {
		return nil
	} else {
		o.repeatAll(st, missing[:n.Requested], at, n)
	}
	o.stats.NACKs += uint64(n.Requested)
	o.stats.NACKsUnknown += uint64(n.Unknown)
	o.stats.NACKsTooSoon += uint64(n.TooSoon)
	o.stats.NACKsRepaired += uint64(n.Repaired)
	o.stats.NACKsOverBudget += uint64(n.OverBudget)
	o.stats.NACKsTooLate += uint64(n.TooLate)
	o.stats.NACKsDisposable += uint64(n.Disposable)
	o.observe(n)

	return nil
}

// repeatAll repeats what is worth most first.
func (o *owner) repeatAll(st *stream, missing []uint16, at bwe.Time, n *NACKReceived) {
	for class := ratecontrol.FrameKey; class <= ratecontrol.FrameDisposable; class++ {
		for _, seq := range missing {
			worth := ratecontrol.FrameKey
			if p := st.history.find(seq); p != nil {
				worth = p.class
			}
			if worth == class {
				o.repeat(st, seq, at, n)
			}
		}
	}
}

// repeat queues one packet again, and notes in n why where it does not.
func (o *owner) repeat(st *stream, seq uint16, at bwe.Time, n *NACKReceived) {
	r := &o.cfg.Retransmission
	p := st.history.find(seq)
	switch {
	case p == nil || at.Sub(p.sentAt) > r.MaxAge:
		n.Unknown++

		return
	case !o.inTime(p, at):
		n.TooLate++

		return
	case p.repeated && o.arrived(p.repeatNumber):
		// Some receivers go on asking for what a repeat has repaired.
		n.Repaired++

		return
	case p.repeatQueued || (p.repeated && at.Sub(p.repeatedAt) < o.repeatInterval()):
		n.TooSoon++

		return
	case p.class == ratecontrol.FrameDisposable && o.plan.Poor:
		n.Disposable++

		return
	}
	it := item{p: p, at: at, repeat: true}
	rate := bwe.Bitrate(float64(o.loop.Update().Estimate) * r.Budget)
	if !o.budget.take(at, it.size(), rate, r.BudgetWindow, reserve(p.class)) {
		n.OverBudget++

		return
	}
	n.Accepted++
	p.repeatQueued = true
	if st.audio {
		o.pacer.push(it, laneAudio)
	} else {
		o.pacer.push(it, laneRetransmission)
	}
}

// arrived says whether feedback reported a packet received.
func (o *owner) arrived(number int64) bool {
	r := o.sent.find(number)

	return r != nil && r.outcome == ccfeedback.Received
}

// repeatInterval is the round trip within which a packet is repeated once.
func (o *owner) repeatInterval() time.Duration {
	return max(o.rtt(o.cfg.Retransmission.InitialRTT), o.cfg.Retransmission.MinInterval)
}

// rtt is the round-trip time, unknown where there is none.
func (o *owner) rtt(unknown time.Duration) time.Duration {
	switch {
	case o.loop.Update().RTT > 0:
		return o.loop.Update().RTT
	case o.reportRTT > 0:
		return o.reportRTT
	default:
		return unknown
	}
}

func (o *owner) streamOf(ssrc uint32) *stream {
	for _, st := range o.streams {
		if st.ssrc == ssrc {
			return st
		}
	}

	return nil
}

// sendRepeat lets out a repeat, unless it waited until it was of no use.
func (o *owner) sendRepeat(d departure, now bwe.Time) {
	p := d.item.p
	if now.Sub(p.sentAt) > o.cfg.Retransmission.MaxAge || !o.inTime(p, now) {
		o.packetDropped(d.item, DropStale)

		return
	}
	o.transmitRepeat(p, bwe.PacketRetransmission, d.probe, now)
	o.unqueue(d.item)
}

// transmitRepeat sends a packet of the history again, on the retransmission stream
// where there is one. The RTX sequence number is given here, so that repeats leave in
// its order.
func (o *owner) transmitRepeat(p *packet, kind bwe.PacketKind, probe int, now bwe.Time) bool {
	st := p.stream
	h := o.headerOf(p)
	payload, size := p.payload, p.size
	if st.rtx() {
		h.SSRC, h.PayloadType, h.SequenceNumber = st.rtxSSRC, st.rtxType, st.rtxSeq
		payload, size = p.rtxPayload(), p.size+osnSize
	}
	number := o.sent.next
	if !o.transmit(st, h, payload, size, kind, probe, now) {
		return false
	}
	if st.rtx() {
		st.rtxSeq++
	} else {
		st.report.sent(len(payload))
	}
	p.repeated, p.repeatedAt, p.repeatNumber = true, now, 0
	if o.sent.next != number {
		p.repeatNumber = number
	}

	return true
}

// paddingStream is the stream that carries padding: one with RTX, video before audio.
// On a stream of media, padding would take sequence numbers away from it.
func (o *owner) paddingStream() *stream {
	var found *stream
	for _, st := range o.streams {
		if st.rtx() && (found == nil || found.audio && !st.audio) {
			found = st
		}
	}

	return found
}

// sendPadding fills up with a repeat of a recent packet, which is of some use to the
// receiver, else with RTP padding.
func (o *owner) sendPadding(probe int, now bwe.Time) bool {
	st := o.paddingStream()
	st.history.forget(now, o.cfg.Retransmission.MaxAge)
	if p := st.history.recent(now.Add(-o.repeatInterval())); p != nil {
		return o.transmitRepeat(p, bwe.PacketPadding, probe, now)
	}

	return o.sendEmpty(st, probe, now)
}

// emptyPadding is the most padding that an RTP packet can have, RFC 3550 section 5.1.
const emptyPadding = 255

// sendEmpty sends a packet of padding alone.
func (o *owner) sendEmpty(st *stream, probe int, now bwe.Time) bool {
	if o.padding != nil {
		o.padding.release()
		o.padding = nil
	}
	o.header.Extensions, o.header.CSRC = nil, nil
	o.header = paddingHeader(st)
	p, err := capture(&o.header, nil, st.stampID)
	if err != nil {
		return false
	}
	o.padding = p
	if !o.transmit(st, o.headerOf(p), nil, p.size, bwe.PacketPadding, probe, now) {
		return false
	}
	st.rtxSeq++

	return true
}
