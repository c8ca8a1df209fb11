// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "math"

// ownShare regresses the change of delay from one burst to the next on what was sent
// in between: the correlation between what we did and what the delay did. Where a
// queue of ours stands, more bits mean more delay, by as much as the link takes to
// send them; delay that comes from elsewhere does not care.
type ownShare struct {
	begun bool
	sent  Time
	delay float64
	bits  float64

	// Running means and central moments of bits (x) and change of delay (y).
	x, y, xx, xy, yy float64
	n                float64
}

const (
	// shareBursts is how many bursts the regression looks back over.
	shareBursts = 20
	// shareGap is the pause in seconds that ends a series of bursts.
	shareGap = 0.2
)

// more takes in a further packet of the burst.
func (o *ownShare) more(bits float64) { o.bits += bits }

// start takes in the first packet of a burst and its delay in seconds.
func (o *ownShare) start(sent Time, delay, bits float64) {
	if o.begun && inSeconds(sent.Sub(o.sent)) < shareGap {
		o.regress(o.bits, delay-o.delay)
	}
	o.begun, o.sent, o.delay, o.bits = true, sent, delay, bits
}

func (o *ownShare) regress(x, y float64) {
	o.n = min(o.n+1, shareBursts)
	k := 1 / o.n
	dx, dy := x-o.x, y-o.y
	o.x += float64(k * dx)
	o.y += float64(k * dy)
	rest := 1 - k
	o.xx = nonTiny(o.xx + float64(k*(float64(rest*dx*dx)-o.xx)))
	o.xy = nonTiny(o.xy + float64(k*(float64(rest*dx*dy)-o.xy)))
	o.yy = nonTiny(o.yy + float64(k*(float64(rest*dy*dy)-o.yy)))
}

// value returns the share from 0 to 1 of a delay that is ours, at a link of the given
// capacity.
func (o *ownShare) value(capacity float64) float64 {
	if o.xx <= 0 {
		return 0
	}
	// In seconds a bit.
	slope := o.xy / o.xx
	residual := max(0, o.yy-float64(slope*o.xy))
	deviation := math.Sqrt(residual / o.xx / o.n)

	return min(1, max(0, (slope-deviation)*capacity))
}
