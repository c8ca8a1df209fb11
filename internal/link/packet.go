// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/netsim"
)

// The bounds of what is on the path at a time, both directions together.
const (
	maxPackets = 1 << 16
	maxBytes   = 256 << 20
	// usualBuffer is enough for a packet of Ethernet's size, largeBuffer for any.
	usualBuffer = 2 << 10
	largeBuffer = 64 << 10
)

// packet is a packet on its way. The goroutine that plays the path owns it from the
// inbox until it is given back.
type packet struct {
	slot      int64
	direction netsim.Direction
	to        Port
	payload   []byte
	size      int
	// stamp is when it came, since the emulator was made; entered the same in the
	// scenario's time.
	stamp   time.Duration
	entered bwe.Time
	busy    bool
}

// pool hands out packets under numbers, and takes them back.
type pool struct {
	// slots is the packets by their number, of which used are there.
	slots []*packet
	used  int
	// bytes is the sum of their buffers, limit its bound.
	bytes, limit int
	free         []*packet
}

func newPool(packets, bytes int) pool { return pool{slots: make([]*packet, packets), limit: bytes} }

// get returns a packet with a copy of the payload, nil where the bounds are reached.
func (l *pool) get(payload []byte) *packet {
	var p *packet
	if n := len(l.free); n > 0 {
		p = l.free[n-1]
	} else if l.used == len(l.slots) {
		return nil
	} else {
		p = &packet{slot: int64(l.used)}
		l.slots[l.used] = p
		l.used++
		l.free = append(l.free, p)
	}
	if len(payload) > cap(p.payload) {
		size := usualBuffer
		if len(payload) > size {
			size = max(largeBuffer, len(payload))
		}
		if l.bytes+size-cap(p.payload) > l.limit {
			return nil
		}
		l.bytes += size - cap(p.payload)
		p.payload = make([]byte, size)
	}
	l.free = l.free[:len(l.free)-1]
	p.payload = append(p.payload[:0], payload...)
	p.busy = true

	return p
}

func (l *pool) put(p *packet) {
	p.busy, p.to = false, nil
	l.free = append(l.free, p)
}
