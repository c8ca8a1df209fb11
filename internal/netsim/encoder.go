// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"math/rand/v2"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// encoder makes frames at the rate that it was told, after its lag.
type encoder struct {
	cfg Source
	rng *rand.Rand
	// wanted are the targets that the lag holds back.
	wanted ring[change]
	rate   bwe.Bitrate
	// untilKey counts the frames before the next key frame.
	untilKey int
}

// follow gives the encoder a new target for audio and video together.
func (e *encoder) follow(now bwe.Time, target bwe.Bitrate) {
	if e.cfg.Lag == 0 {
		e.rate = target

		return
	}
	if n := e.wanted.len(); n == 0 || e.wanted.at(n-1).rate != target {
		e.wanted.push(change{at: now.Add(e.cfg.Lag.Std()), rate: target})
	}
}

// video returns the bitrate that the next frames are made for.
func (e *encoder) video(now bwe.Time) bwe.Bitrate {
	for e.wanted.len() > 0 && e.wanted.at(0).at <= now {
		e.rate = e.wanted.pop().rate
	}
	rate := max(e.rate-e.cfg.Audio.Bitrate(), e.cfg.Min.Bitrate(), 0)
	if e.cfg.Max > 0 {
		rate = min(rate, e.cfg.Max.Bitrate())
	}

	return rate
}

// frame returns the size in bytes of the frame at now.
func (e *encoder) frame(now bwe.Time) (size int, key bool) {
	mean := float64(e.video(now)) / e.cfg.FPS / 8
	group := int(e.cfg.KeyInterval.Std().Seconds() * e.cfg.FPS)
	if group > 1 {
		// A key frame takes its excess from the others of its group.
		mean *= float64(group) / (float64(group) - 1 + e.cfg.KeySize)
		if e.untilKey == 0 {
			e.untilKey = group
			mean *= e.cfg.KeySize
			key = true
		}
		e.untilKey--
	}
	noise := 1 + e.cfg.Noise*(2*e.rng.Float64()-1)

	return int(mean * noise), key
}

// interval is the time between frames.
func (e *encoder) interval() time.Duration {
	return time.Duration(float64(time.Second) / e.cfg.FPS)
}

// audioInterval is the time between audio packets.
const audioInterval = 20 * time.Millisecond

// audio returns the size in bytes of an audio packet.
func (e *encoder) audio() int {
	return int(e.cfg.Audio.Bitrate().Bytes(audioInterval))
}
