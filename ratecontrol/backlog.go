// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// maxDebt bounds what the reckoning remembers, at the rate of the moment. It is
// far above every limit of the drop policy and keeps the arithmetic in range.
const maxDebt = time.Minute

// clockTolerance is how far an input may lie in the past and still be taken for a
// late one; beyond it the owner's clock was set back and the reckoning follows.
const clockTolerance = time.Second

// backlog reckons the bytes that were admitted beyond what was asked for: a leaky
// bucket that drains at the target, at what the path allows or at what is proven,
// whichever is most. A source that makes what it is asked for fills nothing.
type backlog struct {
	at    bwe.Time
	rate  bwe.Bitrate
	bytes int64
}

// advance drains up to now. Time that was too short for a whole byte is kept for
// the next call, so that the result does not depend on how often it is called.
func (b *backlog) advance(now bwe.Time) {
	if now <= b.at {
		if now < b.at && (b.at.Sub(now) > clockTolerance || b.at.Sub(now) < 0) {
			b.at = now
		}

		return
	}
	elapsed := now.Sub(b.at)
	// Below zero, the difference has overflowed.
	if elapsed < 0 || elapsed >= maxDebt {
		b.bytes, b.at = 0, now

		return
	}
	paid := b.rate.Bytes(elapsed)
	if paid >= b.bytes {
		b.bytes, b.at = 0, now

		return
	}
	b.bytes -= paid
	b.at = b.at.Add(b.rate.TimeFor(paid))
}

// setRate changes the rate. After a fall the old debt counts for no longer than
// it did, or than forgiveAbove where that is longer: most of it left at the old rate.
func (b *backlog) setRate(rate bwe.Bitrate, forgiveAbove time.Duration) {
	if rate < b.rate {
		b.bytes = min(b.bytes, rate.Bytes(max(b.wait(), forgiveAbove)))
	}
	b.rate = rate
}

// add admits size bytes.
func (b *backlog) add(size int64) {
	if room := b.rate.Bytes(maxDebt) - b.bytes; size > room {
		size = max(room, 0)
	}
	b.bytes += max(size, 0)
}

// wait returns how long the backlog takes to drain.
func (b *backlog) wait() time.Duration { return timeFor(b.rate, b.bytes, maxDebt) }

// timeFor is [bwe.Bitrate.TimeFor] bounded by most, for sizes of any magnitude.
func timeFor(rate bwe.Bitrate, size int64, most time.Duration) time.Duration {
	if size >= rate.Bytes(most) {
		return most
	}

	return min(rate.TimeFor(size), most)
}
