// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

// maxPES bounds one elementary stream packet; a 2160p intra picture at 200 Mbps
// stays below 8 MiB.
const maxPES = 16 << 20

// pes is one packetised elementary stream packet (ITU-T H.222.0, 2.4.3.6).
type pes struct {
	hasPTS   bool
	pts, dts int64 // 33 bits, in units of 1/90000 s
	data     []byte
}

// pesAssembler collects the transport packets of one PID.
//
// The general demuxer copies what has arrived of a PES packet at every transport
// packet, to see whether it is complete: its time is quadratic, and passes a second
// for a key frame of 1 MiB. This one appends.
type pesAssembler struct {
	buf     []byte
	open    bool
	counted bool
	counter byte
	// Lost counts packets that were missing, damaged or too large.
	lost int
}

// add takes a packet and returns the PES packet that it completes: the last one,
// as a new one starts here, or the one that ends here.
func (a *pesAssembler) add(p tsPacket) (done []byte) {
	if a.counted && !p.discontinuity {
		switch p.counter {
		case a.counter:
			return nil // a packet may be sent twice (2.4.3.3)
		case (a.counter + 1) & 0x0f:
		default:
			// Where a new packet starts, the one before may be whole: files that
			// were joined have such a step, and no other sign of it.
			if !p.start {
				a.drop()
			}
		}
	}
	a.counted, a.counter = true, p.counter
	if p.start {
		done = a.flush()
		a.open = true
		a.buf = make([]byte, 0, cap(done))
	}
	if !a.open {
		return done
	}
	if len(a.buf)+len(p.payload) > maxPES {
		a.drop()

		return done
	}
	a.buf = append(a.buf, p.payload...)
	if done == nil && a.complete() {
		return a.flush()
	}

	return done
}

func (a *pesAssembler) drop() {
	if a.open {
		a.lost++
	}
	a.open, a.buf = false, nil
}

// complete holds when a packet that gives its length has all of it.
func (a *pesAssembler) complete() bool {
	if len(a.buf) < pesFixedHeader {
		return false
	}
	length := int(a.buf[4])<<8 | int(a.buf[5])

	return length > 0 && len(a.buf) >= pesFixedHeader+length
}

// flush ends the packet. One that says its length and has less is damaged.
func (a *pesAssembler) flush() []byte {
	buf := a.buf
	wasOpen := a.open
	a.open, a.buf = false, nil
	if !wasOpen || len(buf) == 0 {
		return nil
	}
	if len(buf) >= pesFixedHeader {
		if length := int(buf[4])<<8 | int(buf[5]); length > 0 && len(buf) < pesFixedHeader+length {
			a.lost++

			return nil
		}
	}

	return buf
}

// pesFixedHeader is the start code prefix, the stream id and the length.
const pesFixedHeader = 6

func parsePES(b []byte) (pes, bool) {
	if len(b) < pesFixedHeader || b[0] != 0 || b[1] != 0 || b[2] != 1 || !pesHasHeader(b[3]) {
		return pes{}, false
	}
	if length := int(b[4])<<8 | int(b[5]); length > 0 {
		b = b[:min(len(b), pesFixedHeader+length)]
	}
	if len(b) < 9 || b[6]&0xc0 != 0x80 {
		return pes{}, false
	}
	flags, start := b[7]>>6, 9+int(b[8])
	if start > len(b) {
		return pes{}, false
	}
	header := b[9:start]
	p := pes{data: b[start:]}
	if flags >= 2 && len(header) >= 5 {
		p.hasPTS = true
		p.pts = pesTime(header)
		p.dts = p.pts
		if flags == 3 && len(header) >= 10 {
			p.dts = pesTime(header[5:])
		}
	}

	return p, true
}

// pesHasHeader excludes the stream ids of table 2-22 that have no header behind
// the length: maps, padding, private_stream_2, ECM, EMM, DSM-CC, directory.
func pesHasHeader(streamID byte) bool {
	switch streamID {
	case 0xbc, 0xbe, 0xbf, 0xf0, 0xf1, 0xf2, 0xf8, 0xff:
		return false
	default:
		return true
	}
}

// pesTime reads the 33 bits of a timestamp around its marker bits.
func pesTime(b []byte) int64 {
	return int64(b[0]>>1&7)<<30 | int64(b[1])<<22 | int64(b[2]>>1)<<15 | int64(b[3])<<7 | int64(b[4]>>1)
}
