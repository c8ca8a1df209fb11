// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

const (
	// waitingSlot is the resolution of the media time that waits, waitingSlots how many
	// are remembered: more than any viewer's buffer.
	waitingSlot  = 100 * time.Millisecond
	waitingSlots = 128
)

// waiting tells for how long the oldest frame in the pacer has been there. That is
// how late it will be for the viewer whatever the rate of the moment: bytes over that
// rate would make an hour of a dip that lasts for one feedback.
type waiting struct {
	// admitted are the bytes of each slot, slot the one that is being filled.
	admitted [waitingSlots]int64
	slot     int64
	// told is what the pacer last said to hold, at toldAt; known tells that it ever did.
	told   int64
	toldAt bwe.Time
	known  bool
}

// add admits size bytes at now.
func (w *waiting) add(now bwe.Time, size int64) {
	slot := int64(now) / int64(waitingSlot)
	if slot < w.slot-int64(clockTolerance/waitingSlot) || slot-w.slot >= waitingSlots || slot-w.slot < 0 && w.slot-slot < 0 {
		w.admitted, w.slot = [waitingSlots]int64{}, slot
	}
	for w.slot < slot {
		w.slot++
		w.admitted[uint64(w.slot)%waitingSlots] = 0
	}
	w.admitted[uint64(w.slot)%waitingSlots] += min(max(size, 0), mostWaiting)
}

// mostWaiting keeps the sums in range.
const mostWaiting = 1 << 40

// tell takes in what the pacer holds.
func (w *waiting) tell(p PacerState) {
	w.told, w.toldAt, w.known = min(max(p.Bytes, 0), mostWaiting), p.At, true
}

// follow goes along with a clock that was set back.
func (w *waiting) follow(now bwe.Time) {
	if back := w.toldAt.Sub(now); back > clockTolerance {
		w.toldAt = now
	}
}

// age returns for how long the oldest of what waits has done so, where no less than least
// bytes wait. What the pacer has not told again drains at rate; what came before the
// memory counts as time at rate.
func (w *waiting) age(now bwe.Time, rate bwe.Bitrate, least int64) time.Duration {
	left := w.told
	if since := now.Sub(w.toldAt); since > 0 {
		left -= rate.Bytes(min(since, maxDebt))
	}
	if left = max(left, least); left <= 0 {
		return 0
	}
	for i := range int64(waitingSlots) {
		left -= w.admitted[uint64(w.slot-i)%waitingSlots]
		if left <= 0 {
			begun := bwe.Time((w.slot - i) * int64(waitingSlot))

			return min(max(now.Sub(begun)-waitingSlot, 0), maxDebt)
		}
	}

	return timeFor(rate, left, maxDebt)
}
