// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package joining

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// receiverClock turns the wrapping timestamps of feedback into the receiver's times,
// which begin at the time that the recording gives the first feedback.
type receiverClock struct {
	// bits is the width of the timestamp, tick the time that so many units stand for.
	bits uint
	tick func(ticks int64) time.Duration

	known bool
	raw   uint32
	ticks int64
	base  bwe.Time
}

// unwrap returns the time that raw stands for in a feedback that arrived at a time.
func (c *receiverClock) unwrap(raw uint32, at bwe.Time) bwe.Time {
	if !c.known {
		c.known, c.raw, c.base = true, raw, at
	}
	spare := 32 - c.bits
	c.ticks += int64(int32((raw-c.raw)<<spare) >> spare)
	c.raw = raw

	return c.base.Add(c.tick(c.ticks))
}
