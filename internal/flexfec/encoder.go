// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package flexfec

import (
	"crypto/subtle"
	"encoding/binary"
)

// Media is one packet to protect, as it goes to the wire but for extensions that
// change with each transmission, which are zeros.
type Media struct {
	// Header is the RTP header with CSRCs and extensions, at least 12 bytes.
	Header  []byte
	Payload []byte
	// Padding is the length of the RTP padding behind the payload, its last byte
	// included.
	Padding uint8
}

func (m *Media) sequence() uint16 { return binary.BigEndian.Uint16(m.Header[2:]) }

// size is the length of the whole packet.
func (m *Media) size() int { return len(m.Header) + len(m.Payload) + int(m.Padding) }

// counts are the numbers of repair packets that a block can have: one less than a
// prime, as [edge] needs.
var counts = [...]int{10, 6, 4, 2, 1}

// MaxRepairs is the largest number of repair packets of a block.
const MaxRepairs = 10

// Repairs returns the largest number of repair packets, at most limit, that a block
// can have; zero for none.
func Repairs(limit int) int {
	for _, n := range counts {
		if n <= limit {
			return n
		}
	}

	return 0
}

// edge returns the repair packets that cover the i-th packet of a block with n repair
// packets; a value of n stands for none.
//
// The packets are the edges of a graph whose nodes are the repair packets and one node
// more, which is none. Receivers that look for repair packets with a single gap, and
// all do, mend exactly the losses that form no cycle. With n+1 prime the complete graph
// falls apart into cycles through all nodes: walking one after the other, neighbours in
// time meet no cycle, and a packet has its equal only after n(n+1)/2 others.
func edge(i, n int) (a, b int) {
	nodes := n + 1
	cycles := max(1, (nodes-1)/2)
	step := i/nodes%cycles + 1
	at := i % nodes

	return at * step % nodes, (at + 1) * step % nodes
}

// Encoder makes repair payloads. The zero value is ready for use. It is not safe for
// concurrent use.
type Encoder struct {
	bytes    [MaxRepairs][]byte
	masks    [MaxRepairs]mask
	repaired [MaxRepairs][]byte
}

// Encode returns the payloads of n repair packets for media, which is in order of
// sequence numbers, of one SSRC, and spans at most [MaxSpan] of them; n is one that
// [Repairs] returns. What cannot be protected gives no payload. They are valid until the
// next call.
func (e *Encoder) Encode(media []Media, n int) [][]byte {
	if len(media) == 0 || n <= 0 || Repairs(n) != n || len(media[0].Header) < rtpHeaderSize {
		return nil
	}
	base := media[0].sequence()
	longest := [MaxRepairs]int{}
	e.masks = [MaxRepairs]mask{}
	for i := range media {
		m := &media[i]
		if len(m.Header) < rtpHeaderSize {
			return nil
		}
		distance := int(m.sequence() - base)
		if distance >= MaxSpan {
			return nil
		}
		a, b := edge(i, n)
		for _, at := range [2]int{a, b} {
			if at < n {
				e.masks[at].set(distance)
				longest[at] = max(longest[at], m.size()-rtpHeaderSize)
			}
		}
	}
	for at := range n {
		e.clear(at, headerSize(e.masks[at].span())+longest[at])
	}
	for i := range media {
		a, b := edge(i, n)
		for _, at := range [2]int{a, b} {
			if at < n {
				xor(e.bytes[at], headerSize(e.masks[at].span()), &media[i])
			}
		}
	}
	out := e.repaired[:0]
	for at := range n {
		if e.masks[at].empty() {
			continue
		}
		b := e.bytes[at]
		b[0] &= 0x3f
		b[streamsAt] = 1
		copy(b[ssrcAt:baseAt], media[0].Header[8:rtpHeaderSize])
		binary.BigEndian.PutUint16(b[baseAt:], base)
		putMask(b[:headerSize(e.masks[at].span())], &e.masks[at])
		out = append(out, b)
	}

	return out
}

// clear makes the payload of one repair packet size zeros.
func (e *Encoder) clear(at, size int) {
	if cap(e.bytes[at]) < size {
		e.bytes[at] = make([]byte, size, max(size, 1500))
	}
	e.bytes[at] = e.bytes[at][:size]
	clear(e.bytes[at])
}

// xor adds a packet to a repair payload whose header has the given length.
func xor(repair []byte, header int, m *Media) {
	h := m.Header
	repair[0] ^= h[0]
	repair[1] ^= h[1]
	length := uint16(m.size() - rtpHeaderSize) //nolint:gosec // no datagram is longer
	repair[2] ^= byte(length >> 8)
	repair[3] ^= byte(length)
	xorInto(repair[4:8], h[4:8])
	body := repair[header:]
	xorInto(body, h[rtpHeaderSize:])
	body = body[len(h)-rtpHeaderSize:]
	xorInto(body, m.Payload)
	if m.Padding > 0 {
		body[len(m.Payload)+int(m.Padding)-1] ^= m.Padding
	}
}

// xorInto adds b to the beginning of a.
func xorInto(a, b []byte) { subtle.XORBytes(a, a[:len(b)], b) }
