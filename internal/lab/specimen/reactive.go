// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package specimen

import (
	"math"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/netsim"
)

// reaction decides a rate in bits per second by what it hears.
type reaction interface {
	onFeedback(f *bwe.Feedback)
	rateAt(now bwe.Time) float64
}

// reactive is a controller that does as its reaction says.
type reactive struct {
	reaction reaction
	next     bwe.Time
}

func (c *reactive) Start(now bwe.Time) (bwe.Update, error) { return c.OnTimer(now) }
func (c *reactive) OnSent(bwe.SentPacket) error            { return nil }
func (c *reactive) NextTimer() bwe.Time                    { return c.next }
func (c *reactive) Close() error                           { return nil }

func (c *reactive) OnFeedback(f bwe.Feedback) (bwe.Update, error) {
	c.reaction.onFeedback(&f)

	return c.update(f.At), nil
}

func (c *reactive) OnTimer(now bwe.Time) (bwe.Update, error) {
	c.next = now.Add(scriptStep)

	return c.update(now), nil
}

func (c *reactive) update(now bwe.Time) bwe.Update {
	rate := bwe.Bitrate(c.reaction.rateAt(now))

	return bwe.Update{At: now, Estimate: rate, PacingRate: rate * scriptPacing}
}

// follower follows what the path carries, at a share of it, slower upwards than
// downwards. Memory is in seconds.
type follower struct {
	share, memory float64
	view          netsim.PathView
	rate          float64
	last          bwe.Time
}

func (*follower) onFeedback(*bwe.Feedback) {}

func (f *follower) rateAt(now bwe.Time) float64 {
	capacity := f.share * float64(f.view.Capacity(max(0, now.Add(-f.view.FeedbackDelay))))
	keep := math.Exp(-now.Sub(f.last).Seconds() / f.memory)
	if capacity < f.rate {
		keep *= keep
	}
	f.rate = capacity + (f.rate-capacity)*keep
	f.last = now

	return f.rate
}

// lossReactor falls by a share where more than a twentieth of the latest packets is
// lost, and climbs by climb times its most a second otherwise.
type lossReactor struct {
	most, fall, climb, rate float64
	lost                    float64
	last, fell              bwe.Time
}

// lossMemory is the weight of the latest packet in the loss, lossSettle how long, in
// nanoseconds, one fall answers for.
const (
	lossMemory = 0.02
	lossBound  = 0.05
	lossSettle = bwe.Time(2e9)
)

func (l *lossReactor) onFeedback(f *bwe.Feedback) {
	for _, r := range f.Results {
		lost := 1.0
		if r.Received {
			lost = 0
		}
		l.lost += lossMemory * (lost - l.lost)
	}
	if l.lost > lossBound && f.At-l.fell >= lossSettle {
		l.rate *= 1 - l.fall
		l.fell = f.At
	}
}

func (l *lossReactor) rateAt(now bwe.Time) float64 {
	l.rate = min(l.most, l.rate+l.climb*l.most*now.Sub(l.last).Seconds())
	l.last = now

	return l.rate
}
