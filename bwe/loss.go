// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

// lossMeter counts the path's loss over the recent past. Repeats are left out: a
// receiver may report one as lost although it arrived.
type lossMeter struct {
	slots [lossSlots]struct{ received, lost int64 }
	cur   int
	since Time
	begun bool
}

const (
	lossSlots     = 10
	lossSlotWidth = 100 * time.Millisecond
)

// advance forgets what is older than the window.
func (l *lossMeter) advance(now Time) {
	if !l.begun || now < l.since || now.Sub(l.since) > lossSlots*lossSlotWidth {
		*l = lossMeter{begun: true, since: now}

		return
	}
	for now.Sub(l.since) >= lossSlotWidth {
		l.cur = (l.cur + 1) % lossSlots
		l.slots[l.cur].received, l.slots[l.cur].lost = 0, 0
		l.since = l.since.Add(lossSlotWidth)
	}
}

func (l *lossMeter) add(received, lost int64) {
	l.slots[l.cur].received += received
	l.slots[l.cur].lost += lost
}

// counts returns the packets received and lost within the window.
func (l *lossMeter) counts() (received, lost int64) {
	for i := range l.slots {
		received += l.slots[i].received
		lost += l.slots[i].lost
	}

	// A packet first reported lost and received later is taken back from another
	// slot than it was put into.
	return received, max(lost, 0)
}

// fraction returns the loss as a fraction from 0 to 1.
func (l *lossMeter) fraction() float64 {
	received, lost := l.counts()
	if lost == 0 {
		return 0
	}

	return float64(lost) / float64(max(received, 0)+lost)
}

// lossControl is the loss-based controller of draft-ietf-rmcat-gcc section 6: down by
// half the loss above 10 %, up below that. The draft holds the rate from 2 % on, which on
// a path with loss of its own leads nowhere but down; libwebrtc's LossBasedBweV2 allows
// for such loss. It limits the rate that delay allows without changing it.
type lossControl struct {
	cfg *LossConfig
	// limit is the most that loss allows, zero for whatever delay does.
	limit     float64
	changedAt Time
	grownAt   Time
}

// lossGrowth is by how much the limit rises a second, as a share.
const lossGrowth = 0.08

// release lets go of the limit: a probe showed what the path carries.
func (l *lossControl) release() { l.limit = 0 }

// update returns what is left of the rate that delay allows. It cuts at most once a
// response time.
func (l *lossControl) update(rate float64, m *lossMeter, rtt time.Duration, now Time) float64 {
	elapsed := min(now.Sub(l.grownAt).Seconds(), 1)
	l.grownAt = now
	received, lost := m.counts()
	loss := m.fraction()
	switch enough := received+lost >= int64(l.cfg.MinPackets); {
	case enough && loss > l.cfg.High:
		if now.Sub(l.changedAt) >= rtt+300*time.Millisecond {
			l.changedAt = now
			l.limit = l.limited(rate) * (1 - float64(0.5*loss))
		}
	case loss <= l.cfg.High && l.limit > 0:
		l.limit += float64(lossGrowth * elapsed * l.limit)
		if l.limit >= rate {
			l.limit = 0
		}
	}

	return l.limited(rate)
}

func (l *lossControl) limited(rate float64) float64 {
	if l.limit > 0 {
		return min(rate, l.limit)
	}

	return rate
}
