// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package specimen

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// script says what a controller does, whatever the path does.
type script struct {
	// media is what is really sent, estimate and target what the recording says of the
	// controller; without a target it says nothing of one.
	media    wave
	estimate wave
	target   wave
	// limit is what the decisions give as the reason for the target.
	limit ratecontrol.Limit
}

// shown returns an observer that puts the script's estimate and target in the place of
// what the media follows.
func (s *script) shown(observe bwe.Observer) bwe.Observer {
	var update bwe.Update
	var decision ratecontrol.Decision

	return func(ev bwe.Event) {
		u, ok := ev.(*bwe.Update)
		if !ok {
			observe(ev)

			return
		}
		update = *u
		update.Estimate = s.estimate.at(u.At)
		observe(&update)
		if s.target != nil {
			decision = ratecontrol.Decision{At: u.At, Target: s.target.at(u.At), Limit: s.limit}
			observe(&decision)
		}
	}
}

// scripted sends what its script says.
type scripted struct {
	media wave
	next  bwe.Time
}

// scriptStep is how often a script is looked at.
const scriptStep = 50 * time.Millisecond

// scriptPacing lets a frame out ahead of the next.
const scriptPacing = 2

func (c *scripted) Start(now bwe.Time) (bwe.Update, error)        { return c.OnTimer(now) }
func (c *scripted) OnSent(bwe.SentPacket) error                   { return nil }
func (c *scripted) OnFeedback(f bwe.Feedback) (bwe.Update, error) { return c.update(f.At), nil }
func (c *scripted) NextTimer() bwe.Time                           { return c.next }
func (c *scripted) Close() error                                  { return nil }

func (c *scripted) OnTimer(now bwe.Time) (bwe.Update, error) {
	c.next = now.Add(scriptStep)

	return c.update(now), nil
}

func (c *scripted) update(now bwe.Time) bwe.Update {
	rate := c.media.at(now)

	return bwe.Update{At: now, Estimate: rate, PacingRate: rate * scriptPacing}
}
