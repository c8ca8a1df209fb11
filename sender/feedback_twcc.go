// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"encoding/binary"
	"errors"
	"time"
)

// Transport-wide feedback, draft-holmer-rmcat-transport-wide-cc-extensions-01
// section 3.1. It is parsed here and not by pion/rtcp because that costs an
// allocation a packet, and because a message that contradicts itself has to be told
// from one that is merely unusual.

const (
	twccChunks   = 20
	twccRefTick  = 64 * time.Millisecond
	twccTick     = 250 * time.Microsecond
	twccRefBits  = 24
	maxPadding   = 3
	symbolLost   = 0
	symbolSmall  = 1
	symbolLarge  = 2
	symbolNoTime = 3
)

// errMalformed is returned for RTCP that is truncated or contradicts itself.
var errMalformed = errors.New("sender: malformed RTCP")

// twccFeedback is one transport-wide feedback message.
type twccFeedback struct {
	base    uint16
	refTime uint32
	count   uint8
	// packets is reused from message to message.
	packets []twccPacket
}

// twccPacket is the fate of packet base+i: lost where not received, else received at
// the reference time plus at.
type twccPacket struct {
	received bool
	at       time.Duration
}

// parse reads one RTCP packet. It fails where the message is truncated, names more
// packets than any sender remembers, or where its receive deltas do not end where it
// ends, as happens with a wrong status count; its times would then be noise.
func (f *twccFeedback) parse(b []byte) error {
	f.packets = f.packets[:0]
	if len(b) < twccChunks {
		return errMalformed
	}
	f.base = binary.BigEndian.Uint16(b[12:])
	total := int(binary.BigEndian.Uint16(b[14:]))
	f.refTime = binary.BigEndian.Uint32(b[16:]) >> 8
	f.count = b[19]
	if total == 0 || total > maxSentRecords {
		return errMalformed
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
		return errMalformed
	}

	return nil
}

// parseChunks reads the packet status chunks. The kind of delta is kept in at until
// the deltas are read.
func (f *twccFeedback) parseChunks(b []byte, total int) ([]byte, error) {
	add := func(symbol uint16) {
		if len(f.packets) < total {
			f.packets = append(f.packets, twccPacket{received: symbol != symbolLost, at: time.Duration(symbol)})
		}
	}
	for len(f.packets) < total {
		if len(b) < 2 {
			return nil, errMalformed
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

func (f *twccFeedback) parseDeltas(b []byte) ([]byte, error) {
	var at time.Duration
	for i := range f.packets {
		p := &f.packets[i]
		switch p.at {
		case symbolSmall:
			if len(b) < 1 {
				return nil, errMalformed
			}
			at += time.Duration(b[0]) * twccTick
			b = b[1:]
		case symbolLarge:
			if len(b) < 2 {
				return nil, errMalformed
			}
			at += time.Duration(int16(binary.BigEndian.Uint16(b))) * twccTick
			b = b[2:]
		case symbolNoTime:
			// Received, with no delta of its own: the time of its neighbour is the
			// best there is.
		}
		p.at = at
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
