// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"fmt"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// Link is one hop of a path: a drop-tail queue, a server at the scheduled
// capacity, then loss, propagation and jitter.
type Link struct {
	Capacity Capacity `json:"capacity,omitzero"`
	// Delay is the one-way propagation delay.
	Delay Duration `json:"delay,omitzero"`
	// Queue limits the queue in time at the capacity of the moment, the packet in
	// service included. Default 300 ms (RFC 8867) unless QueueBytes is set.
	Queue Duration `json:"queue,omitzero"`
	// QueueBytes limits the queue in bytes, in Queue's place.
	QueueBytes int     `json:"queue_bytes,omitzero"`
	Jitter     *Jitter `json:"jitter,omitempty"`
	Loss       *Loss   `json:"loss,omitempty"`
	// Outages are times in which whatever leaves the queue is lost.
	Outages []Window `json:"outages,omitempty"`
	// Stalls are times in which nothing leaves the queue.
	Stalls []Window `json:"stalls,omitempty"`
}

// Window is a span of time, from From up to but not including To.
type Window struct {
	From Duration `json:"from"`
	To   Duration `json:"to"`
}

func (w Window) contains(t bwe.Time) bool { return t >= w.From.time() && t < w.To.time() }

const (
	defaultQueue = 300 * time.Millisecond
	// leastQueue is room for two full packets, without which a slow link with a
	// short queue would carry nothing.
	leastQueue = 3000
)

// link is a Link at work.
type link struct {
	cfg      Link
	timeline *timeline
	schedule schedule
	jitter   *jitter
	loss     *loss
	monitor  *monitor

	queue       ring[*packet]
	queuedBytes int
	// lastRate is the last capacity above zero, which a queue's limit is reckoned
	// from while the link stands still.
	lastRate bwe.Bitrate
	// lastOut is the latest arrival so far, which nothing overtakes.
	lastOut bwe.Time
	counts  linkCounts
}

// linkCounts is every packet's fate at a link: entered equals the sum of the
// others and of what is queued.
type linkCounts struct{ entered, overflowed, lost, carried int64 }

// The events of a link.
const (
	linkServed operation = iota
	linkArrival
)

func newLink(cfg *Link, name string, seed uint64, tl *timeline, length bwe.Time) (*link, error) {
	s, err := cfg.Capacity.schedule(seed, name, length)
	if err != nil {
		return nil, fmt.Errorf("%s.capacity: %w", name, err)
	}
	if len(cfg.Stalls) > 0 {
		s = s.stalled(cfg.Stalls)
	}

	return &link{
		cfg: *cfg, timeline: tl, schedule: s, lastRate: s.lowest(),
		jitter: newJitter(cfg.Jitter, stream(seed, name+"/jitter")),
		loss:   newLoss(cfg.Loss, stream(seed, name+"/loss")),
	}, nil
}

// send queues p, or drops it where the queue is full.
func (l *link) send(p *packet) {
	l.counts.entered++
	if l.schedule.unlimited() {
		p.waited = 0
		l.leave(p)

		return
	}
	if l.queuedBytes+p.size > l.limit() {
		l.counts.overflowed++
		p.dropped = DropQueue
		p.owner.lose(p)

		return
	}
	p.enteredAt = l.timeline.now
	l.queuedBytes += p.size
	l.queue.push(p)
	if l.queue.len() == 1 {
		l.serve()
	}
}

func (l *link) limit() int {
	if l.cfg.QueueBytes > 0 {
		return l.cfg.QueueBytes
	}
	if rate := l.schedule.rate(l.timeline.now); rate > 0 {
		l.lastRate = rate
	}
	depth := l.cfg.Queue.Std()
	if depth == 0 {
		depth = defaultQueue
	}

	return int(max(leastQueue, l.lastRate.Bytes(depth)))
}

// serve starts the serialisation of the packet at the head.
func (l *link) serve() {
	p := *l.queue.at(0)
	now := l.timeline.now
	p.waited = now.Sub(p.enteredAt)
	p.queued += p.waited
	if done := l.schedule.finish(now, p.size); done != bwe.Never {
		l.timeline.schedule(done, l, linkServed, nil)
	}
}

func (l *link) handle(op operation, p *packet) {
	if op == linkArrival {
		forward(p)

		return
	}
	p = l.queue.pop()
	l.queuedBytes -= p.size
	if l.queue.len() > 0 {
		l.serve()
	}
	l.leave(p)
}

// leave takes a packet that was served over the rest of the link.
func (l *link) leave(p *packet) {
	now := l.timeline.now
	if l.monitor != nil {
		l.monitor.served(now, p)
	}
	// The loss process moves on with every packet, outage or not.
	if l.loss != nil && l.loss.draw() {
		p.dropped = DropLoss
	}
	for _, w := range l.cfg.Outages {
		if w.contains(now) {
			p.dropped = DropOutage
		}
	}
	if p.dropped != 0 {
		l.counts.lost++
		p.owner.lose(p)

		return
	}
	l.counts.carried++
	out := now + l.cfg.Delay.time()
	if l.jitter != nil {
		out = out.Add(l.jitter.draw(now))
	}
	if l.jitter == nil || !l.jitter.Reorder {
		out = max(out, l.lastOut)
	}
	l.lastOut = max(l.lastOut, out)
	l.timeline.schedule(out, l, linkArrival, p)
}
