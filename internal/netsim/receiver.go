// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"math/rand/v2"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// receiver is the receiving end of a media flow: it notes arrivals and reports
// them as transport-wide feedback.
type receiver struct {
	run    *simulation
	cfg    Feedback
	rng    *rand.Rand
	sender *sender
	route  []*link
	record *flowRecord
	// offset is the receiver's clock at the start of the run.
	offset time.Duration

	// arrivals are the receive times of the packets from first on, absent for those
	// that did not come.
	arrivals ring[bwe.Time]
	first    int64
	// report is the first packet of the next feedback.
	report int64
	fresh  bool
	// trip is the delay of the latest packet.
	trip time.Duration
}

const (
	// absent marks a packet that did not arrive.
	absent bwe.Time = -1
	// arrivalsKept is how far back a late packet may still be reported.
	arrivalsKept = 1024
	// mostOffset bounds the difference of the two clocks.
	mostOffset = 1000 * time.Second
)

// start begins to report, at a phase of its own.
func (r *receiver) start(now bwe.Time) {
	phase := time.Duration(r.rng.Float64() * float64(r.cfg.Interval))
	r.run.timeline.schedule(now.Add(phase), r, 0, nil)
}

// handle sends a report.
func (r *receiver) handle(operation, *packet) {
	now := r.run.timeline.now
	r.run.timeline.schedule(now.Add(r.cfg.Interval.Std()), r, 0, nil)
	if !r.fresh {
		return
	}
	r.fresh = false
	end := r.first + int64(r.arrivals.len())
	if r.cfg.OmitEdgeLoss {
		for r.report < end && *r.arrivals.at(int(r.report - r.first)) == absent {
			r.report++
		}
	}
	r.send(now, end)
	if r.cfg.Duplicate > 0 && r.rng.Float64() < r.cfg.Duplicate {
		r.send(now, end)
	}
	r.report = end
	for r.arrivals.len() > arrivalsKept {
		r.arrivals.pop()
		r.first++
	}
}

func (r *receiver) send(now bwe.Time, end int64) {
	p := r.run.pool.get()
	for seq := r.report; seq < end; seq++ {
		result := bwe.PacketResult{Seq: seq}
		if at := *r.arrivals.at(int(seq - r.first)); at != absent {
			result.Received, result.ReceivedAt = true, at
		}
		p.results = append(p.results, result)
	}
	p.owner, p.route, p.flow, p.sentAt = r.sender, r.route, flowFeedback, now
	d := &r.sender.delivery
	p.missing = d.missing(now, r.trip+r.sender.feedbackDelay, p.missing)
	d.settle(now)
	p.wantsKey = d.wantsKey()
	p.size = feedbackSize(p.results) + requestSize(len(p.missing), p.wantsKey)
	r.record.feedbackSent++
	r.record.feedbackBytes += int64(p.size)
	forward(p)
}

// arrive notes a media packet.
func (r *receiver) arrive(p *packet) {
	now := r.run.timeline.now
	r.record.arrived(now, p)
	r.note(p.seq, r.clock(now))
	r.trip = now.Sub(p.sentAt)
	if p.media != noMedia {
		r.sender.delivery.arrived(now, p.media)
	}
	r.run.pool.put(p)
}

// lose hears of a media packet that did not come.
func (r *receiver) lose(p *packet) {
	r.record.packetsLost++
	r.run.pool.put(p)
}

func (r *receiver) note(seq int64, at bwe.Time) {
	i := seq - r.first
	if i < 0 {
		return
	}
	for int64(r.arrivals.len()) <= i {
		r.arrivals.push(absent)
	}
	*r.arrivals.at(int(i)) = at
	// A packet that was reported lost makes the next report start over from it, as
	// libwebrtc's receiver does.
	r.report = min(r.report, seq)
	r.fresh = true
}

// clock reads the receiver's clock in its grain.
func (r *receiver) clock(now bwe.Time) bwe.Time {
	skew := time.Duration(float64(now) * r.cfg.ClockSkew / 1e6)
	at := now.Add(skew + r.offset)

	return at - at%r.cfg.Quantum.time()
}

// Sizes of the parts of a transport-wide feedback message in bytes
// (draft-holmer-rmcat-transport-wide-cc-extensions-01), with two-bit status
// vectors.
const (
	feedbackHeader     = 20
	packetsPerChunk    = 7
	chunkSize          = 2
	smallDelta         = 1
	largeDelta         = 2
	largestSmall       = 255 * 250 * time.Microsecond
	rtcpWord           = 4
	longestRTCPSuffice = rtcpWord - 1
)

// Sizes of the messages that ask for packets and for a key frame, in bytes (RFC
// 4585, sections 6.2.1 and 6.3.1), the former with an entry for each packet.
const (
	requestHeader = 12
	requestEntry  = 4
)

func requestSize(missing int, key bool) int {
	size := 0
	if missing > 0 {
		size = requestHeader + missing*requestEntry
	}
	if key {
		size += requestHeader
	}

	return size
}

// feedbackSize is the size of a report on the wire.
func feedbackSize(results []bwe.PacketResult) int {
	size := feedbackHeader + (len(results)+packetsPerChunk-1)/packetsPerChunk*chunkSize
	last := absent
	for _, r := range results {
		if !r.Received {
			continue
		}
		delta := r.ReceivedAt.Sub(last)
		if last == absent {
			delta = 0
		}
		last = r.ReceivedAt
		if delta >= 0 && delta <= largestSmall {
			size += smallDelta
		} else {
			size += largeDelta
		}
	}

	return (size + longestRTCPSuffice) / rtcpWord * rtcpWord
}
