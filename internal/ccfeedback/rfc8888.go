// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ccfeedback

import (
	"encoding/binary"
	"time"
)

// Congestion control feedback, RFC 8888 section 3.1.

// TimestampBits is the width of [RFC8888.Timestamp].
const TimestampBits = 32

const (
	ccfbBlocks    = 8
	ccfbBlockHead = 8
	ccfbTimestamp = 4
	// ccfbReserved and above are offsets that stand for no time: 0x1ffe is beyond
	// range, 0x1fff not known.
	ccfbReserved   = 0x1ffe
	ccfbMaxReports = 16384
)

// ccfbOffset is how long before the report's timestamp a packet arrived, from
// units of 1/1024 s.
func ccfbOffset(v uint16) time.Duration { return time.Duration(v) * time.Second / 1024 }

// ReportTime is what so many ticks of [RFC8888.Timestamp] stand for, of 1/65536 s each.
func ReportTime(ticks int64) time.Duration {
	return time.Duration(ticks/65536)*time.Second + time.Duration(ticks%65536)*time.Second/65536
}

// Report is one packet's line in a report.
type Report struct {
	SSRC     uint32
	Seq      uint16
	Received bool
	// Timed tells that Offset is known: how long before the report the packet arrived.
	Timed  bool
	Offset time.Duration
}

// RFC8888 is one RFC 8888 message.
type RFC8888 struct {
	// Timestamp is when the report was made, to be read by [ReportTime]; it wraps.
	Timestamp uint32
	// Reports is reused from message to message.
	Reports []Report
}

// Parse reads one RTCP packet. It fails where a block is longer than the message.
func (f *RFC8888) Parse(b []byte) error {
	f.Reports = f.Reports[:0]
	if len(b) < ccfbBlocks+ccfbTimestamp {
		return errShortReport
	}
	end := len(b) - ccfbTimestamp
	f.Timestamp = binary.BigEndian.Uint32(b[end:])
	for b = b[ccfbBlocks:end]; len(b) > 0; {
		if len(b) < ccfbBlockHead {
			return errBlockHead
		}
		ssrc, seq := binary.BigEndian.Uint32(b), binary.BigEndian.Uint16(b[4:])
		n := int(binary.BigEndian.Uint16(b[6:]))
		b = b[ccfbBlockHead:]
		if n > ccfbMaxReports || len(b) < 2*n {
			return errBlock
		}
		for i := range n {
			v := binary.BigEndian.Uint16(b[2*i:])
			offset := v & 0x1fff
			f.Reports = append(f.Reports, Report{
				SSRC: ssrc, Seq: seq + uint16(i),
				Received: v&0x8000 != 0, Timed: offset < ccfbReserved, Offset: ccfbOffset(offset),
			})
		}
		// The blocks are padded to whole words, the last one by some senders not.
		b = b[min(len(b), 2*(n+n%2)):]
	}

	return nil
}
