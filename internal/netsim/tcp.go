// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// tcpFlow is a TCP connection as its path sees it: full segments under a
// congestion window, an acknowledgement for each, loss detected by three later
// arrivals (RFC 6675) or by timeout (RFC 6298). Retransmissions carry numbers of
// their own, so that acknowledgements are never ambiguous. There is no HyStart and no
// pacing: slow start ends in a loss.
type tcpFlow struct {
	run   *simulation
	cfg   TCP
	rng   *rand.Rand
	route []*link
	back  []*link

	cwnd tcpWindow
	// first is the number of the oldest of segments, next that of the coming one.
	first, next int64
	segments    ring[segment]
	inflight    int
	// pending is what waits to be sent, in segments; lost ones return to it.
	pending int
	// highest is the latest acknowledged; recovery is the first number sent after the
	// last reduction.
	highest, recovery int64
	rtt               rttEstimate
	timeoutAt         bwe.Time
	delivered         int64
}

type segment struct {
	sentAt bwe.Time
	done   bool
}

// The events of a TCP connection.
const (
	tcpStart operation = iota
	tcpTimeout
)

const (
	segmentSize = 1500
	ackSize     = 40
	// duplicates is how many later arrivals prove a loss.
	duplicates = 3
	// endless is the length of a transfer that never ends, in segments.
	endless = math.MaxInt32
)

func (t *tcpFlow) handle(op operation, _ *packet) {
	now := t.run.timeline.now
	switch {
	case now >= t.cfg.Stop.time():
	case op == tcpStart:
		t.open()
		t.fill(now)
	case now == t.timeoutAt:
		t.expire(now)
	}
}

// open begins a transfer as a new connection does.
func (t *tcpFlow) open() {
	t.cwnd = newWindow(t.cfg.Kind)
	t.rtt = rttEstimate{}
	t.pending = endless
	if t.cfg.ShortMax > 0 {
		size := t.cfg.ShortMin + t.rng.IntN(t.cfg.ShortMax-t.cfg.ShortMin+1)
		t.pending = (size + segmentSize - 1) / segmentSize
	}
}

func (t *tcpFlow) fill(now bwe.Time) {
	for t.pending > 0 && t.inflight < t.cwnd.segments() && now < t.cfg.Stop.time() {
		if t.pending != endless {
			t.pending--
		}
		p := t.run.pool.get()
		p.owner, p.route, p.flow, p.seq, p.size, p.sentAt = (*tcpReceiver)(t), t.route, flowTCP, t.next, segmentSize, now
		t.segments.push(segment{sentAt: now})
		t.next++
		t.inflight++
		forward(p)
	}
	t.arm(now)
}

// arm sets the retransmission timer while anything is in flight.
func (t *tcpFlow) arm(now bwe.Time) {
	t.timeoutAt = bwe.Never
	if t.inflight > 0 {
		t.timeoutAt = now.Add(t.rtt.timeout())
		t.run.timeline.schedule(t.timeoutAt, t, tcpTimeout, nil)
	}
}

// expire takes everything in flight for lost.
func (t *tcpFlow) expire(now bwe.Time) {
	for i := range t.segments.len() {
		t.forget(t.segments.at(i))
	}
	t.cwnd.collapse()
	t.rtt.backOff()
	t.recovery = t.next
	t.fill(now)
}

// forget takes one segment for lost.
func (t *tcpFlow) forget(s *segment) {
	if s.done {
		return
	}
	s.done = true
	t.inflight--
	if t.pending != endless {
		t.pending++
	}
}

// arrive takes in an acknowledgement.
func (t *tcpFlow) arrive(p *packet) {
	now := t.run.timeline.now
	seq := p.seq
	t.run.pool.put(p)
	i := seq - t.first
	if i < 0 || now >= t.cfg.Stop.time() {
		return
	}
	s := t.segments.at(int(i))
	if s.done {
		// Taken for lost too early; it was sent again.
		return
	}
	s.done = true
	t.inflight--
	t.rtt.sample(now.Sub(s.sentAt))
	if t.highest < seq {
		t.highest = seq
	}
	if seq >= t.recovery {
		t.cwnd.grow(now, t.rtt.smoothed)
	}
	t.detect()
	if t.pending == 0 && t.inflight == 0 {
		t.timeoutAt = bwe.Never
		idle := time.Duration(t.rng.ExpFloat64() * float64(t.cfg.Idle))
		t.run.timeline.schedule(now.Add(idle), t, tcpStart, nil)

		return
	}
	t.fill(now)
}

// detect finds the segments that later arrivals prove lost.
func (t *tcpFlow) detect() {
	lost := false
	for i := 0; i < t.segments.len() && t.first+int64(i)+duplicates <= t.highest; i++ {
		if s := t.segments.at(i); !s.done {
			lost = lost || t.first+int64(i) >= t.recovery
			t.forget(s)
		}
	}
	for t.segments.len() > 0 && t.segments.at(0).done {
		t.segments.pop()
		t.first++
	}
	if lost {
		t.cwnd.reduce()
		t.recovery = t.next
	}
}

// lose hears of an acknowledgement that was lost.
func (t *tcpFlow) lose(p *packet) { t.run.pool.put(p) }

// tcpReceiver is the receiving end of a tcpFlow.
type tcpReceiver tcpFlow

func (t *tcpReceiver) arrive(p *packet) {
	t.delivered += int64(p.size)
	p.owner, p.route, p.flow, p.size = (*tcpFlow)(t), t.back, flowAck, ackSize
	forward(p)
}

func (t *tcpReceiver) lose(p *packet) { t.run.pool.put(p) }

// rttEstimate is RFC 6298.
type rttEstimate struct {
	smoothed, variation time.Duration
	backedOff           int
}

const (
	firstTimeout    = time.Second
	shortestTimeout = 200 * time.Millisecond
	mostBackOff     = 6
)

func (r *rttEstimate) sample(rtt time.Duration) {
	r.backedOff = 0
	if r.smoothed == 0 {
		r.smoothed, r.variation = rtt, rtt/2

		return
	}
	r.variation += ((r.smoothed - rtt).Abs() - r.variation) / 4
	r.smoothed += (rtt - r.smoothed) / 8
}

func (r *rttEstimate) timeout() time.Duration {
	base := firstTimeout
	if r.smoothed > 0 {
		base = max(shortestTimeout, r.smoothed+4*r.variation)
	}

	return base << r.backedOff
}

func (r *rttEstimate) backOff() { r.backedOff = min(r.backedOff+1, mostBackOff) }
