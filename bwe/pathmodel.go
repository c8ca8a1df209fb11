// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"math"
	"time"
)

// pathModel keeps what is held to be true of the path and sets the rate by it: a
// little below what the link carries, and less while a queue of our own drains.
type pathModel struct {
	cfg *Config

	bursts   bursts
	capacity linkCapacity
	queue    standingQueue
	response response

	rttBase windowMin
	// interval is the usual time in seconds between feedbacks, feedbackAt the last,
	// missing the share of feedbacks that went missing lately.
	interval   float64
	feedbackAt Time
	missing    float64
	// sentRate smooths the rate of what was acknowledged but for padding, newBits is
	// what came since.
	sentRate float64
	newBits  float64
	// own is the queue in seconds that is held to be ours or shared by us.
	own float64

	rate, pacing, window float64
	// filling tells that padding fills up what media leaves, to have bursts.
	filling  bool
	filledAt Time
	// waitingAt is when the first packet after the last feedback left, blind for how
	// many seconds feedback on it is overdue.
	waiting   bool
	waitingAt Time
	blind     float64
}

// mostCapacity bounds the capacity by the greatest estimate: bursts that show more
// than can be used would only be a load.
const mostCapacity = 1.1

// assumedInterval is the feedback interval in seconds before it is known.
const assumedInterval = 0.05

func (m *pathModel) init(cfg *Config) {
	m.cfg = cfg
	m.bursts.cfg, m.capacity.cfg = &cfg.Capacity, &cfg.Capacity
	m.queue = newStandingQueue(&cfg.Queue)
	m.response = newResponse(&cfg.Response)
	m.rttBase = newWindowMin(cfg.Queue.BaseWindow)
	m.interval = assumedInterval
	m.capacity.init(float64(cfg.StartBitrate))
	m.rate = float64(cfg.StartBitrate)
	m.pacing = cfg.Capacity.Pace * m.rate
}

// onSent takes in that a packet left.
func (m *pathModel) onSent(now Time) {
	if !m.waiting {
		m.waiting, m.waitingAt = true, now
	}
}

// onReceived takes in an arrival. skipped is the size in bytes of the packets between
// it and the last one, negative where unknown.
func (m *pathModel) onReceived(seq int64, p *packet, skipped int64, at, now Time) {
	bits := float64(float64(p.size) * 8)
	transit := bits / m.capacity.rate
	queued := m.queue.add(at.Sub(p.sentAt), now)
	if b := &m.bursts; m.response.drain.running && b.begun && seq == b.seq+1 && p.sentAt > b.sent {
		m.response.drain.onReceived(p.sentAt, inSeconds(p.sentAt.Sub(b.sent)), inSeconds(at.Sub(b.recv)), transit)
	}
	over := float64(skipped) * 8
	if over > 0 && queued > inSeconds(m.cfg.Queue.LossQueue)+float64(2*m.bursts.jitter.level) {
		// Dropped at a full queue rather than late.
		over = -1
	}
	own := m.bursts.add(seq, p.sentAt, at, bits, transit, over, m.capacity.rate, queued)
	m.queue.explain(queued-transit, own)
	if p.kind != PacketPadding {
		m.newBits += bits
	}
}

// onMissing takes in that at least one feedback was lost.
func (m *pathModel) onMissing() { m.missing += 1.0 / 8 }

// onProbe takes in what a probe showed.
func (m *pathModel) onProbe(result Bitrate) {
	if float64(result) > m.capacity.rate {
		m.capacity.init(float64(result))
	}
}

// onFeedback sets the rate anew once all arrivals of a feedback are taken in.
func (m *pathModel) onFeedback(rtt time.Duration, lost bool, now Time) {
	elapsed := m.interval
	if m.feedbackAt != 0 {
		elapsed = min(inSeconds(now.Sub(m.feedbackAt)), 0.5)
		m.interval += float64((elapsed - m.interval) / 16)
	}
	m.feedbackAt, m.waiting, m.blind = now, false, 0
	m.missing = nonTiny(m.missing - float64(m.missing/32))
	m.rttBase.add(rtt, now)
	if elapsed > 0 {
		m.sentRate += float64((m.newBits/max(elapsed, 0.01) - m.sentRate) * min(1, elapsed/0.3))
		m.newBits = 0
	}

	jitter := m.bursts.jitter.level
	sums := m.bursts.take(elapsed)
	m.capacity.most = float64(mostCapacity * float64(m.cfg.MaxBitrate))
	m.capacity.add(&sums, m.bursts.onset.factor(), jitter)
	if m.starved() && m.queue.least < 0.01 && m.sentRate > 0.6*m.rate {
		m.capacity.grow(elapsed)
	}
	excess := m.queue.end(jitter, now)
	m.judge(excess, lost, elapsed, now)
	m.control(now)
}

// limited tells that the application uses so little of the estimate that it can leave
// no queue on a path that carries what the bursts show.
func (m *pathModel) limited() bool {
	const limited = 0.7

	return m.sentRate < limited*m.rate
}

// starved tells that there are too few bursts to see the capacity by.
func (m *pathModel) starved() bool { return m.bursts.pairs < float64(m.cfg.Capacity.MinPairs) }

// judge decides how much of the delay is a queue that we are to drain.
func (m *pathModel) judge(excess float64, lost bool, elapsed float64, now Time) {
	q := &m.cfg.Queue
	above := max(0, excess-q.Margin.Seconds())
	if m.limited() {
		// Too little of ours to leave a queue: what is known not to be one is none now.
		above = max(0, above-m.response.allowance)
	}
	ours := float64(m.bursts.own.value(m.capacity.rate) * above)
	if !m.cfg.Response.Enabled {
		ours = above
	}
	m.own = ours + max(0, m.queue.own-q.OwnMargin.Seconds())
	if !m.cfg.Response.Enabled {
		return
	}
	m.response.update(&pathView{
		excess: m.queue.excess, own: m.queue.own - q.OwnMargin.Seconds(), elapsed: elapsed, capacity: m.capacity.rate, acked: m.sentRate,
		usable: m.cfg.Capacity.Headroom * m.capacity.rate,
		jitter: m.bursts.jitter.level, shaken: m.bursts.jitter.usual, bunched: m.bursts.bunched, variation: m.capacity.variation,
		lost: lost, now: now,
	})
	m.own = max(m.own, m.response.over(excess), excess-m.response.allowance-m.cfg.Response.MaxJitter.Seconds())
	if m.response.mode == SharingCompeting {
		m.own = 0
	}
}

// control turns what is known into a rate, a pacing rate and a window.
func (m *pathModel) control(now Time) {
	c := &m.cfg.Capacity
	headroom := c.Headroom - min(c.JitterHeadroom, float64(c.JitterCost*m.bursts.jitter.level))
	yield := max(0.5, 1-m.own/m.cfg.Queue.DrainTime.Seconds())
	m.rate = float64(headroom * m.capacity.rate * m.response.share * yield)
	// Bursts at the same rate read the same share of a path off it, whoever sends
	// more: what small flows send faster makes flows alike.
	boost := min(c.MaxBoost, math.Sqrt(max(1, float64(c.FairPace)/m.capacity.rate)))
	if m.response.mode == SharingYielding {
		// The queue makes flows alike, and faster bursts only make it longer.
		boost = max(1, m.response.share)
	}
	m.pacing = float64(c.Pace * m.capacity.rate * boost)
	if m.response.drain.running {
		// Where the application sends less anyway, less need not be asked for.
		if !m.limited() {
			m.rate *= m.response.drain.rate(&m.cfg.Response)
		}
		m.pacing = m.response.drain.pace(&m.cfg.Response) * m.capacity.rate
	}
	m.setWindow()
	m.fill(now)
}

// setWindow bounds the bytes in flight: what the link carries while a packet is under
// way and its feedback awaited.
func (m *pathModel) setWindow() {
	const leastWindow, often = 6000, 0.05
	wait := m.rttBase.value().Seconds() + m.interval + m.cfg.Capacity.WindowSlack.Seconds()
	if m.missing > often {
		wait += m.interval
	}
	m.window = max(leastWindow, m.capacity.rate/8*wait)
	if m.blind > 0 {
		m.window += float64(m.rate / 8 * m.cfg.Feedback.BlindShare * m.blind)
	}
}

// fill has padding fill up what media leaves, for a moment, where media comes in too
// few packets to measure.
func (m *pathModel) fill(now Time) {
	c := &m.cfg.Capacity
	switch {
	case m.filling:
		m.filling = now.Sub(m.filledAt) < c.FillTime
	case m.cfg.Probe.Enabled && m.starved() && m.queue.excess < 0.01 && now.Sub(m.filledAt) > m.fillInterval():
		m.filling, m.filledAt = true, now
	}
}

// fillInterval is how often padding may fill up: often where the application uses what
// there is, seldom where it does not, never where it sends next to nothing.
func (m *pathModel) fillInterval() time.Duration {
	const limited, idle = 0.5, 0.02
	switch used := m.sentRate / m.rate; {
	case used < idle:
		return math.MaxInt64
	case used < limited:
		return m.cfg.Capacity.LimitedInterval
	default:
		return m.cfg.Capacity.FillInterval
	}
}

// onTimer lets time pass.
func (m *pathModel) onTimer(now Time) {
	if m.feedbackAt == 0 || !m.waiting {
		return
	}
	since := max(m.feedbackAt, m.waitingAt.Add(m.rttBase.value()))
	m.blind = max(0, now.Sub(since).Seconds()-m.interval-m.cfg.Feedback.BlindAfter.Seconds())
	m.setWindow()
}

// target returns the rate to send at: pushed back while feedback is overdue, and at
// once where it was when feedback is back.
func (m *pathModel) target() float64 {
	if m.blind <= 0 {
		return m.rate
	}

	return float64(m.rate * m.cfg.Feedback.BlindShare)
}

// padding returns the rate that padding fills up to, zero for none.
func (m *pathModel) padding() float64 {
	if !m.filling {
		return 0
	}

	return float64(m.cfg.Capacity.Pace * m.capacity.rate)
}
