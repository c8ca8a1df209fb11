// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import "github.com/rtmcc/rtmcc/bwe"

// mostOverhead bounds what may be taken off the target, so that repeats and FEC can
// never displace the media that they are for.
const mostOverhead = 0.5

// Overhead is the input that tells what headers, repeats and FEC take of what is
// sent. As an event it is named "overhead".
type Overhead struct {
	At bwe.Time `json:"t"`
	// Share is from 0 to 1; padding, which only takes what is left, is not in it.
	Share float64 `json:"share"`
}

// EventName implements [bwe.Event].
func (*Overhead) EventName() string { return "overhead" }

// Time implements [bwe.Event].
func (o *Overhead) Time() bwe.Time { return o.At }

// OnOverhead takes in what was measured. [Config.Overhead] stays the least that is
// taken off: the room into which repeats go the moment that losses begin.
func (c *Controller) OnOverhead(o Overhead) Decision {
	c.measured = 0
	if o.Share > 0 {
		c.measured = min(o.Share, mostOverhead)
	}
	c.decide(o.At)

	return c.decision
}

// overhead is the share of the estimate that is not for media.
func (c *Controller) overhead() float64 { return max(c.cfg.Overhead, c.measured) }
