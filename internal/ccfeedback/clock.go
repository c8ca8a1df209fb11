// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ccfeedback

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// Clock turns the wrapping timestamps of feedback into times on one continuous clock,
// the receiver's. Only differences count, so that a sign that a receiver gets wrong does
// not matter. It is not safe for concurrent use.
type Clock struct {
	// bits is the width of the timestamp, tick the time that so many units stand for.
	bits uint
	tick func(ticks int64) time.Duration

	known bool
	raw   uint32
	ticks int64
	at    bwe.Time
	// shift levels out resets of the receiver's clock.
	shift time.Duration
}

// TransportWideClock returns a clock for [TransportWide.Reference].
func TransportWideClock() Clock {
	return Clock{bits: ReferenceBits, tick: func(ticks int64) time.Duration { return time.Duration(ticks) * ReferenceTick }}
}

// RFC8888Clock returns a clock for [RFC8888.Timestamp].
func RFC8888Clock() Clock { return Clock{bits: TimestampBits, tick: ReportTime} }

// Start makes raw stand for t on a clock that has unwrapped nothing yet.
func (c *Clock) Start(raw uint32, t bwe.Time) {
	if !c.known {
		c.shift = t.Sub(0) - c.tick(int64(raw))
	}
}

// Unwrap returns the time that raw stands for in a feedback that arrived at now.
// Where the clock moved by more than maxStep against ours, it is taken to have been
// reset: it then goes on from where ours says it should be, and stepped is true.
func (c *Clock) Unwrap(raw uint32, now bwe.Time, maxStep time.Duration) (t bwe.Time, stepped bool) {
	if !c.known {
		c.known, c.raw, c.ticks, c.at = true, raw, int64(raw), now

		return bwe.Time(c.tick(c.ticks) + c.shift), false
	}
	spare := 32 - c.bits
	moved := int64(int32((raw-c.raw)<<spare) >> spare)
	ticks := c.ticks + moved
	passed := now.Sub(c.at)
	if drift := c.tick(moved) - passed; drift > maxStep || drift < -maxStep {
		c.shift -= drift
		c.raw, c.ticks, c.at = raw, ticks, now

		return bwe.Time(c.tick(ticks) + c.shift), true
	}
	if moved > 0 {
		c.raw, c.ticks, c.at = raw, ticks, now
	}

	return bwe.Time(c.tick(ticks) + c.shift), false
}
