// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package capture

import (
	"net/netip"
	"time"
)

// flow is one direction between two UDP ports; zero where the format knows of none.
type flow struct {
	src, dst netip.AddrPort
}

// carries tells how a format marks what a datagram carries.
type carries uint8

const (
	// unmarked: the content has to tell (RFC 5761 section 4).
	unmarked carries = iota
	markedRTP
	markedRTCP
)

// datagram is what one UDP datagram carried. Its payload is valid until the next read.
type datagram struct {
	at   time.Time
	flow flow
	// payload may be cut; length is how long it was on the wire.
	payload []byte
	length  int
	mark    carries
}

// others counts what is in a capture beside UDP.
type others struct {
	// TCP counts segments, among them media that goes through TURN or ICE over TCP.
	TCP int `json:"tcp_segments,omitempty"`
	// TURN counts ChannelData messages (RFC 8656 section 12.4).
	TURN int `json:"turn_messages,omitempty"`
	// Unsupported counts packets of other kinds, among them IP fragments.
	Unsupported int `json:"unsupported_packets,omitempty"`
}

// datagrams reads a capture of some format.
type datagrams interface {
	// next returns the next datagram, [io.EOF] at the end.
	next() (datagram, error)
	others() others
}
