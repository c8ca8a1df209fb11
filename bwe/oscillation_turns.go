// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

const (
	// turnsKept is the number of turning points that a zigzag keeps: eleven cycles.
	turnsKept = 24
	// zigzagStill is the number of slots that the second half of the bank averages: a
	// second, so that noise does not hide a slow swing.
	zigzagStill = 5

	zigzagLevels = 9
)

// zigzagThresholds are the reversals, as fractions of the level, at which the
// zigzags of the bank seal a turning point. Steps of about the square root of two
// leave no swing without a zigzag that passes over the noise and still sees it.
var zigzagThresholds = [zigzagLevels]float64{0.04, 0.055, 0.08, 0.11, 0.155, 0.22, 0.31, 0.44, 0.6}

// turn is a peak or a trough.
type turn struct {
	slot  int32
	level float32
}

// zigzag reduces a series to alternating peaks and troughs at least one threshold
// apart, which is the turning-point rule of rainflow counting (ASTM E1049) with a
// relative hysteresis.
type zigzag struct {
	turns [turnsKept]turn
	// sealed counts the turning points so far.
	sealed uint32
	// extreme may become the next one, a peak while rising.
	extreme turn
	rising  bool
	begun   bool

	// swing is what the turning points said when judged of them were sealed.
	swing  swing
	judged uint32
}

// push takes in the level of the next slot.
func (z *zigzag) push(slot int32, level, threshold float64) {
	next, extreme := turn{slot, float32(level)}, float64(z.extreme.level)
	switch {
	case !z.begun:
		z.begun, z.rising, z.extreme = true, true, next
	case z.rising && level >= extreme, !z.rising && level <= extreme:
		z.extreme = next
	case z.rising && level < float64(extreme*(1-threshold)), !z.rising && float64(level*(1-threshold)) > extreme:
		z.turns[z.sealed%turnsKept] = z.extreme
		z.sealed++
		z.rising = !z.rising
		z.extreme = next
	}
}

// back returns the i-th newest turning point, the newest for 0.
func (z *zigzag) back(i int) turn { return z.turns[(z.sealed-1-uint32(i))%turnsKept] }

// held returns how many turning points are kept.
func (z *zigzag) held() int { return int(min(z.sealed, turnsKept)) }

// same tells whether z keeps the same turning points as o.
func (z *zigzag) same(o *zigzag) bool {
	if z.held() != o.held() || z.held() == 0 {
		return false
	}
	for i := range z.held() {
		if z.back(i) != o.back(i) {
			return false
		}
	}

	return true
}
