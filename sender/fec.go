// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"github.com/pion/rtp"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/flexfec"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// fecBlock gathers packets of one stream until their FEC is made. It names them only:
// their bytes lie in the stream's history. What the FEC may take is saved up in bytes,
// so that its share holds whatever the sizes of packets and blocks.
type fecBlock struct {
	encoder flexfec.Encoder
	media   [flexfec.MaxSpan]flexfec.Media
	seqs    [flexfec.MaxSpan]uint16
	n       int
	key     bool
	since   bwe.Time
	// longest is the size of the longest packet of the block.
	longest int
	// credit is the bytes of FEC that were earned and not sent. A block may overdraw it
	// by half a packet.
	credit float64
	// seq is the sequence number of the next packet of FEC.
	seq uint16
	// foreign: an interceptor upstream makes the stream's FEC.
	foreign bool
}

// fecHeader is what a packet of FEC adds to the longest packet that it covers, without
// header extensions of other kinds than the transport sequence number.
const fecHeader = flexfec.MaxOverhead + 12 + 8

// cost is the size of one packet of FEC.
func (f *fecBlock) cost() float64 { return float64(f.longest + fecHeader) }

// ready says whether the block should be closed now.
func (f *fecBlock) ready(end bool, now bwe.Time, c *ratecontrol.ProtectionConfig) bool {
	switch {
	case f.credit < f.cost():
		return false
	case f.key && end, f.credit >= flexfec.MaxRepairs*f.cost():
		return true
	default:
		return now.Sub(f.since) >= c.Block()
	}
}

// deadline is when time alone closes the block.
func (f *fecBlock) deadline(c *ratecontrol.ProtectionConfig) bwe.Time {
	if f.n == 0 || f.credit < f.cost() {
		return bwe.Never
	}

	return f.since.Add(c.Block())
}

// reset lets go of the block's packets and keeps what was saved up.
func (f *fecBlock) reset() { f.n, f.longest = 0, 0 }

// protect adds a packet that just left to its stream's block.
func (o *owner) protect(st *stream, p *packet, now bwe.Time) {
	f := st.fec
	if f == nil || f.foreign {
		return
	}
	c := &o.cfg.Protection
	seq := p.header.SequenceNumber
	if f.n > 0 && (f.n == len(f.seqs) || f.key != (p.class == ratecontrol.FrameKey) || seq-f.seqs[0] >= flexfec.MaxSpan ||
		now.Sub(f.since) > c.ReceiverBuffer/2) {
		o.closeBlock(st, now)
		f.reset()
	}
	rate := o.plan.FEC(p.class)
	if rate <= 0 {
		return
	}
	if f.n == 0 {
		f.since, f.key = now, p.class == ratecontrol.FrameKey
	}
	f.seqs[f.n] = seq
	f.n++
	f.longest = max(f.longest, p.size)
	f.credit += float64(rate * float64(p.size))
	if f.ready(p.header.Marker, now, c) {
		o.closeBlock(st, now)
		f.reset()
	}
}

// closeBlock makes the FEC of what was gathered and hands it to the pacer. Half a
// packet's worth of credit is enough for one, or the end of a key frame would go
// without.
func (o *owner) closeBlock(st *stream, now bwe.Time) {
	f := st.fec
	if f.n == 0 {
		return
	}
	repairs := flexfec.Repairs(min(int(f.credit/f.cost()), f.n))
	if repairs == 0 && f.credit >= f.cost()/2 {
		repairs = 1
	}
	if repairs == 0 {
		return
	}
	media := f.media[:0]
	var timestamp uint32
	for _, seq := range f.seqs[:f.n] {
		p := st.history.find(seq)
		if p == nil {
			continue
		}
		timestamp = p.header.Timestamp
		// Its number on the wire is of no use to a receiver: see package flexfec.
		clear(stampOf(&p.header, st.stampID))
		media = append(media, flexfec.Media{Header: p.headerBytes(), Payload: p.payload, Padding: p.header.PaddingSize})
	}
	for _, payload := range f.encoder.Encode(media, repairs) {
		f.credit -= float64(o.pushFEC(st, payload, timestamp, now))
	}
	clear(media)
}

// pushFEC queues one packet of FEC and returns its size.
func (o *owner) pushFEC(st *stream, payload []byte, timestamp uint32, now bwe.Time) int {
	o.fecHeader = rtp.Header{Version: 2, PayloadType: st.fecType, SSRC: st.fecSSRC, Timestamp: timestamp}
	p, err := capture(&o.fecHeader, payload, st.stampID)
	if err != nil {
		return 0
	}
	p.stream, p.kind, p.queuedAt = st, bwe.PacketFEC, now
	size := p.size
	o.pacer.push(item{p: p, at: now}, laneFEC)

	return size
}

// fecDeadline is when a block is due although no packet comes.
func (o *owner) fecDeadline() bwe.Time {
	at := bwe.Never
	for _, st := range o.streams {
		if st.fec != nil {
			at = min(at, st.fec.deadline(&o.cfg.Protection))
		}
	}

	return at
}

// closeDueBlocks closes the blocks whose time is up.
func (o *owner) closeDueBlocks(now bwe.Time) {
	for _, st := range o.streams {
		if st.fec != nil && now >= st.fec.deadline(&o.cfg.Protection) {
			o.closeBlock(st, now)
			st.fec.reset()
		}
	}
}
