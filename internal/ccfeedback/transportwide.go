// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ccfeedback

import (
	"encoding/binary"
	"time"
)

// Transport-wide feedback, draft-holmer-rmcat-transport-wide-cc-extensions-01
// section 3.1. It is parsed here and not by pion/rtcp because that costs an
// allocation a packet, and because a message that contradicts itself has to be told
// from one that is merely unusual.

// The units of transport-wide feedback.
const (
	// ReferenceTick is the unit of the reference time, which is ReferenceBits wide.
	ReferenceTick = 64 * time.Millisecond
	ReferenceBits = 24
	// DeltaTick is the unit of receive deltas.
	DeltaTick = 250 * time.Microsecond
	// MaxPackets bounds what one message may name: half the range of the sequence
	// number, beyond which a number no longer tells one packet.
	MaxPackets = 1 << 15
)

const (
	twccChunks   = 20
	maxPadding   = 3
	symbolLost   = 0
	symbolSmall  = 1
	symbolLarge  = 2
	symbolNoTime = 3
)

// TransportWide is one transport-wide feedback message.
type TransportWide struct {
	// Base is the wire number of the first packet that the message names.
	Base uint16
	// Reference is the receiver's time, in units of [ReferenceTick]; it wraps.
	Reference uint32
	// Count numbers the receiver's messages; it wraps.
	Count uint8
	// Packets is reused from message to message.
	Packets []TransportWidePacket
}

// TransportWidePacket is the fate of packet Base+i: lost where not Received, else
// received at the reference time plus At.
type TransportWidePacket struct {
	Received bool
	At       time.Duration
}

// Parse reads one RTCP packet. It fails where the message is truncated, names more
// packets than any sender remembers, or where its receive deltas do not end where it
// ends, as happens with a wrong status count; its times would then be noise.
func (f *TransportWide) Parse(b []byte) error {
	f.Packets = f.Packets[:0]
	if len(b) < twccChunks {
		return errShortWide
	}
	f.Base = binary.BigEndian.Uint16(b[12:])
	total := int(binary.BigEndian.Uint16(b[14:]))
	f.Reference = binary.BigEndian.Uint32(b[16:]) >> 8
	f.Count = b[19]
	if total == 0 || total > MaxPackets {
		return errCountWide
	}
	rest, err := f.parseChunks(b[twccChunks:], total)
	if err != nil {
		return err
	}
	rest, err = f.parseDeltas(rest)
	if err != nil {
		return err
	}
	if !isPadding(rest, b[0]&0x20 != 0) {
		return errRestWide
	}

	return nil
}

// parseChunks reads the packet status chunks. The kind of delta is kept in at until
// the deltas are read.
func (f *TransportWide) parseChunks(b []byte, total int) ([]byte, error) {
	add := func(symbol uint16) {
		if len(f.Packets) < total {
			f.Packets = append(f.Packets, TransportWidePacket{Received: symbol != symbolLost, At: time.Duration(symbol)})
		}
	}
	for len(f.Packets) < total {
		if len(b) < 2 {
			return nil, errChunksWide
		}
		chunk := binary.BigEndian.Uint16(b)
		b = b[2:]
		switch {
		case chunk&0x8000 == 0:
			for range chunk & 0x1fff {
				add(chunk >> 13 & 3)
			}
		case chunk&0x4000 == 0:
			for i := 13; i >= 0; i-- {
				add(chunk >> i & 1)
			}
		default:
			for i := 12; i >= 0; i -= 2 {
				add(chunk >> i & 3)
			}
		}
	}

	return b, nil
}

func (f *TransportWide) parseDeltas(b []byte) ([]byte, error) {
	var at time.Duration
	for i := range f.Packets {
		p := &f.Packets[i]
		switch p.At {
		case symbolSmall:
			if len(b) < 1 {
				return nil, errDeltasWide
			}
			at += time.Duration(b[0]) * DeltaTick
			b = b[1:]
		case symbolLarge:
			if len(b) < 2 {
				return nil, errDeltasWide
			}
			at += time.Duration(int16(binary.BigEndian.Uint16(b))) * DeltaTick
			b = b[2:]
		case symbolNoTime:
			// Received, with no delta of its own: the time of its neighbour is the
			// best there is.
		}
		p.At = at
	}

	return b, nil
}

// isPadding tells what may follow the deltas from a message that was misread: up to
// three bytes, zeros, or as much as the padding bit announces.
func isPadding(b []byte, flagged bool) bool {
	if len(b) <= maxPadding || (flagged && int(b[len(b)-1]) == len(b)) {
		return true
	}
	for _, v := range b {
		if v != 0 {
			return false
		}
	}

	return true
}
