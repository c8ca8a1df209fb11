// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package capture

import (
	"errors"
	"io"
	"math"
	"time"
)

const (
	// maxFlows bounds the memory and time that a capture of very many flows takes.
	maxFlows = 1 << 14
	// A ChannelData message of TURN begins with its channel's number.
	minChannel = 0x40
	maxChannel = 0x4f
	// maxTwinDelay bounds the time between two captures of one packet.
	maxTwinDelay = 5 * time.Millisecond
)

// message is an RTCP compound in a table's bytes.
type message struct {
	at         int64
	start, end int
}

// stream is what one flow carried.
type stream struct {
	flow    flow
	packets []packet
	// messages are the RTCP compounds that can be read, encrypted, broken and cut count
	// those that cannot; what is cut was not captured whole.
	messages               []message
	encrypted, broken, cut int
	bytes                  int64
}

// table is what a capture carried, by flows.
type table struct {
	start   time.Time
	streams map[flow]*stream
	// order is that of the flows' first packets.
	order []*stream
	// rtcp holds all messages.
	rtcp   []byte
	others others
	count  int
	// cut counts the packets of which even the header of RTP was not captured whole.
	cut int
}

// read sorts the datagrams of a capture by their flows. The error is the reader's own.
func read(d datagrams) (*table, error) {
	t := &table{streams: map[flow]*stream{}}
	turn := 0
	for {
		g, err := d.next()
		if err != nil {
			t.others = d.others()
			t.others.TURN = turn
			if errors.Is(err, io.EOF) {
				return t, nil
			}

			return t, err
		}
		if t.count++; t.count == 1 {
			t.start = g.at
		}
		switch {
		case len(g.payload) > 0 && g.payload[0] >= minChannel && g.payload[0] <= maxChannel:
			turn++
		case g.mark == markedRTCP || (g.mark == unmarked && isRTCP(g.payload)):
			t.addRTCP(&g)
		default:
			t.addRTP(&g)
		}
	}
}

func (t *table) stream(f flow) *stream {
	s := t.streams[f]
	if s == nil && len(t.streams) < maxFlows {
		s = &stream{flow: f}
		t.streams[f] = s
		t.order = append(t.order, s)
	}

	return s
}

func (t *table) addRTP(g *datagram) {
	if len(g.payload) < g.length && !hasHeader(g.payload) {
		t.cut++
	}
	var p packet
	if !parseRTP(g.payload, &p) {
		return
	}
	if s := t.stream(g.flow); s != nil {
		p.at = int64(g.at.Sub(t.start))
		p.size = uint16(min(g.length, math.MaxUint16))
		if n := len(s.packets); n > 0 && p.repeats(&s.packets[n-1]) {
			return
		}
		s.packets = append(s.packets, p)
		s.bytes += int64(g.length)
	}
}

// repeats tells a packet that was captured twice, such as on each of two interfaces that
// it went through.
func (p *packet) repeats(other *packet) bool {
	twin := *other
	twin.at = p.at

	return twin == *p && time.Duration(p.at-other.at).Abs() < maxTwinDelay
}

func (t *table) addRTCP(g *datagram) {
	s := t.stream(g.flow)
	switch {
	case s == nil:
	case isReadable(g.payload):
		start := len(t.rtcp)
		t.rtcp = append(t.rtcp, g.payload...)
		s.messages = append(s.messages, message{at: int64(g.at.Sub(t.start)), start: start, end: len(t.rtcp)})
	case len(g.payload) < g.length:
		s.cut++
	case isEncrypted(g.payload):
		s.encrypted++
	default:
		s.broken++
	}
}
