// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package capture

import "encoding/binary"

const (
	rtpVersion = 2
	rtpHeader  = 12
	rtcpHeader = 4
	// RTCP packet types, by which it is told from RTP (RFC 5761 section 4).
	minRTCPType = 192
	maxRTCPType = 223
	// maxCandidates is how many header extensions of a packet are kept that could hold a
	// transport-wide sequence number.
	maxCandidates = 4
)

// candidate is a header extension that could hold a transport-wide sequence number.
type candidate struct {
	id    uint8
	value uint16
}

// packet is what is kept of an RTP packet.
type packet struct {
	// at is in nanoseconds since the first datagram.
	at        int64
	timestamp uint32
	ssrc      uint32
	seq       uint16
	size      uint16
	padded    bool
	count     uint8
	extension [maxCandidates]candidate
}

// parseRTP reads an RTP header (RFC 3550 section 5.1), which SRTP leaves readable. What
// is behind it may be cut or encrypted.
func parseRTP(b []byte, p *packet) bool {
	if len(b) < rtpHeader || b[0]>>6 != rtpVersion {
		return false
	}
	p.padded = b[0]&0x20 != 0
	p.seq = binary.BigEndian.Uint16(b[2:])
	p.timestamp = binary.BigEndian.Uint32(b[4:])
	p.ssrc = binary.BigEndian.Uint32(b[8:])
	p.count = 0
	if b[0]&0x10 == 0 {
		return true
	}
	b = b[min(len(b), rtpHeader+4*int(b[0]&0xf)):]
	if len(b) < 4 {
		return true
	}
	profile := binary.BigEndian.Uint16(b)
	length := 4 * int(binary.BigEndian.Uint16(b[2:]))
	b = b[4:]
	b = b[:min(len(b), length)]
	switch {
	case profile == 0xbede:
		p.oneByteExtensions(b)
	case profile>>4 == 0x100:
		p.twoByteExtensions(b)
	}

	return true
}

// hasHeader tells whether the whole header of RTP is there, its extensions included.
func hasHeader(b []byte) bool {
	if len(b) < rtpHeader {
		return false
	}
	end := rtpHeader + 4*int(b[0]&0xf)
	if b[0]&0x10 == 0 {
		return len(b) >= end
	}
	if len(b) < end+4 {
		return false
	}

	return len(b) >= end+4+4*int(binary.BigEndian.Uint16(b[end+2:]))
}

// oneByteExtensions reads RFC 8285 section 4.2.
func (p *packet) oneByteExtensions(b []byte) {
	for len(b) > 0 {
		id, length := b[0]>>4, int(b[0]&0xf)+1
		switch {
		case b[0] == 0:
			b = b[1:]

			continue
		case id == 15 || len(b) < 1+length:
			return
		}
		p.keep(id, b[1:1+length])
		b = b[1+length:]
	}
}

// twoByteExtensions reads RFC 8285 section 4.3.
func (p *packet) twoByteExtensions(b []byte) {
	for len(b) > 0 {
		if b[0] == 0 {
			b = b[1:]

			continue
		}
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return
		}
		end := 2 + int(b[1])
		p.keep(b[0], b[2:end])
		b = b[end:]
	}
}

// keep keeps what could be transport-wide-cc-01, of two bytes, or -02, which has two
// more where it asks for feedback.
func (p *packet) keep(id uint8, value []byte) {
	if (len(value) == 2 || len(value) == 4) && p.count < maxCandidates {
		p.extension[p.count] = candidate{id: id, value: binary.BigEndian.Uint16(value)}
		p.count++
	}
}

// find returns the value of the extension with an id.
func (p *packet) find(id uint8) (uint16, bool) {
	for _, c := range p.extension[:p.count] {
		if c.id == id {
			return c.value, true
		}
	}

	return 0, false
}

// isRTCP tells RTCP from RTP on the same port.
func isRTCP(b []byte) bool {
	return len(b) >= rtcpHeader && b[0]>>6 == rtpVersion && b[1] >= minRTCPType && b[1] <= maxRTCPType
}

// isReadable tells whether a compound's lengths lead from one header of RTCP to the
// next and end where the datagram does. SRTCP leaves the first 8 bytes as they are, adds
// at least 14 at the end, and makes noise of what is between (RFC 3711 section 3.4).
func isReadable(b []byte) bool {
	for len(b) > 0 {
		if !isRTCP(b) {
			return false
		}
		length := 4 * (int(binary.BigEndian.Uint16(b[2:])) + 1)
		if length > len(b) {
			return false
		}
		b = b[length:]
	}

	return true
}

// isEncrypted tells SRTCP from damage by the word at its end that has the top bit set
// and the index behind it: last with AEAD (RFC 7714 section 9.2), else before the
// authentication tag of 10 bytes. An index of fewer than 2^24 is taken for granted.
func isEncrypted(b []byte) bool {
	for _, tail := range [...]int{4, 14} {
		if i := len(b) - tail; i >= rtcpHeader && b[i] == 0x80 {
			return true
		}
	}

	return false
}
