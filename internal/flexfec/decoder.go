// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package flexfec

import (
	"encoding/binary"

	"github.com/pion/rtp"
)

const (
	// window is how many of the newest packets are kept for what comes later: several
	// blocks. It is a power of two.
	window = 512
	// maxPending bounds the repair packets that wait for more.
	maxPending = 64
	// maxPacket is the largest RTP packet, the largest UDP payload over IPv4.
	maxPacket = 65507
)

// Decoder mends the losses of one stream of media. It takes packets in any order and
// more than once. It is not safe for concurrent use.
type Decoder struct {
	ssrc      uint32
	zero      uint8
	recovered func(packet []byte)

	started bool
	newest  int64
	packets [window]received
	pending [maxPending]pendingRepair
	n       int
	header  rtp.Header
	scratch []byte
	stats   DecoderStats
}

// DecoderStats counts what a [Decoder] did since it was made.
type DecoderStats struct {
	// Repairs counts the repair packets, Recovered the packets of media that they gave
	// back.
	Repairs   uint64
	Recovered uint64
	// Unused counts the repair packets that were not needed, Late those that were given
	// up with more than one packet still missing, Malformed those that cannot be used.
	Unused    uint64
	Late      uint64
	Malformed uint64
}

// received is a packet of the window.
type received struct {
	seq   int64
	known bool
	bytes []byte
}

// pendingRepair is a repair packet with packets missing.
type pendingRepair struct {
	base    int64
	mask    mask
	header  int
	payload []byte
}

// NewDecoder returns a decoder for the stream of media ssrc. The extension with the id
// zeroed, unless that is zero, is protected as zeros: the transport-wide sequence number.
// recovered is called, within Media and Repair, with each packet that is given back,
// valid during the call.
func NewDecoder(ssrc uint32, zeroed uint8, recovered func(packet []byte)) *Decoder {
	return &Decoder{ssrc: ssrc, zero: zeroed, recovered: recovered}
}

// Stats returns what was counted.
func (d *Decoder) Stats() DecoderStats { return d.stats }

// PayloadType returns that of the newest packet of media.
func (d *Decoder) PayloadType() (payloadType uint8, known bool) {
	r := &d.packets[d.newest&(window-1)]
	if !r.known {
		return 0, false
	}

	return r.bytes[1] & 0x7f, true
}

// Media takes in a packet of the stream as it arrived. Others are passed over.
func (d *Decoder) Media(packet []byte) {
	if len(packet) < rtpHeaderSize || len(packet) > maxPacket || binary.BigEndian.Uint32(packet[8:]) != d.ssrc {
		return
	}
	if d.keep(packet) {
		d.mend()
	}
}

// keep puts a packet into the window, and says whether it is new there.
func (d *Decoder) keep(packet []byte) bool {
	seq := d.unwrap(binary.BigEndian.Uint16(packet[2:]))
	if seq <= d.newest-window {
		return false
	}
	r := &d.packets[seq&(window-1)]
	if r.known && r.seq == seq {
		return false
	}
	r.seq, r.known = seq, true
	r.bytes = append(r.bytes[:0], packet...)
	if d.zero != 0 {
		if _, err := d.header.Unmarshal(r.bytes); err == nil {
			clear(d.header.GetExtension(d.zero))
		}
	}
	if seq > d.newest {
		d.newest = seq
	}

	return true
}

// unwrap returns the sequence number nearest to the newest one.
func (d *Decoder) unwrap(seq uint16) int64 {
	if !d.started {
		// Well above zero, so that none before it is negative.
		d.started, d.newest = true, 1<<16+int64(seq)
	}

	return d.newest + int64(int16(seq-uint16(d.newest))) //nolint:gosec // the low bits
}

// Repair takes in the payload of a repair packet.
func (d *Decoder) Repair(payload []byte) {
	d.stats.Repairs++
	var h repairHeader
	if err := h.parse(payload); err != nil || h.ssrc != d.ssrc || len(payload) > maxPacket {
		d.stats.Malformed++

		return
	}
	if !d.started {
		d.stats.Late++ // without a packet of media there is nothing to add it to

		return
	}
	if d.n == maxPending {
		d.stats.Late++
		d.remove(0)
	}
	p := &d.pending[d.n]
	d.n++
	p.base, p.mask, p.header = d.unwrap(h.base), h.mask, h.size
	p.payload = append(p.payload[:0], payload...)
	d.mend()
}

// remove takes a repair packet out, and keeps its buffer for the next.
func (d *Decoder) remove(i int) {
	gone := d.pending[i]
	copy(d.pending[i:d.n], d.pending[i+1:d.n])
	d.n--
	d.pending[d.n] = gone
}

// mend gives back what can be given back, until nothing more comes of it.
func (d *Decoder) mend() {
	for again := true; again; {
		again = false
		for i := 0; i < d.n; {
			missing, at, known := d.missing(&d.pending[i])
			switch {
			case !known:
				d.stats.Late++
			case missing == 0:
				d.stats.Unused++
			case missing == 1:
				if d.recover(&d.pending[i], at) {
					d.stats.Recovered++
					again = true
				} else {
					d.stats.Malformed++
				}
			default:
				i++

				continue
			}
			d.remove(i)
		}
	}
}

// missing counts the packets that a repair packet covers and that are not there, at
// being the first of them. A repair packet of which some left the window is of no use.
func (d *Decoder) missing(p *pendingRepair) (n int, at int64, known bool) {
	if p.base <= d.newest-window || p.base >= d.newest+window/2 {
		return 0, 0, false
	}
	for i := range MaxSpan {
		if !p.mask.has(i) {
			continue
		}
		seq := p.base + int64(i)
		if r := &d.packets[seq&(window-1)]; r.known && r.seq == seq {
			continue
		}
		if n == 0 {
			at = seq
		}
		if n++; n > 1 {
			break
		}
	}

	return n, at, true
}

// recover makes the one packet that is missing, keeps and hands it on. It fails where
// what comes out is no RTP packet.
func (d *Decoder) recover(p *pendingRepair, missing int64) bool {
	repair := p.payload
	for i := range MaxSpan {
		seq := p.base + int64(i)
		if !p.mask.has(i) || seq == missing {
			continue
		}
		b := d.packets[seq&(window-1)].bytes
		if len(b)-rtpHeaderSize > len(repair)-p.header {
			return false
		}
		m := Media{Header: b}
		xor(repair, p.header, &m)
	}
	length := int(binary.BigEndian.Uint16(repair[2:]))
	if length > len(repair)-p.header {
		return false
	}
	b := append(d.scratch[:0], repair[0]&0x3f|0x80, repair[1], 0, 0)
	d.scratch = b
	binary.BigEndian.PutUint16(b[2:], uint16(missing)) //nolint:gosec // the low bits
	b = append(b, repair[4:8]...)
	b = binary.BigEndian.AppendUint32(b, d.ssrc)
	b = append(b, repair[p.header:p.header+length]...)
	d.scratch = b
	if _, err := d.header.Unmarshal(b); err != nil {
		return false
	}
	d.keep(b)
	d.recovered(b)

	return true
}
