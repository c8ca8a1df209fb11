// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"math"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

const (
	// payloadMost is the size of a full packet on the wire, in bytes.
	payloadMost = 1200
	// paddingMemory is how long media sent in excess of the padding rate keeps
	// padding back.
	paddingMemory = 0.25
	// settled is below what a debt in bits is none, against rounding.
	settled = 0.5
	// probesKept bounds the probes that wait.
	probesKept = 16
)

// pacer spaces packets at a rate. It is arithmetic on the time that it is told.
type pacer struct {
	queue ring[waiting]
	// repeats are the packets that go before those of the queue. bytes is the size of
	// both.
	repeats ring[waiting]
	bytes   int64

	rate    bwe.Bitrate
	padding bwe.Bitrate
	// debt is what was sent ahead of the rate, in bits.
	debt float64
	// credit is the padding that is due, in bits.
	credit float64
	at     bwe.Time

	probes ring[bwe.Probe]
	// probeBytes and probePackets are what was sent of the first of probes.
	probeBytes   int64
	probePackets int
}

// waiting is a packet in the pacer's queue.
type waiting struct {
	size  int
	media int64
	since bwe.Time
}

// put queues a packet.
func (p *pacer) put(w waiting) {
	p.queue.push(w)
	p.bytes += int64(w.size)
}

// repeat queues a packet that was sent before.
func (p *pacer) repeat(w waiting) {
	p.repeats.push(w)
	p.bytes += int64(w.size)
}

// take removes the packet that next named.
func (p *pacer) take(kind bwe.PacketKind) waiting {
	queue := &p.queue
	if kind == bwe.PacketRetransmission {
		queue = &p.repeats
	}
	w := queue.pop()
	p.bytes -= int64(w.size)

	return w
}

// delay is how long the queue takes at the present rate.
func (p *pacer) delay() time.Duration { return p.rate.TimeFor(p.bytes) }

// set takes in new rates, and probes of at most the given rate.
func (p *pacer) set(now bwe.Time, u *bwe.Update, most bwe.Bitrate) {
	p.settle(now)
	p.rate, p.padding = u.PacingRate, u.PaddingRate
	for _, probe := range u.Probes {
		if p.probes.len() < probesKept && probe.Bitrate > 0 {
			probe.Bitrate = min(probe.Bitrate, most)
			p.probes.push(probe)
		}
	}
}

// speed is the rate at which packets leave: that of the probe where there is one.
func (p *pacer) speed() bwe.Bitrate {
	if p.probes.len() > 0 {
		return p.probes.at(0).Bitrate
	}

	return p.rate
}

func (p *pacer) settle(now bwe.Time) {
	elapsed := now.Sub(p.at).Seconds()
	p.at = now
	p.debt = max(0, p.debt-float64(p.speed())*elapsed)
	p.credit = min(p.credit+float64(p.padding)*elapsed, payloadMost*8)
}

// next returns what may leave at now: a packet's size and kind, or size zero and
// the time to ask again. While blocked only probes leave.
func (p *pacer) next(now bwe.Time, blocked bool) (size int, kind bwe.PacketKind, wait time.Duration) {
	p.settle(now)
	media := p.queue.len()+p.repeats.len() > 0
	switch {
	case p.probes.len() > 0:
	case blocked:
		return 0, 0, math.MaxInt64
	case !media && p.padding > 0 && p.credit < payloadMost*8-settled:
		return 0, 0, after(payloadMost*8-p.credit, p.padding)
	case !media && p.padding <= 0:
		return 0, 0, math.MaxInt64
	}
	if p.debt > settled {
		return 0, 0, after(p.debt, p.speed())
	}
	if p.speed() <= 0 {
		return 0, 0, math.MaxInt64
	}
	if p.repeats.len() > 0 {
		return p.repeats.at(0).size, bwe.PacketRetransmission, 0
	}
	if media {
		return p.queue.at(0).size, bwe.PacketVideo, 0
	}

	return payloadMost, bwe.PacketPadding, 0
}

// sent accounts for a packet that left and returns the probe that it belongs to,
// zero for none.
func (p *pacer) sent(size int) (cluster int) {
	bits := float64(size) * 8
	p.debt += bits
	p.credit = max(p.credit-bits, -paddingMemory*float64(p.padding))
	if p.probes.len() == 0 {
		return 0
	}
	probe := p.probes.at(0)
	p.probeBytes += int64(size)
	p.probePackets++
	cluster = probe.ID
	if p.probePackets >= probe.MinPackets && p.probeBytes >= probe.Bitrate.Bytes(probe.MinDuration) {
		p.probes.pop()
		p.probeBytes, p.probePackets = 0, 0
	}

	return cluster
}

// after is how long it takes to work off bits, rounded up.
func after(bits float64, rate bwe.Bitrate) time.Duration {
	if rate <= 0 {
		return math.MaxInt64
	}
	seconds := bits / float64(rate)
	if seconds > time.Hour.Seconds() {
		return time.Hour
	}

	return time.Duration(math.Ceil(seconds*float64(time.Second))) + 1
}
