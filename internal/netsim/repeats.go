// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// repeatMeter measures the rate of retransmissions over the last second.
type repeatMeter struct {
	sent  ring[repeat]
	bytes int64
}

type repeat struct {
	at   bwe.Time
	size int
}

func (r *repeatMeter) add(now bwe.Time, size int) {
	r.sent.push(repeat{at: now, size: size})
	r.bytes += int64(size)
}

func (r *repeatMeter) rate(now bwe.Time) bwe.Bitrate {
	for r.sent.len() > 0 && now.Sub(r.sent.at(0).at) >= time.Second {
		r.bytes -= int64(r.sent.pop().size)
	}

	return bwe.RateOf(r.bytes, time.Second)
}
