// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package timeline

import "github.com/rtmcc/rtmcc/bwe"

// flightPackets is how many of the latest packets are remembered: the half of what
// 16-bit sequence numbers tell apart.
const flightPackets = 1 << 15

type outcome uint8

const (
	outstanding outcome = iota
	lost
	received
)

type packet struct {
	seq     int64
	at      bwe.Time
	size    int
	outcome outcome
	used    bool
}

// flight is what was sent of late.
type flight struct {
	packets []packet
	newest  int64
	// waiting counts those that nothing was reported of.
	waiting int64
}

// add remembers a packet and tells whether it took the place of one, sent at a time, that
// nothing had been reported of.
func (f *flight) add(p *bwe.SentPacket) (at bwe.Time, forgotten bool) {
	if f.packets == nil {
		f.packets = make([]packet, flightPackets)
	}
	slot := &f.packets[uint64(p.Seq)%flightPackets]
	at, forgotten = slot.at, slot.used && slot.outcome == outstanding
	if !forgotten {
		f.waiting++
	}
	*slot = packet{seq: p.Seq, at: p.At, size: p.Size, used: true}
	f.newest = max(f.newest, p.Seq)

	return at, forgotten
}

// find returns the packet of that number, nil where there is none.
func (f *flight) find(seq int64) *packet {
	if f.packets == nil {
		return nil
	}
	if slot := &f.packets[uint64(seq)%flightPackets]; slot.used && slot.seq == seq {
		return slot
	}

	return nil
}

// reset forgets all.
func (f *flight) reset() {
	clear(f.packets)
	f.waiting, f.newest = 0, 0
}

// unreported calls do with the time of each packet that nothing was reported of.
func (f *flight) unreported(do func(at bwe.Time)) {
	for i := range f.packets {
		if p := &f.packets[i]; p.used && p.outcome == outstanding {
			do(p.at)
		}
	}
}
