// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

const (
	minHistorySlots = 64
	// maxHistorySlots is the range of the RTP sequence number.
	maxHistorySlots = 1 << 16
)

// history keeps the packets of one stream for as long as a repeat is of use. It is
// bounded in time and bytes, not in packets: how many packets a second has depends
// on the bitrate.
type history struct {
	// order is the packets as they left; index finds one by its sequence number and
	// has twice the slots that order needs.
	order fifo
	index []*packet
}

// find returns the packet with an RTP sequence number, nil where it is gone.
func (h *history) find(seq uint16) *packet {
	if len(h.index) == 0 {
		return nil
	}
	if p := h.index[int(seq)&(len(h.index)-1)]; p != nil && p.header.SequenceNumber == seq {
		return p
	}

	return nil
}

// add keeps a packet that just left, and lets go of what is beyond the limits.
func (h *history) add(p *packet, now bwe.Time, maxAge time.Duration, maxBytes int64) {
	h.forget(now, maxAge)
	for h.order.n > 0 && (h.order.bytes+int64(p.size) > maxBytes || h.order.n >= maxHistorySlots/2) {
		h.drop()
	}
	if 2*(h.order.n+1) > len(h.index) {
		h.rehash()
	}
	p.inHistory = true
	h.order.push(item{p: p, at: now})
	h.index[int(p.header.SequenceNumber)&(len(h.index)-1)] = p
}

func (h *history) rehash() {
	h.index = make([]*packet, max(minHistorySlots, 2*len(h.index)))
	for i := range h.order.n {
		p := h.order.slot(i).p
		h.index[int(p.header.SequenceNumber)&(len(h.index)-1)] = p
	}
}

// forget lets go of packets older than maxAge.
func (h *history) forget(now bwe.Time, maxAge time.Duration) {
	for h.order.n > 0 && now.Sub(h.order.front().at) > maxAge {
		h.drop()
	}
}

func (h *history) drop() {
	p := h.order.pop().p
	if slot := &h.index[int(p.header.SequenceNumber)&(len(h.index)-1)]; *slot == p {
		*slot = nil
	}
	p.inHistory = false
	if !p.repeatQueued {
		p.release()
	}
}

func (h *history) clear() {
	for h.order.n > 0 {
		h.drop()
	}
}

// recent returns the packet that left last and was not repeated since notSince, so
// that padding goes round over the newest packets; nil where there is none.
func (h *history) recent(notSince bwe.Time) *packet {
	const depth = 64
	var oldest *packet
	for i := h.order.n - 1; i >= max(0, h.order.n-depth); i-- {
		p := h.order.slot(i).p
		if p.repeatQueued {
			continue
		}
		if !p.repeated || p.repeatedAt < notSince {
			return p
		}
		if oldest == nil || p.repeatedAt < oldest.repeatedAt {
			oldest = p
		}
	}

	return oldest
}
