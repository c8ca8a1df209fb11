// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package timeline

import "math"

// column is a signal that is being filled, in order of bins. A bin that nothing is set
// in holds the value of the one before.
type column struct {
	values Signal
}

// set puts v into a bin; the last one of a bin stays.
func (c *column) set(bin int, v float64) {
	if bin < len(c.values) {
		// Events of one input may come a little out of order.
		c.values[bin] = v

		return
	}
	c.extend(bin)
	c.values = append(c.values, v)
}

// extend holds the last value up to the bin, which it leaves out.
func (c *column) extend(bin int) {
	last := math.NaN()
	if n := len(c.values); n > 0 {
		last = c.values[n-1]
	}
	for len(c.values) < bin {
		c.values = append(c.values, last)
	}
}

// finish returns the signal with as many bins, nil where nothing was ever set.
func (c *column) finish(bins int) Signal {
	if len(c.values) == 0 {
		return nil
	}
	c.extend(bins)

	return c.values[:bins]
}
