// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import "math/rand/v2"

// Loss is random loss after the queue. With Burst it comes in bursts by the
// Gilbert model: two states, everything lost in one of them.
type Loss struct {
	// Rate is the long-run share of packets lost, from 0 to below 1.
	Rate float64 `json:"rate"`
	// Burst is the mean length of a burst in packets; up to 1 for independent
	// losses.
	Burst float64 `json:"burst,omitzero"`
}

// loss is a Loss at work.
type loss struct {
	rng *rand.Rand
	// enter and leave are the probabilities of a change of state at a packet.
	enter, leave float64
	bursty       bool
	bad          bool
}

func newLoss(cfg *Loss, rng *rand.Rand) *loss {
	if cfg == nil || cfg.Rate == 0 {
		return nil
	}
	if cfg.Burst <= 1 {
		return &loss{rng: rng, enter: cfg.Rate}
	}
	leave := 1 / cfg.Burst

	return &loss{rng: rng, bursty: true, leave: leave, enter: leave * cfg.Rate / (1 - cfg.Rate)}
}

// draw reports whether the next packet is lost.
func (l *loss) draw() bool {
	if !l.bursty {
		return l.rng.Float64() < l.enter
	}
	if l.bad {
		l.bad = l.rng.Float64() >= l.leave
	} else {
		l.bad = l.rng.Float64() < l.enter
	}

	return l.bad
}
