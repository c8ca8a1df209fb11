// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"fmt"
	"math"
	"time"
)

// Time is an instant on the owner's monotonic clock, in nanoseconds since an
// arbitrary origin that stays the same for the life of an estimator. Receive
// times are on the receiver's clock, whose origin and rate differ. Count from the start
// of the session: what has not happened yet counts as having happened at zero, so that
// times far below it mislead.
type Time int64

// Never is later than every instant; [Estimator.NextTimer] returns it when no
// call is wanted.
const Never Time = math.MaxInt64

// Add returns t shifted by d.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub returns the time from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// String prints t as seconds since the origin.
func (t Time) String() string {
	if t == Never {
		return "never"
	}

	return fmt.Sprintf("%.6fs", time.Duration(t).Seconds())
}

// Bitrate is a rate in bits per second. It is never negative.
type Bitrate int64

// Common magnitudes of [Bitrate].
const (
	Bps  Bitrate = 1
	Kbps         = 1000 * Bps
	Mbps         = 1000 * Kbps
)

// String prints b in the unit that suits its size: bps, kbps or Mbps.
func (b Bitrate) String() string {
	switch {
	case b >= Mbps:
		return fmt.Sprintf("%.2f Mbps", float64(b)/float64(Mbps))
	case b >= Kbps:
		return fmt.Sprintf("%.0f kbps", float64(b)/float64(Kbps))
	default:
		return fmt.Sprintf("%d bps", int64(b))
	}
}

// Bytes returns how many bytes b carries in d, rounded down.
func (b Bitrate) Bytes(d time.Duration) int64 {
	return int64(float64(b) * d.Seconds() / 8)
}

// TimeFor returns how long size bytes take at rate b, and the longest
// representable duration when b is zero.
func (b Bitrate) TimeFor(size int64) time.Duration {
	if b <= 0 {
		return math.MaxInt64
	}

	return time.Duration(float64(size) * 8 / float64(b) * float64(time.Second))
}

// RateOf returns the bitrate of size bytes over d, zero where d is not positive.
func RateOf(size int64, d time.Duration) Bitrate {
	if d <= 0 {
		return 0
	}

	return Bitrate(float64(size) * 8 / d.Seconds())
}
