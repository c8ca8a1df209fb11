// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package report

import (
	"math"

	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// grid maps bins to the points that are drawn. Its points come in pairs, each of which
// stands for as many bins as it has width, by the least and the largest of them.
type grid struct {
	bins, points int
	// width is how many bins a point stands for; at 1, points are bins.
	width int
}

// newGrid returns the finest grid of at most so many points.
func newGrid(bins, most int) grid {
	if bins <= most {
		return grid{bins: bins, points: bins, width: 1}
	}
	pairs := max(1, most/2)
	width := (bins + 2*pairs - 1) / (2 * pairs)

	return grid{bins: bins, points: 2 * ((bins + 2*width - 1) / (2 * width)), width: width}
}

// step is the time from one point to the next in seconds.
func (g grid) step() float64 { return float64(g.width) * timeline.Bin.Seconds() }

// reduce appends the points of a signal, and those of none where it is nil.
func (g grid) reduce(to []float64, s timeline.Signal) []float64 {
	if g.width == 1 {
		for i := range g.points {
			to = append(to, finite(s.At(i)))
		}

		return to
	}
	for from := 0; from < g.bins; from += 2 * g.width {
		least, most := from, from
		for i := from; i < min(from+2*g.width, g.bins); i++ {
			// A comparison with what is not a number is false.
			v := finite(s.At(i))
			if low := finite(s.At(least)); v < low || math.IsNaN(low) {
				least = i
			}
			if high := finite(s.At(most)); v > high || math.IsNaN(high) {
				most = i
			}
		}
		to = append(to, finite(s.At(min(least, most))), finite(s.At(max(least, most))))
	}

	return to
}

// finite takes what has no end for unknown.
func finite(v float64) float64 {
	if math.IsInf(v, 0) {
		return math.NaN()
	}

	return v
}
