// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package plotting

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// ticks marks round values, at most so many of them; bare ones have no label.
type ticks struct {
	most int
	bare bool
}

// Ticks implements [plot.Ticker].
func (t ticks) Ticks(least, most float64) []plot.Tick {
	step := roundStep((most - least) / float64(t.most))
	var out []plot.Tick
	for n := math.Ceil(least / step); n*step <= most; n++ {
		// The sum makes a plain zero of one below zero.
		label := strconv.FormatFloat(n*step+0, 'g', 6, 64)
		if t.bare {
			// A label of no width: gonum takes an empty one for a minor tick.
			label = " "
		}
		out = append(out, plot.Tick{Value: n * step, Label: label})
	}

	return out
}

// roundStep is the least of 1, 2 and 5 times a power of ten that is not below x.
func roundStep(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, factor := range []float64{1, 2, 5} {
		if factor*power >= x {
			return factor * power
		}
	}

	return 10 * power
}
