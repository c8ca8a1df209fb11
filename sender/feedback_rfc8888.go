// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"encoding/binary"
	"time"
)

// Congestion control feedback, RFC 8888 section 3.1.

const (
	ccfbBlocks    = 8
	ccfbBlockHead = 8
	ccfbTimestamp = 4
	// ccfbReserved and above are offsets that stand for no time: 0x1ffe is beyond
	// range, 0x1fff not known.
	ccfbReserved   = 0x1ffe
	ccfbClockBits  = 32
	ccfbMaxReports = 16384
)

// ccfbOffset is how long before the report's timestamp a packet arrived, from
// units of 1/1024 s.
func ccfbOffset(v uint16) time.Duration { return time.Duration(v) * time.Second / 1024 }

// ccfbClock is the report timestamp's unit of 1/65536 s.
func ccfbClock(ticks int64) time.Duration {
	return time.Duration(ticks/65536)*time.Second + time.Duration(ticks%65536)*time.Second/65536
}

// ccfbReport is one packet's line in a report.
type ccfbReport struct {
	ssrc     uint32
	seq      uint16
	received bool
	// timed: offset is known.
	timed  bool
	offset time.Duration
}

// ccfbFeedback is one RFC 8888 message.
type ccfbFeedback struct {
	timestamp uint32
	reports   []ccfbReport
}

// parse reads one RTCP packet. It fails where a block is longer than the message.
func (f *ccfbFeedback) parse(b []byte) error {
	f.reports = f.reports[:0]
	if len(b) < ccfbBlocks+ccfbTimestamp {
		return errMalformed
	}
	end := len(b) - ccfbTimestamp
	f.timestamp = binary.BigEndian.Uint32(b[end:])
	for b = b[ccfbBlocks:end]; len(b) > 0; {
		if len(b) < ccfbBlockHead {
			return errMalformed
		}
		ssrc, seq := binary.BigEndian.Uint32(b), binary.BigEndian.Uint16(b[4:])
		n := int(binary.BigEndian.Uint16(b[6:]))
		b = b[ccfbBlockHead:]
		if n > ccfbMaxReports || len(b) < 2*n {
			return errMalformed
		}
		for i := range n {
			v := binary.BigEndian.Uint16(b[2*i:])
			offset := v & 0x1fff
			f.reports = append(f.reports, ccfbReport{
				ssrc: ssrc, seq: seq + uint16(i),
				received: v&0x8000 != 0, timed: offset < ccfbReserved, offset: ccfbOffset(offset),
			})
		}
		// The blocks are padded to whole words, the last one by some senders not.
		b = b[min(len(b), 2*(n+n%2)):]
	}

	return nil
}
