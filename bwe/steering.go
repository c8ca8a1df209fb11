// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "math"

// steering holds our rate among flows that make room as we do, by additive increase
// and multiplicative decrease (Chiu and Jain 1989): all see the same queue, so that
// all come to the same rate, whatever their bursts read of the link. The decrease
// answers to the queue and to its growth.
type steering struct {
	// rate is in bits a second, zero before the first feedback.
	rate float64
	// before is the queue in seconds at the last feedback, queuedAt when there last was one.
	before   float64
	queuedAt Time
	// jitter is the jitter level in seconds, averaged for longer than elsewhere.
	jitter float64
}

// sharedQueue is the queue that is steered by.
type sharedQueue struct {
	// excess is what of it others or we with them made, allowed what is steered for, in
	// seconds.
	excess, allowed float64
	// tall says that it has stood high for long, bunched that jitter pushes packets
	// together.
	tall, bunched bool
}

// steer returns our rate after a feedback.
func (s *steering) steer(cfg *ResponseConfig, v *pathView, q sharedQueue) float64 {
	s.observe(cfg, v)
	queue := max(q.excess, v.own)
	growth := queue - s.before
	s.before = queue
	if off := queue - q.allowed; off > 0 {
		s.queuedAt = v.now
		if q.tall {
			// What the application does not use is nothing to give up.
			s.rate = min(s.rate, v.acked)
		}
		s.rate -= float64((float64(cfg.Decrease*off*v.elapsed) + float64(cfg.Damping*growth)) * s.rate)
	}
	// The rates of flows still come together where the increase grows with the rate, if
	// it grows slower than that.
	s.rate += float64(float64(cfg.Increase) * math.Sqrt(1+s.rate/float64(cfg.IncreaseScale)) * v.elapsed)
	// Nobody queues for as long: the others are gone.
	const gone = 1
	if v.now.Sub(s.queuedAt).Seconds() > gone {
		room := v.usable - s.rate
		if q.bunched {
			// Jitter hides short queues: all would come back at once.
			room = min(room, float64(cfg.BunchedGrowth*s.rate))
		}
		s.rate += max(0, float64(room*v.elapsed))
	}
	// More than bursts read is only there where more than that arrives.
	const ahead = 0.05
	most := min(cfg.MaxShare*v.usable, max(v.usable, v.acked+float64(ahead*v.usable)))
	s.rate = min(most, max(cfg.MinShare*v.usable, s.rate))

	return s.rate
}

func (s *steering) observe(cfg *ResponseConfig, v *pathView) {
	if s.rate == 0 {
		s.rate, s.queuedAt, s.jitter = v.usable, v.now, cfg.CrossJitter.Seconds()
	}
	const jitterTime = 3
	s.jitter = nonTiny(s.jitter + float64((v.jitter-s.jitter)*min(1, v.elapsed/jitterTime)))
}

// alone tells that there is nobody to yield to: where we take little, others would take
// the most of the link, and shake our packets.
func (s *steering) alone(cfg *ResponseConfig, share float64) bool {
	return share < cfg.AloneShare && s.jitter < cfg.AloneJitter.Seconds()
}
