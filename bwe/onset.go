// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "math"

// onset compares the first half of each burst with the second. A link spreads both
// alike. Jitter that never lets a packet overtake another grows from the first
// packet after a pause on: it spreads the first half more, and would pass for a
// slower link.
type onset struct {
	bits, at      [onsetPackets]float64
	n             int
	broken        bool
	arrived, sent float64

	// Means over bursts: seconds a bit of whole bursts, by how much the first half
	// takes longer than the second, and the variance of that.
	whole, longer, variance float64
	bursts                  float64
	// fine is the share of short gaps among packets that arrived apart: none where
	// receive times lie on a coarse grid, whose edges halve bursts as they please.
	fine float64
}

const (
	onsetPackets = 64
	// onsetBursts is how many bursts the means look back over, onsetLeast how many
	// they need.
	onsetBursts = 120
	onsetLeast  = 40
	// apart and coarse bound short gaps, in seconds.
	apart, coarse = 0.0005, 0.005
	// fineWeight is the weight of a gap in the share of short ones, fineLeast the share
	// that a fine clock shows.
	fineWeight, fineLeast = 1.0 / 64, 0.05
	// onsetGain makes up for what grows on in the second half; too much of it corrects
	// itself, for a queue spreads both halves alike.
	onsetGain = 2
	// onsetMost bounds the correction.
	onsetMost = 1.4
)

func (o *onset) start() { o.n, o.arrived, o.sent, o.broken = 0, 0, 0, false }

func (o *onset) add(bits, recvGap float64, neighbours bool) {
	if !neighbours || recvGap < 0 {
		// Packets that overtake each other say nothing of where the jitter grows.
		o.broken = true
	}
	if recvGap > apart {
		short := 0.0
		if recvGap < coarse {
			short = 1
		}
		o.fine += float64(fineWeight * (short - o.fine))
	}
	o.arrived += recvGap
	o.sent += bits
	if o.n < onsetPackets {
		o.bits[o.n], o.at[o.n] = o.sent, o.arrived
		o.n++
	}
}

// close takes the burst's halves into the means.
func (o *onset) close() {
	const leastPackets, half = 4, 0.45
	if o.n < leastPackets || o.broken {
		return
	}
	last := o.n - 1
	mid := 0
	for mid < last && o.bits[mid] < half*o.bits[last] {
		mid++
	}
	if o.bits[mid] <= 0 || o.bits[last] <= o.bits[mid] {
		return
	}
	longer := o.at[mid]/o.bits[mid] - (o.at[last]-o.at[mid])/(o.bits[last]-o.bits[mid])
	o.bursts = min(o.bursts+1, onsetBursts)
	k := 1 / o.bursts
	o.whole += float64(k * (o.at[last]/o.bits[last] - o.whole))
	off := longer - o.longer
	o.longer += float64(k * off)
	o.variance += float64(k * (float64((1-k)*off*off) - o.variance))
}

// factor is what a capacity read off whole bursts is to be multiplied by: only what
// stands out from the noise of the halves counts.
func (o *onset) factor() float64 {
	if o.bursts < onsetLeast || o.whole <= 0 || o.fine < fineLeast {
		return 1
	}
	sure := max(0, o.longer-math.Sqrt(o.variance/o.bursts))

	return o.whole / max(o.whole/onsetMost, o.whole-float64(onsetGain*sure/2))
}
