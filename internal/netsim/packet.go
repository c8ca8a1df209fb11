// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// packet is anything that crosses a link. Packets are pooled: whoever receives
// one, or hears of its loss, gives it back.
type packet struct {
	// owner hears of the packet's end.
	owner endpoint
	// route is the links that are still ahead.
	route []*link
	// flow is the index of the media flow for measurements, or one of the
	// negative marks below.
	flow int
	// seq is the transport-wide sequence number of media, or the segment of TCP.
	seq int64
	// media is the media sequence number of a video packet, negative for any other.
	media  int64
	size   int
	kind   bwe.PacketKind
	sentAt bwe.Time
	// enteredAt is when it joined the queue of the link that holds it.
	enteredAt bwe.Time
	// queued is the time spent waiting in queues, own serialisation excluded.
	queued time.Duration
	// waited is the same at the last link alone.
	waited time.Duration
	// dropped is why the owner is told of its loss.
	dropped DropReason
	// results is the content of a feedback message, and missing the packets of video
	// that it asks for (RFC 4585, generic NACK). wantsKey asks for a key frame.
	results  []bwe.PacketResult
	missing  []int64
	wantsKey bool
}

// Marks of packets that belong to no media flow.
const (
	flowFeedback = -1 - iota
	flowTCP
	flowAck
	flowCross
)

// noMedia is the media sequence number of what is no video.
const noMedia = -1

// endpoint is where packets end.
type endpoint interface {
	// arrive takes a packet that crossed its whole route.
	arrive(p *packet)
	// lose takes a packet that a queue or the path dropped.
	lose(p *packet)
}

// packets is how many packets of like size a frame makes.
func packets(frame, header int) int {
	return (frame + payloadMost - header - 1) / (payloadMost - header)
}

// packetSize is the size of the i-th of n packets.
func packetSize(frame, header, i, n int) int { return frame*(i+1)/n - frame*i/n + header }

// pool hands out packets and takes them back.
type pool struct{ free []*packet }

func (l *pool) get() *packet {
	if n := len(l.free); n > 0 {
		p := l.free[n-1]
		l.free = l.free[:n-1]

		return p
	}

	return &packet{media: noMedia}
}

func (l *pool) put(p *packet) {
	*p = packet{results: p.results[:0], missing: p.missing[:0], media: noMedia}
	l.free = append(l.free, p)
}

// forward sends p over the next link of its route, or to its owner.
func forward(p *packet) {
	if len(p.route) == 0 {
		p.owner.arrive(p)

		return
	}
	next := p.route[0]
	p.route = p.route[1:]
	next.send(p)
}
