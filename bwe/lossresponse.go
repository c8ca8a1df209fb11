// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"math"
	"time"
)

// lossResponse tells loss of our making from the path's own where no queue tells, as
// behind a policer. When loss rises it sends less for a moment: loss of our making
// falls with what is above the path's rate, random loss stays what it was and is usual
// from then on (the inherent loss of libwebrtc's LossBasedBweV2, found by trying).
type lossResponse struct {
	cfg *LossConfig
	// share is what loss leaves of the rate, usual the loss that is the path's own.
	share, usual float64
	testing      bool
	startedAt    Time
	before       float64
	explainedAt  Time
}

// update takes in the recent loss. explained tells that a queue or an outage explains
// loss: then that is dealt with, not the loss.
func (l *lossResponse) update(m *lossMeter, explained bool, rtt time.Duration, elapsed float64, now Time) {
	if explained {
		l.explainedAt = now
	}
	received, lost := m.counts()
	if received+lost < int64(l.cfg.MinPackets) {
		return
	}
	loss := m.fraction()
	const settle = 10
	if loss < l.usual {
		l.usual += float64((loss - l.usual) * min(1, elapsed/settle))
	}
	window := lossSlots * lossSlotWidth
	// Deviations of random loss counted over the window: many, for loss comes in
	// bursts.
	const deviations = 5
	noise := float64(deviations * math.Sqrt(loss*(1-loss)/float64(received+lost)))
	switch {
	case l.testing && now.Sub(l.startedAt) > rtt+l.cfg.TestTime+window:
		l.judge(loss)
	case l.testing:
	case loss > l.usual+l.cfg.Rise+noise && now.Sub(l.explainedAt) > rtt+window:
		l.testing, l.startedAt, l.before = true, now, loss
		l.share *= 1 - l.cfg.Cut
	default:
		l.share = min(1, l.share*(1+float64(l.cfg.Recovery*elapsed)))
	}
}

// judge compares the loss with what a path that drops all above its rate would show
// by now.
func (l *lossResponse) judge(loss float64) {
	l.testing = false
	policed := max(0, 1-(1-l.before)/(1-l.cfg.Cut))
	if loss > (l.before+policed)/2 {
		l.share = min(1, l.share/(1-l.cfg.Cut))
		l.usual = max(l.usual, max(loss, l.before))
	}
}
