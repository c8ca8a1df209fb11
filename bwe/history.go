// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "math"

// historySize bounds the packets remembered: at 1200 bytes it holds a second of
// 20 Mbps. It is a power of two, so that a sequence number finds its slot by a
// mask.
const historySize = 2048

// packetState is how far a remembered packet has come.
type packetState uint8

const (
	packetUnknown packetState = iota
	packetInFlight
	packetLost
	packetReceived
	// packetWrittenOff was neither reported received nor lost for so long that it
	// no longer counts as in flight.
	packetWrittenOff
)

// packet is what is remembered of one sent packet.
type packet struct {
	sentAt  Time
	size    int32
	cluster uint16
	kind    PacketKind
	state   packetState
}

// history remembers sent packets by their transport sequence number until the
// ring comes round. It never allocates.
type history struct {
	ring [historySize]packet
	// next is the sequence number after the newest one; first is the oldest that
	// may still be in the ring. Both are zero while nothing was sent.
	first, next int64
	// oldest is the lowest sequence number that may still be in flight.
	oldest   int64
	inFlight int64
	// writtenOff is how many bytes are given up and not yet named after all.
	writtenOff int64
	lastSent   Time
}

func (h *history) slot(seq int64) *packet { return &h.ring[uint64(seq)&(historySize-1)] }

// add remembers p. It reports false for a sequence number that does not grow, or that
// none can follow.
func (h *history) add(p *SentPacket) bool {
	if h.next > h.first && p.Seq < h.next || p.Seq < 0 || p.Seq == math.MaxInt64 || p.Size < 0 {
		return false
	}
	if h.next == h.first || p.Seq-h.next >= historySize {
		// First packet, or a jump that leaves nothing of the ring.
		h.ring = [historySize]packet{}
		h.first, h.oldest, h.inFlight = p.Seq, p.Seq, 0
	} else {
		for seq := h.next; seq < p.Seq; seq++ {
			h.evict(seq)
			*h.slot(seq) = packet{}
		}
		h.evict(p.Seq)
	}
	size := int32(min(p.Size, 1<<24))
	// Field by field: a literal is put together on the stack and copied, which is three
	// times slower.
	slot := h.slot(p.Seq)
	slot.sentAt, slot.size, slot.cluster = p.At, size, uint16(p.ProbeCluster)
	slot.kind, slot.state = p.Kind, packetInFlight
	h.inFlight += int64(size)
	h.next = p.Seq + 1
	h.lastSent = p.At
	h.first = max(h.first, h.next-historySize)
	h.oldest = max(h.oldest, h.first)

	return true
}

// evict makes room for seq in the ring.
func (h *history) evict(seq int64) {
	if old := h.slot(seq); old.state == packetInFlight {
		h.inFlight -= int64(old.size)
		h.writtenOff += int64(old.size)
	}
}

// get returns the packet with the number seq, nil where it is unknown: never
// sent, or so long ago that it is forgotten.
func (h *history) get(seq int64) *packet {
	if seq < h.first || seq >= h.next {
		return nil
	}
	p := h.slot(seq)
	if p.state == packetUnknown {
		return nil
	}

	return p
}

// between returns the bytes sent between the packets a and b, negative where they are
// unknown or too many to belong to one burst.
func (h *history) between(a, b int64) int64 {
	const most = 64
	if a < h.first || b >= h.next || b-a > most {
		return -1
	}
	var bytes int64
	for seq := a + 1; seq < b; seq++ {
		bytes += int64(h.slot(seq).size)
	}

	return bytes
}

// settle moves p out of flight.
func (h *history) settle(p *packet, state packetState) {
	switch p.state {
	case packetInFlight:
		h.inFlight -= int64(p.size)
		if state == packetWrittenOff {
			h.writtenOff += int64(p.size)
		}
	case packetWrittenOff:
		h.writtenOff -= int64(p.size)
	default:
	}
	p.state = state
}

// writeOff gives up packets that were sent before t and that no feedback has named.
func (h *history) writeOff(t Time) {
	for ; h.oldest < h.next; h.oldest++ {
		if p := h.slot(h.oldest); p.state == packetInFlight {
			if p.sentAt >= t {
				return
			}
			h.settle(p, packetWrittenOff)
		}
	}
}

// writeOffBefore gives up packets with numbers below seq: a later feedback names
// packets after them. It reports whether there were any.
func (h *history) writeOffBefore(seq int64) bool {
	found := false
	for ; h.oldest < min(seq, h.next); h.oldest++ {
		if p := h.slot(h.oldest); p.state == packetInFlight {
			h.settle(p, packetWrittenOff)
			found = true
		}
	}

	return found
}
