// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

// windowMin is the minimum of a signal over a sliding window, kept in a few
// buckets so that it costs nothing to expire.
type windowMin struct {
	buckets [windowBuckets]time.Duration
	width   time.Duration
	// least is the minimum of all buckets.
	least  time.Duration
	cur    int
	filled int
	until  Time // end of the current bucket
}

const windowBuckets = 8

func newWindowMin(window time.Duration) windowMin {
	return windowMin{width: max(window/windowBuckets, 1)}
}

// reset forgets everything.
func (w *windowMin) reset() { w.filled = 0 }

// add takes in v as seen at now, and forgets what is older than the window.
func (w *windowMin) add(v time.Duration, now Time) {
	if w.filled == 0 || now >= w.until || now < w.until.Add(-w.width) {
		w.turn(v, now)
	}
	if v < w.buckets[w.cur] {
		w.buckets[w.cur] = v
		w.least = min(w.least, v)
	}
}

// turn opens a new bucket with v.
func (w *windowMin) turn(v time.Duration, now Time) {
	// Unsigned, for times may lie further apart than a duration can tell.
	late := now > w.until && uint64(now)-uint64(w.until) > uint64(w.width)*windowBuckets
	if w.filled == 0 || now < w.until.Add(-w.width) || late {
		w.cur, w.filled = 0, 1
		w.until = now.Add(w.width)
		w.buckets[0], w.least = v, v

		return
	}
	for now >= w.until {
		w.until = w.until.Add(w.width)
		w.cur = (w.cur + 1) % windowBuckets
		w.filled = min(w.filled+1, windowBuckets)
		w.buckets[w.cur] = v
	}
	w.least = w.buckets[0]
	for _, b := range w.buckets[:w.filled] {
		w.least = min(w.least, b)
	}
}

// value returns the minimum, zero while nothing was added.
func (w *windowMin) value() time.Duration {
	if w.filled == 0 {
		return 0
	}

	return w.least
}

// full tells whether the window has been seen through once.
func (w *windowMin) full() bool { return w.filled == windowBuckets }
