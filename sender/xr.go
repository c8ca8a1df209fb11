// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtcp"

	"github.com/rtmcc/rtmcc/bwe"
)

// Extended reports, RFC 3611. A receiver that sends no media measures the round trip
// by its reference time (section 4.4) and our answer to it (section 4.5). A CDN that
// cannot gives up on retransmission early, so that every reference time is answered.

const (
	xrBlocks    = 8
	xrRRTR      = 4
	xrRRTRWords = 2
)

// referenceTime is one receiver reference time that waits for its answer.
type referenceTime struct {
	ssrc uint32
	// lrr is the middle 32 bits of its NTP time.
	lrr uint32
	at  bwe.Time
}

// parseXR calls each for every receiver reference time in an extended report.
func parseXR(b []byte, each func(ssrc, lrr uint32)) error {
	if len(b) < xrBlocks {
		return errMalformed
	}
	ssrc := binary.BigEndian.Uint32(b[4:])
	for b = b[xrBlocks:]; len(b) > 0; {
		if len(b) < 4 {
			return errMalformed
		}
		words := int(binary.BigEndian.Uint16(b[2:]))
		if len(b) < 4*(words+1) {
			return errMalformed
		}
		if b[0] == xrRRTR {
			if words != xrRRTRWords {
				return errMalformed
			}
			each(ssrc, uint32(binary.BigEndian.Uint64(b[4:])>>16))
		}
		b = b[4*(words+1):]
	}

	return nil
}

// ntpShort is d in the units of 1/65536 s of RTCP's short NTP format. What does not
// fit wraps as the format's own times do.
func ntpShort(d time.Duration) uint32 {
	seconds, rest := d/time.Second, d%time.Second

	return uint32(seconds)<<16 + uint32(rest*65536/time.Second)
}

// answerXR builds the extended report that answers refs at now, declared as from
// ssrc. A receiver report goes in front, as RFC 3550 section 6.1 has every compound
// begin with a report.
func answerXR(ssrc uint32, refs []referenceTime, now bwe.Time) []rtcp.Packet {
	block := &rtcp.DLRRReportBlock{Reports: make([]rtcp.DLRRReport, 0, len(refs))}
	for _, r := range refs {
		block.Reports = append(block.Reports, rtcp.DLRRReport{
			SSRC: r.ssrc, LastRR: r.lrr, DLRR: ntpShort(now.Sub(r.at)),
		})
	}

	return []rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: ssrc},
		&rtcp.ExtendedReport{SenderSSRC: ssrc, Reports: []rtcp.ReportBlock{block}},
	}
}
