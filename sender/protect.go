// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// frameMark says what the frame with an RTP timestamp is worth.
type frameMark struct {
	ssrc, timestamp uint32
	class           ratecontrol.FrameClass
}

// maxMarks is how many of the latest frames of a stream are known: more than may be
// between their description and their packets.
const maxMarks = 32

// frameMarks are the latest frames of one stream.
type frameMarks struct {
	marks [maxMarks]frameMark
	next  int
	n     int
}

func (m *frameMarks) add(mark frameMark) {
	m.marks[m.next] = mark
	m.next = (m.next + 1) % maxMarks
	m.n = min(m.n+1, maxMarks)
}

// class returns what a frame is worth, the newest description first. A frame that was
// not described may be referred to.
func (m *frameMarks) class(timestamp uint32) ratecontrol.FrameClass {
	for i := 1; i <= m.n; i++ {
		if mark := &m.marks[(m.next+maxMarks-i)%maxMarks]; mark.timestamp == timestamp {
			return mark.class
		}
	}

	return ratecontrol.FrameReference
}

// DescribeFrame says what the video frame with an RTP timestamp is worth, before its
// packets are written to the stream of media ssrc. Losses of a key frame are made up for
// first, those of a frame that nothing refers to not at all on a poor path. A frame that
// is not described counts as one that others refer to; audio always comes first.
func (s *Sender) DescribeFrame(ssrc, timestamp uint32, class ratecontrol.FrameClass) {
	s.post(func(in *inbox) { in.marks = append(in.marks, frameMark{ssrc, timestamp, class}) })
}

// ProtectionChanged tells that losses are made up for otherwise. As an event it is
// named "protection".
type ProtectionChanged struct {
	At bwe.Time `json:"t"`
	// Rate is the FEC of reference frames as a share of their bytes, from 0 to 1; KeyRate
	// and DisposableRate are those of the other frames.
	Rate           float64 `json:"rate"`
	KeyRate        float64 `json:"key_rate"`
	DisposableRate float64 `json:"disposable_rate"`
	// Loss is the loss that is followed, from 0 to 1.
	Loss float64 `json:"loss"`
	// Attempts is how many repeats of a packet, one after the other, arrive in time.
	Attempts int `json:"attempts"`
	// Poor: frames that nothing refers to are not repeated.
	Poor bool `json:"poor,omitempty"`
}

// EventName implements [bwe.Event].
func (*ProtectionChanged) EventName() string { return "protection" }

// Time implements [bwe.Event].
func (p *ProtectionChanged) Time() bwe.Time { return p.At }

// planProtection adapts the protection to the loop's latest update.
func (o *owner) planProtection(at bwe.Time) {
	before := o.plan
	o.plan = *o.protection.OnEstimate(o.loop.Update(), o.rtt(0))
	if p := &o.plan; p.Rate != before.Rate || p.Poor != before.Poor || p.DisposableRate != before.DisposableRate {
		o.events.protection = ProtectionChanged{
			At: at, Rate: p.Rate, KeyRate: p.KeyRate, DisposableRate: p.DisposableRate,
			Loss: p.Loss, Attempts: p.Attempts, Poor: p.Poor,
		}
		o.observe(&o.events.protection)
	}
}

// inTime says whether a repeat that leaves at now still finds the receiver waiting. It
// takes the way to the receiver as long as the packet itself would have, so that it is
// late by its age alone.
func (o *owner) inTime(p *packet, now bwe.Time) bool {
	return now.Sub(p.sentAt) <= o.cfg.Protection.ReceiverBuffer
}

// reserve is the share of the budget for repeats that a packet leaves to those worth
// more.
func reserve(class ratecontrol.FrameClass) float64 {
	switch class {
	case ratecontrol.FrameKey:
		return 0
	case ratecontrol.FrameReference:
		return 0.25
	default:
		return 0.5
	}
}

// overheadMeter measures what of the bytes on the wire is not media. Padding is left
// out: it only takes what is left.
type overheadMeter struct {
	at          bwe.Time
	wire, media int64
	share       float64
	known       bool
	// told is the share that the controller last heard.
	told float64
}

const (
	overheadInterval = 200 * time.Millisecond
	// overheadPart is the part of each interval in the mean: it follows within a second.
	overheadPart = 0.3
	// overheadStep is the least change that the controller hears of.
	overheadStep = 0.01
)

func (m *overheadMeter) add(kind bwe.PacketKind, size, payload int) {
	if kind == bwe.PacketPadding {
		return
	}
	m.wire += int64(size)
	if kind == bwe.PacketVideo || kind == bwe.PacketAudio {
		m.media += int64(payload)
	}
}

// measure closes an interval that is over, and says whether the share, held to be least
// at least, has changed since it was told.
func (m *overheadMeter) measure(now bwe.Time, least float64) bool {
	if now.Sub(m.at) < overheadInterval || m.wire == 0 {
		return false
	}
	share := 1 - float64(m.media)/float64(m.wire)
	if !m.known {
		m.known, m.share = true, share
	}
	m.share += overheadPart * (share - m.share)
	m.at, m.wire, m.media = now, 0, 0
	change := max(m.share, least) - max(m.told, least)
	if change < overheadStep && change > -overheadStep {
		return false
	}
	m.told = m.share

	return true
}

// reportOverhead tells the rate controller what is left of the estimate for media.
func (o *owner) reportOverhead() {
	if !o.overhead.measure(o.last, o.cfg.RateControl.Overhead) {
		return
	}
	o.loop.OnOverhead(ratecontrol.Overhead{At: o.last, Share: o.overhead.told})
	o.announce()
}
