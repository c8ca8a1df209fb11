// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package aac

import "github.com/pion/rtp"

// late is how many packets a repeated or overtaken one is behind at most; what is
// further behind is taken for a sender that began anew.
const late = 1 << 10

// Assembler takes access units out of the RTP packets of one stream, which come in
// order: late and repeated ones are passed over, and what a lost packet belongs to
// is dropped. Of LATM, the last fragment of such a unit passes for a unit of its own
// where its first byte happens to be its length, one time in 256.
type Assembler struct {
	d         Depacketizer
	started   bool
	sequence  uint16
	timestamp uint32
	// astray: the packets of this timestamp may lack their beginning.
	astray bool
	// Dropped counts packets of access units that lack a part.
	Dropped uint64
}

// NewAssembler returns an assembler for a format. It fails with [ErrFormat].
func NewAssembler(f Format) (*Assembler, error) {
	d, err := NewDepacketizer(f)
	if err != nil {
		return nil, err
	}

	return &Assembler{d: d}, nil
}

// Push takes the next packet and returns the access units that it completes, valid
// until the next call and as long as the packet is left alone. They share the
// packet's timestamp; each further one is a frame later (RFC 3640 section 3.2.1,
// RFC 6416 section 6.1). It fails with [ErrPayload] and goes on with the next
// packet.
func (a *Assembler) Push(p *rtp.Packet) ([][]byte, error) {
	ahead := int16(p.SequenceNumber - a.sequence) //nolint:gosec // distance
	if a.started && ahead <= 0 && ahead > -late {
		return nil, nil
	}
	switch {
	case !a.started || ahead != 1:
		a.d.Reset()
		a.astray = true
	case p.Timestamp != a.timestamp:
		a.d.Reset()
		a.astray = false
	}
	a.started, a.sequence, a.timestamp = true, p.SequenceNumber, p.Timestamp
	if len(p.Payload) == 0 {
		return nil, nil
	}
	if a.astray && !a.d.IsPartitionHead(p.Payload) {
		a.Dropped++
		a.astray = !p.Marker

		return nil, nil
	}
	a.astray = false
	if _, err := a.d.Unmarshal(p.Payload); err != nil {
		a.astray = !p.Marker

		return nil, err
	}

	return a.d.AccessUnits(), nil
}
