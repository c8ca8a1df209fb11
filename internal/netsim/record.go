// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/histogram"
)

// Bin is the width of the bins in which a run is recorded.
const Bin = 100 * time.Millisecond

const binsPerSecond = int(time.Second / Bin)

func binOf(t bwe.Time) int { return int(t / bwe.Time(Bin)) }

// flowRecord is what is noted of a media flow while it runs.
type flowRecord struct {
	index int
	// warm is when the queueing delay begins to count.
	warm bwe.Time
	// target and estimate are the latest ones, which targets and estimated sample at the
	// end of each bin; tier is the tier that is wanted, noTier without a ladder.
	target    bwe.Bitrate
	targets   []bwe.Bitrate
	estimate  bwe.Bitrate
	estimated []bwe.Bitrate
	// asked is what the video encoder was asked for.
	asked bwe.Bitrate
	asks  []bwe.Bitrate
	tier  int
	tiers []int
	// made is the bytes of video that the encoder made, per bin.
	made []int64
	// delivered is the bytes that reached the receiver, per bin.
	delivered []int64

	packetsSent, packetsArrived, packetsLost      int64
	bytesSent, bytesArrived, paddingBytes         int64
	packetsRepeated, repeatedBytes                int64
	feedbackSent, feedbackArrived, feedbackLost   int64
	feedbackBytes, frames, skipped, probesStarted int64

	queueing histogram.Durations
	pacing   histogram.Durations
}

// noTier is the tier of media that has none.
const noTier = -1

func newFlowRecord(index, bins int, warm bwe.Time) *flowRecord {
	return &flowRecord{
		index: index, warm: warm, tier: noTier, targets: make([]bwe.Bitrate, bins), estimated: make([]bwe.Bitrate, bins), asks: make([]bwe.Bitrate, bins), tiers: make([]int, bins),
		made: make([]int64, bins), delivered: make([]int64, bins),
		queueing: newQueueing(), pacing: newQueueing(),
	}
}

// sample notes what holds at the end of a bin.
func (f *flowRecord) sample(bin int, running bool) {
	if running {
		f.targets[bin], f.estimated[bin], f.asks[bin], f.tiers[bin] = f.target, f.estimate, f.asked, f.tier
	}
}

func (f *flowRecord) sent(size int, kind bwe.PacketKind) {
	f.packetsSent++
	f.bytesSent += int64(size)
	switch kind {
	case bwe.PacketPadding:
		f.paddingBytes += int64(size)
	case bwe.PacketRetransmission:
		f.packetsRepeated++
		f.repeatedBytes += int64(size)
	}
}

func (f *flowRecord) arrived(now bwe.Time, p *packet) {
	f.packetsArrived++
	f.bytesArrived += int64(p.size)
	f.delivered[binOf(now)] += int64(p.size)
	if now >= f.warm {
		f.queueing.Add(p.queued)
	}
}

// monitor notes what leaves the queue of the reference link.
type monitor struct {
	// carried is the bytes of each media flow, per bin.
	carried [][]int64
	// tcp and cross are the bytes of the competitors, per bin.
	tcp, cross []int64
	// waits and waited are the number of packets and the sum of their queueing delays
	// per bin, longest the largest.
	waits   []int32
	waited  []time.Duration
	longest []time.Duration
}

func newMonitor(flows, bins int) *monitor {
	m := &monitor{
		carried: make([][]int64, flows), tcp: make([]int64, bins), cross: make([]int64, bins),
		waits: make([]int32, bins), waited: make([]time.Duration, bins), longest: make([]time.Duration, bins),
	}
	for i := range m.carried {
		m.carried[i] = make([]int64, bins)
	}

	return m
}

func (m *monitor) served(now bwe.Time, p *packet) {
	bin := binOf(now)
	switch {
	case p.flow >= 0:
		m.carried[p.flow][bin] += int64(p.size)
	case p.flow == flowTCP:
		m.tcp[bin] += int64(p.size)
	case p.flow == flowCross:
		m.cross[bin] += int64(p.size)
	}
	m.waits[bin]++
	m.waited[bin] += p.waited
	m.longest[bin] = max(m.longest[bin], p.waited)
}

// newQueueing returns a histogram of queueing delays, in steps of a tenth of a millisecond up
// to ten seconds.
func newQueueing() histogram.Durations { return histogram.New(100*time.Microsecond, 100_000) }

// quantiles are in milliseconds.
func quantiles(h *histogram.Durations) (p50, p95, p99 float64) {
	return milliseconds(h.Quantile(0.5)), milliseconds(h.Quantile(0.95)), milliseconds(h.Quantile(0.99))
}
