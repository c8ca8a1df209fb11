// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"math"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// tcpWindow is TCP's congestion window in segments: slow start and the additive
// increase of RFC 5681, or CUBIC of RFC 9438 with fast convergence and its
// Reno-friendly region.
type tcpWindow struct {
	kind TCPKind
	size float64
	// threshold is where slow start ends.
	threshold float64

	// Of CUBIC: peak is the window before the last reduction. The curve began at epoch
	// and reaches its inflection, at the window origin, after plateau seconds; reno is
	// what the Reno-friendly region holds.
	peak    float64
	epoch   bwe.Time
	origin  float64
	plateau float64
	reno    float64
}

// RFC 9438 section 4.1 to 4.7, RFC 6928 for the first window.
const (
	firstWindow  = 10
	leastWindow  = 2
	cubicScale   = 0.4
	cubicBeta    = 0.7
	renoBeta     = 0.5
	mostGrowth   = 1.5
	noEpoch      = bwe.Time(-1)
	renoFriendly = 3 * (1 - cubicBeta) / (1 + cubicBeta)
)

func newWindow(kind TCPKind) tcpWindow {
	return tcpWindow{kind: kind, size: firstWindow, threshold: math.Inf(1), epoch: noEpoch}
}

func (w *tcpWindow) segments() int { return int(w.size) }

// grow takes in one acknowledged segment.
func (w *tcpWindow) grow(now bwe.Time, rtt time.Duration) {
	switch {
	case w.size < w.threshold:
		w.size++
	case w.kind == TCPReno:
		w.size += 1 / w.size
	default:
		w.follow(now, rtt)
	}
}

// follow moves towards where the cubic curve will be a round trip from now.
func (w *tcpWindow) follow(now bwe.Time, rtt time.Duration) {
	if w.epoch == noEpoch {
		w.epoch = now
		w.reno = w.size
		w.origin = max(w.peak, w.size)
		w.plateau = math.Cbrt((w.origin - w.size) / cubicScale)
	}
	t := (now.Sub(w.epoch) + rtt).Seconds() - w.plateau
	goal := w.origin + cubicScale*t*t*t
	w.reno += renoFriendly / w.size
	goal = min(max(goal, w.reno), mostGrowth*w.size)
	if goal > w.size {
		w.size += (goal - w.size) / w.size
	}
}

// reduce answers a loss that was detected by later arrivals.
func (w *tcpWindow) reduce() {
	beta := renoBeta
	if w.kind == TCPCubic {
		beta = cubicBeta
		if w.size < w.peak {
			// Fast convergence leaves room to newcomers.
			w.peak = w.size * (1 + cubicBeta) / 2
		} else {
			w.peak = w.size
		}
	}
	w.size = max(leastWindow, w.size*beta)
	w.threshold = w.size
	w.epoch = noEpoch
}

// collapse answers a timeout.
func (w *tcpWindow) collapse() {
	w.reduce()
	w.size = 1
}
