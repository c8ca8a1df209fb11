// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"time"

	"github.com/pion/rtcp"
)

// rrtr measures the round trip of a receive-only endpoint: it sends receiver
// reference time reports and reads the DLRR blocks that answer them (RFC 3611,
// sections 4.4 and 4.5). pion has no interceptor for either. It is not safe for
// concurrent use.
type rrtr struct {
	// ssrc is the sender SSRC of the reports, by which answers are told apart.
	ssrc uint32
	rtt  time.Duration
	sent uint64
	// answers counts DLRR sub-blocks that name one of our reports; last is the last of
	// them, which pion shows once for each SSRC that it names.
	answers uint64
	last    rtcp.DLRRReport
}

// report makes the next report.
func (r *rrtr) report(now time.Time) rtcp.Packet {
	r.sent++

	return &rtcp.ExtendedReport{
		SenderSSRC: r.ssrc,
		Reports:    []rtcp.ReportBlock{&rtcp.ReceiverReferenceTimeReportBlock{NTPTimestamp: ntpTime(now)}},
	}
}

// maxRTT is the longest round trip that is believed.
const maxRTT = 10 * time.Second

// answer takes a DLRR sub-block that came at now: RTT = A - LRR - DLRR, in units of
// 1/65536 s.
func (r *rrtr) answer(d *rtcp.DLRRReport, now time.Time) {
	if d.SSRC != r.ssrc || d.LastRR == 0 || *d == r.last {
		return
	}
	r.last = *d
	r.answers++
	middle := uint32(ntpTime(now) >> 16) //nolint:gosec // the middle 32 bits
	ticks := int32(middle - d.LastRR - d.DLRR)
	rtt := time.Duration(ticks) * time.Second / 65536
	if rtt < 0 || rtt > maxRTT {
		return
	}
	r.rtt = rtt
}

// ntpEpoch is the start of NTP's first era.
var ntpEpoch = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)

// ntpTime is t as a 64-bit NTP timestamp (RFC 5905).
func ntpTime(t time.Time) uint64 {
	sec := t.Unix() - ntpEpoch.Unix()
	frac := uint64(t.Nanosecond()) << 32 / uint64(time.Second) //nolint:gosec // never negative

	return uint64(sec)<<32 | frac //nolint:gosec // modular by design
}

// fromNTP is the time of a 64-bit NTP timestamp, in the era next to near.
func fromNTP(v uint64, near time.Time) time.Time {
	d := int64(v - ntpTime(near)) //nolint:gosec // modular by design
	sec := d >> 32
	nsec := (d & (1<<32 - 1)) * int64(time.Second) >> 32

	return near.Add(time.Duration(sec)*time.Second + time.Duration(nsec))
}
