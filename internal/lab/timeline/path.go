// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package timeline

import (
	"math"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// bin is what is counted of one bin of the path.
type bin struct {
	sent, media, received int64 // bytes
	delay, delayMax       float64
	delayMin, rise        float64
	arrived, lost         int32 // packets sent in the bin
	rtt, silence          float64
}

// path reduces packets and feedback to bins.
type path struct {
	bins    []bin
	flight  flight
	base    baseDelay
	totals  Totals
	outside Totals
	jitter  float64
	jitters int64
	// totals are of what is in the window from since until until, exclusive, and outside of
	// the rest: of packets by the time when they were sent.
	since, until bwe.Time
	// heardAt is when the last feedback came, waitingSince since when one is waited for.
	heardAt, waitingSince bwe.Time
	waiting               bool
	// newest is the newest packet that arrived, and its transit time.
	newest  int64
	transit time.Duration
	any     bool
}

// reach makes the bin, and those before it.
func (p *path) reach(index int) *bin {
	for len(p.bins) <= index {
		p.bins = append(p.bins, bin{rtt: math.NaN()})
	}

	return &p.bins[index]
}

// count returns what counts that which is of a time.
func (p *path) count(at bwe.Time) *Totals {
	if at < p.since || at >= p.until {
		return &p.outside
	}

	return &p.totals
}

func (p *path) forget(at bwe.Time) { p.count(at).PacketsUnreported++ }

// restart begins a new connection: numbers and clocks begin anew.
func (p *path) restart() {
	p.flight.unreported(p.forget)
	p.flight.reset()
	p.base, p.any, p.waiting = baseDelay{}, false, false
}

func (p *path) onSent(s *bwe.SentPacket) {
	b := p.reach(binOf(s.At))
	totals := p.count(s.At)
	totals.PacketsSent++
	totals.BytesSent += int64(s.Size)
	b.sent += int64(s.Size)
	switch s.Kind {
	case bwe.PacketPadding:
		totals.BytesPadding += int64(s.Size)
	case bwe.PacketRetransmission:
		totals.PacketsRepeated++
	case bwe.PacketVideo, bwe.PacketAudio, bwe.PacketFEC:
		b.media += int64(s.Size)
	}
	if at, forgotten := p.flight.add(s); forgotten {
		p.forget(at)
	}
	if !p.waiting {
		p.waiting, p.waitingSince = true, s.At
	}
	b.silence = max(b.silence, s.At.Sub(p.waitingSince).Seconds())
}

func (p *path) onFeedback(f *bwe.Feedback) {
	totals := p.count(f.At)
	totals.Feedbacks++
	b := p.reach(binOf(f.At))
	if p.waiting {
		b.silence = max(b.silence, f.At.Sub(p.waitingSince).Seconds())
	}
	p.heardAt, p.waiting, p.waitingSince = f.At, true, f.At
	var newest bwe.Time
	heard := false
	for i := range f.Results {
		r := &f.Results[i]
		sent := p.flight.find(r.Seq)
		if sent == nil {
			totals.ResultsUnknown++

			continue
		}
		if !p.settle(sent, r) {
			continue
		}
		newest, heard = max(newest, sent.at), true
	}
	if heard {
		rtt := f.At.Sub(newest).Seconds()
		// settle may have made further bins.
		if b = &p.bins[binOf(f.At)]; !(b.rtt <= rtt) {
			b.rtt = rtt
		}
	}
	if p.flight.waiting == 0 {
		p.waiting = false
	}
}

// settle takes in what is said of a packet and tells whether it is news of its arrival.
func (p *path) settle(sent *packet, r *bwe.PacketResult) bool {
	before, totals := sent.outcome, p.count(sent.at)
	switch {
	case before == received, before == lost && !r.Received:
		totals.ResultsRepeated++

		return false
	case !r.Received:
		sent.outcome = lost
		p.flight.waiting--
		totals.PacketsLost++
		p.bins[binOf(sent.at)].lost++

		return false
	case before == lost:
		totals.PacketsLost--
		totals.ReceivedLate++
		p.bins[binOf(sent.at)].lost--
	default:
		p.flight.waiting--
	}
	sent.outcome = received
	totals.PacketsReceived++
	totals.BytesReceived += int64(sent.size)
	transit := r.ReceivedAt.Sub(sent.at)
	over := p.base.above(sent.at, transit)
	b := &p.bins[binOf(sent.at)]
	b.rise = max(b.rise, p.onTransit(sent, transit).Seconds())
	if b.arrived == 0 || over.Seconds() < b.delayMin {
		b.delayMin = over.Seconds()
	}
	b.arrived++
	b.delay += over.Seconds()
	b.delayMax = max(b.delayMax, over.Seconds())
	if at := sent.at.Add(over); at < bwe.Time(MaxLength) {
		p.reach(binOf(at)).received += int64(sent.size)
	}

	return true
}

// onTransit measures jitter and reordering, and returns by how much the transit time is
// longer than that of the packet before.
func (p *path) onTransit(sent *packet, transit time.Duration) time.Duration {
	totals := p.count(sent.at)
	if p.any && sent.seq < p.newest {
		totals.Reordered++

		return 0
	}
	rise := time.Duration(0)
	if p.any {
		rise = transit - p.transit
		if totals == &p.totals {
			p.jitter += rise.Abs().Seconds()
			p.jitters++
		}
	}
	p.any, p.newest, p.transit = true, sent.seq, transit

	return rise
}

// fill makes the signals.
func (p *path) fill(t *Timeline, bins int) {
	signals := []*Signal{&t.Sent, &t.Media, &t.Received, &t.Delay, &t.DelayMax, &t.DelayMin, &t.Rise, &t.Loss, &t.RTT, &t.Silence}
	values := make([]float64, len(signals)*bins)
	for i, s := range signals {
		*s = values[i*bins : (i+1)*bins : (i+1)*bins]
	}
	perSecond := 8 / Bin.Seconds()
	for i := range bins {
		b := bin{rtt: math.NaN()}
		if i < len(p.bins) {
			b = p.bins[i]
		}
		t.Sent[i], t.Media[i], t.Received[i] = float64(b.sent)*perSecond, float64(b.media)*perSecond, float64(b.received)*perSecond
		t.Delay[i], t.DelayMax[i], t.DelayMin[i], t.Rise[i], t.Loss[i] = math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN()
		if b.arrived > 0 {
			t.Delay[i], t.DelayMax[i], t.DelayMin[i], t.Rise[i] = b.delay/float64(b.arrived), b.delayMax, b.delayMin, b.rise
		}
		if n := b.arrived + b.lost; n > 0 {
			t.Loss[i] = float64(b.lost) / float64(n)
		}
		t.RTT[i], t.Silence[i] = b.rtt, b.silence
	}
	p.flight.unreported(p.forget)
	t.Totals = p.totals
	if p.jitters > 0 {
		jitter := p.jitter / float64(p.jitters)
		t.Totals.Jitter = &jitter
	}
}
