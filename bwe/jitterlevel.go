// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "math"

// jitterLevel is how much the delay of packets that meet no queue of ours varies: the
// mean size of its second difference, in seconds, which neither a drift nor a queue
// that grows steadily can raise.
type jitterLevel struct {
	level float64
	// usual is the same where rare jumps count for no more than a few times the usual.
	usual  float64
	d1, d2 float64
	n      int
}

func (j *jitterLevel) add(delay float64) {
	if j.n >= 2 {
		// Rare jumps count for no more than most seconds, and for the usual level for no
		// more than rare times it and least seconds.
		const scale, most, weight = 0.7, 0.03, 1.0 / 16
		v := min(math.Abs(delay-float64(2*j.d1)+j.d2), most/scale)
		j.level = nonTiny(j.level + float64(weight*(float64(scale*v)-j.level)))
		const rare, least = 3, 0.002
		j.usual = nonTiny(j.usual + float64(weight*(min(scale*v, float64(rare*j.usual)+least)-j.usual)))
	}
	j.n = min(j.n+1, 2)
	j.d2, j.d1 = j.d1, delay
}
