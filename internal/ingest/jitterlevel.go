// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import "time"

const (
	// levelStep is the resolution of the delays that are counted, levelSteps their
	// number.
	levelStep  = 10 * time.Millisecond
	levelSteps = 100
	// levelQuantile of the frames should be there in time, and levelForget is what an
	// older frame weighs against the next one, as in libwebrtc's NetEQ
	// (DelayManager: 0.95 and 0.983, there of packets).
	levelQuantile = 0.95
	levelForget   = 0.99
	// levelWindow is how long the least delayed frame stands for the path without
	// queue, as NetEQ's RelativeArrivalDelayTracker has it; at most twice that.
	levelWindow = 2 * time.Second
	// levelJump is a delay that is taken for a jump of the sender's clock.
	levelJump = 3 * time.Second
)

// jitterLevel measures how much later than the least delayed ones frames arrive, and
// which delay lets most of them play in time. It is not safe for concurrent use.
type jitterLevel struct {
	begun     bool
	least     time.Duration // arrival minus media time of the least delayed frame in this window
	before    time.Duration // and in the one before
	windowEnd time.Time
	weights   [levelSteps]float64
	total     float64
}

// frame takes a frame that is complete at now, by its media time. It returns how much
// more than the least it was delayed.
func (l *jitterLevel) frame(now time.Time, media, arrival time.Duration) time.Duration {
	transit := arrival - media
	switch {
	case !l.begun || transit-l.base() > levelJump:
		l.begun = true
		l.least, l.before = transit, transit
		l.windowEnd = now.Add(levelWindow)
	case !now.Before(l.windowEnd):
		l.before, l.least = l.least, transit
		l.windowEnd = now.Add(levelWindow)
	default:
		l.least = min(l.least, transit)
	}
	late := transit - l.base()
	for i := range l.weights {
		l.weights[i] *= levelForget
	}
	l.total = l.total*levelForget + 1
	l.weights[min(int(late/levelStep), levelSteps-1)]++

	return late
}

// base is the least delay of late.
func (l *jitterLevel) base() time.Duration { return min(l.least, l.before) }

// target is the delay to play with: zero where most frames come within one step.
func (l *jitterLevel) target() time.Duration {
	sum := 0.0
	for i, w := range l.weights {
		if sum += w; sum >= levelQuantile*l.total {
			if i == 0 {
				return 0
			}

			return time.Duration(i+1) * levelStep
		}
	}

	return levelSteps * levelStep
}
