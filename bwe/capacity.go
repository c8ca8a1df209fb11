// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "math"

// linkCapacity is the running estimate of what the link carries for this sender. Its
// memory follows the path's jitter: where packets keep their spacing two frames
// suffice, so that the estimate follows a cellular link; where they do not, it
// averages for as long as the precision asked for needs.
type linkCapacity struct {
	cfg  *CapacityConfig
	rate float64 // bits per second
	most float64 // bound of rate, zero for none
	sums burstSums
	// variation is the mean change of the estimate from one feedback to the next, as a
	// share.
	variation float64
	last      float64
}

// init starts over from rate, which counts as much as the shortest memory.
func (c *linkCapacity) init(rate float64) {
	rate = max(rate, float64(c.cfg.Floor))
	memory := c.cfg.MinMemory.Seconds()
	c.rate = rate
	c.sums = burstSums{
		recvBits: rate * memory, recvTime: memory,
		sentBits: rate * c.cfg.Busy * memory, sentTime: memory,
	}
}

// memory returns how many seconds of bursts are averaged at a jitter level: a burst
// of one frame is measured to jitter/frame, n of them to that by the root of n.
func (c *linkCapacity) memory(jitter float64) float64 {
	const frame = 0.033
	off := jitter / (c.cfg.Precision * frame)

	return min(max(off*off*frame, c.cfg.MinMemory.Seconds()), c.cfg.MaxMemory.Seconds())
}

// add takes in what one feedback measured. onset corrects it, jitter is in seconds.
func (c *linkCapacity) add(s *burstSums, onset, jitter float64) {
	if s.sentTime <= 0 {
		return
	}
	c.sums.add(s)
	if c.sums.recvTime <= 0 {
		// The path became shorter by more than is remembered of it.
		c.init(c.rate)

		return
	}
	if memory := c.memory(jitter); c.sums.recvTime > memory {
		c.sums.scale(memory / c.sums.recvTime)
	}
	const leastTime = 0.02
	if c.sums.recvTime < leastTime || c.sums.sentTime <= 0 {
		return
	}
	measured := onset * c.sums.recvBits / c.sums.recvTime
	sent := c.sums.sentBits / c.sums.sentTime
	// No burst shows more than it was sent at.
	c.set(min(measured, 1.02*sent))
	// Bursts that arrive as fast as they left say that the path carries more than
	// that: what was sent before tells less than what comes next.
	sure := 0.03 + float64(20*jitter)
	if measured > c.cfg.Unsaturated*sent && c.sums.recvTime > sure {
		c.sums.scale(0.3)
	}
}

func (c *linkCapacity) set(rate float64) {
	const weight = 1.0 / 64
	c.rate = max(rate, float64(c.cfg.Floor))
	if c.most > 0 {
		c.rate = min(c.rate, c.most)
	}
	if c.last > 0 {
		c.variation = nonTiny(c.variation + float64(weight*(math.Abs(c.rate/c.last-1)-c.variation)))
	}
	c.last = c.rate
}

// grow raises the estimate while there are no bursts to measure and no queue: what
// was sent went through.
func (c *linkCapacity) grow(elapsed float64) {
	const longest = 0.1
	c.init(c.rate * (1 + float64(c.cfg.BlindGrowth*min(elapsed, longest))))
}
