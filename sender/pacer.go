// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// pacer decides which packet leaves when. It is arithmetic on now: no goroutine, no
// clock, no I/O. The rate is held by the generic cell rate algorithm (ITU-T I.371): a
// packet of size s moves the time at which the link is paid off by s/rate, and may
// leave while that time is less than the burst ahead. The time never falls behind
// now, so that idling earns nothing.
type pacer struct {
	cfg     PacerConfig
	lanes   [queuedLanes]fifo
	bytes   int64
	rate    bwe.Bitrate
	padRate bwe.Bitrate
	// paid is when what was sent is paid off at rate, padPaid when it is at padRate.
	paid    bwe.Time
	padPaid bwe.Time
	probes  probes
	// shut: the congestion window keeps the front packet back.
	shut bool
	// dropped is told of every packet that the pacer gives up.
	dropped func(it item, reason DropReason)
}

// DropReason says why the pacer gave a packet up.
type DropReason string

// The reasons for which the pacer gives packets up.
const (
	// DropQueueTime: the packet waited longer than PacerConfig.MaxQueueTime.
	DropQueueTime DropReason = "queue_time"
	// DropQueueBytes: the queue was full.
	DropQueueBytes DropReason = "queue_bytes"
	// DropFrame: another packet of the same frame was dropped.
	DropFrame DropReason = "frame"
	// DropStale: the repeat came too late to be of use.
	DropStale DropReason = "stale"
	// DropRepeat: an interceptor upstream repeated a packet that is too old, repeated
	// within the round trip, or beyond the budget.
	DropRepeat DropReason = "repeat"
	// DropClosed: the stream, or the whole sender, was closed.
	DropClosed DropReason = "closed"
)

// minPacingRate keeps the arithmetic finite whatever an estimate falls to.
const minPacingRate = bwe.Kbps

// maxPadDebt bounds how long a burst of media keeps padding away.
const maxPadDebt = 500 * time.Millisecond

// gate is what the pacer has to know of the rest of the sender.
type gate struct {
	// canPad: there is a stream that padding can be sent on.
	canPad bool
	// room is what the congestion window lets out; negative for no window.
	room int64
}

// departure is one packet that shall leave now. Padding has no item.
type departure struct {
	item  item
	lane  lane
	probe int
	// due is when it might have left at the earliest.
	due bwe.Time
}

func (p *pacer) setRates(now bwe.Time, rate, padding bwe.Bitrate) {
	if rate != p.rate && p.rate > 0 && rate > 0 && p.paid > now {
		// What is owed stays the same in bytes.
		owed := p.rate.Bytes(p.paid.Sub(now))
		p.paid = now.Add(rate.TimeFor(owed))
	}
	p.rate, p.padRate = max(rate, minPacingRate), padding
}

// delay is how long the queue takes to drain.
func (p *pacer) delay() time.Duration {
	if p.bytes == 0 {
		return 0
	}

	return p.rate.TimeFor(p.bytes)
}

// push takes a packet in, or gives it or others up where the queue is full.
func (p *pacer) push(it item, l lane) {
	st := it.p.stream
	if l == laneVideo {
		if st.dropping && st.dropTimestamp == it.p.header.Timestamp {
			p.dropped(it, DropFrame)

			return
		}
		st.dropping = false
	}
	if p.bytes+it.size() > p.cfg.MaxQueueBytes && !p.makeRoom(it, l) {
		p.dropped(it, DropQueueBytes)

		return
	}
	p.lanes[l].push(it)
	p.bytes += it.size()
}

// makeRoom says whether it fits after all. A video frame that does not fit goes
// whole; audio displaces FEC, the newest video frames, then repeats.
func (p *pacer) makeRoom(it item, l lane) bool {
	st := it.p.stream
	switch l {
	case laneVideo:
		p.dropFrame(st, it.p.header.Timestamp)

		return false
	case laneAudio:
		for _, victim := range []lane{laneFEC, laneVideo, laneRetransmission} {
			q := &p.lanes[victim]
			for q.n > 0 && p.bytes+it.size() > p.cfg.MaxQueueBytes {
				last := q.popBack()
				p.bytes -= last.size()
				st, timestamp := last.p.stream, last.p.header.Timestamp
				p.dropped(last, DropQueueBytes)
				if victim == laneVideo {
					p.dropFrame(st, timestamp)
				}
			}
		}

		return p.bytes+it.size() <= p.cfg.MaxQueueBytes
	default:
		return false
	}
}

// dropFrame gives up what waits of a frame of which a packet was dropped, and
// refuses the rest.
func (p *pacer) dropFrame(st *stream, timestamp uint32) {
	st.dropping, st.dropTimestamp = true, timestamp
	q := &p.lanes[laneVideo]
	before := q.bytes
	q.remove(
		func(it item) bool { return it.p.stream == st && it.p.header.Timestamp == timestamp },
		func(it item) { p.dropped(it, DropFrame) },
	)
	p.bytes -= before - q.bytes
}

// dropStream gives up everything that waits for st.
func (p *pacer) dropStream(st *stream) {
	for i := range p.lanes {
		q := &p.lanes[i]
		before := q.bytes
		q.remove(
			func(it item) bool { return it.p.stream == st },
			func(it item) { p.dropped(it, DropClosed) },
		)
		p.bytes -= before - q.bytes
	}
}

// expire gives up what waited too long.
func (p *pacer) expire(now bwe.Time) {
	for l := range p.lanes {
		q := &p.lanes[l]
		for q.n > 0 && now.Sub(q.front().at) > p.cfg.MaxQueueTime {
			old := q.pop()
			p.bytes -= old.size()
			st, timestamp := old.p.stream, old.p.header.Timestamp
			p.dropped(old, DropQueueTime)
			if lane(l) == laneVideo {
				p.dropFrame(st, timestamp)
			}
		}
	}
}

// expiry is when the oldest packet will have waited too long.
func (p *pacer) expiry() bwe.Time {
	at := bwe.Never
	for l := range p.lanes {
		if q := &p.lanes[l]; q.n > 0 {
			at = min(at, q.front().at.Add(p.cfg.MaxQueueTime)+1)
		}
	}

	return at
}

// next takes out the packet that shall leave at now. Where there is none, it returns
// when to ask again, Never where only new input can change the answer. The caller
// reports with sent what really left.
func (p *pacer) next(now bwe.Time, g gate) (d departure, wake bwe.Time, ok bool) {
	p.expire(now)
	if q := &p.lanes[laneAudio]; q.n > 0 && !p.cfg.PaceAudio {
		return p.take(laneAudio, 0, 0), now, true
	}
	l, waiting := p.first()
	if waiting && g.room >= 0 && l != laneAudio && p.lanes[l].front().size() > g.room {
		// The window opens on feedback; until then only time can give packets up.
		p.shut = true

		return d, p.expiry(), false
	}
	if due, active := p.probes.due(now, p.cfg.ProbeTimeout); active && (waiting || g.canPad) {
		if now < due {
			return d, min(due, p.expiry()), false
		}
		p.probes.begin(now, p.cfg.Burst)
		if waiting {
			return p.take(l, p.probes.id(), due), now, true
		}

		return departure{lane: lanePadding, probe: p.probes.id(), due: now}, now, true
	}
	if !waiting {
		return p.nextPadding(now, g)
	}
	cost := p.rate.TimeFor(p.lanes[l].front().size())
	due := p.paid.Add(min(0, cost-p.cfg.Burst))
	if p.paid > now && p.paid.Sub(now) > p.cfg.Burst-cost {
		wake = max(due, now.Add(p.cfg.WakeInterval))

		return d, min(wake, p.expiry()), false
	}

	if p.shut {
		p.shut, due = false, now
	}

	return p.take(l, 0, due), now, true
}

func (p *pacer) nextPadding(now bwe.Time, g gate) (departure, bwe.Time, bool) {
	if p.padRate <= 0 || !g.canPad || g.room == 0 {
		return departure{}, bwe.Never, false
	}
	if at := max(p.padPaid, p.paid); at > now {
		return departure{}, max(at, now.Add(p.cfg.WakeInterval)), false
	}

	return departure{lane: lanePadding, due: now}, now, true
}

// first is the first lane that is not empty.
func (p *pacer) first() (lane, bool) {
	for l := range p.lanes {
		if p.lanes[l].n > 0 {
			return lane(l), true
		}
	}

	return lanePadding, false
}

// take takes out the front packet of a lane, which the pace let out from due on.
func (p *pacer) take(l lane, probe int, due bwe.Time) departure {
	it := p.lanes[l].pop()
	p.bytes -= it.size()

	return departure{item: it, lane: l, probe: probe, due: max(due, it.at)}
}

// sent accounts for a packet that left. A probe's packets are paced by the probe and
// owe nothing to the pacing rate, which would otherwise stall media after it.
func (p *pacer) sent(now bwe.Time, size int64, probe int) {
	if probe != 0 {
		p.probes.sent(size)
	} else {
		p.paid = max(p.paid, now).Add(p.rate.TimeFor(size))
	}
	if p.padRate > 0 {
		p.padPaid = min(max(p.padPaid, now).Add(p.padRate.TimeFor(size)), now.Add(maxPadDebt))
	}
}
