// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// renditionChoice chooses among renditions: down at once, up only once a higher one
// has been affordable for the dwell time, so that a target that swings around one of
// the bitrates does not make the picture swing. It is not safe for concurrent use.
type renditionChoice struct {
	rates  []bwe.Bitrate // ascending
	byTier bool
	dwell  time.Duration

	begun   bool
	current int
	// affordable is the least of what could have been taken for the time held.
	affordable int
	held       time.Duration
}

// choose returns the index for a demand that has stood for so much of the media since
// the last call.
func (c *renditionChoice) choose(d *Demand, elapsed time.Duration) int {
	want := c.fits(d)
	switch {
	case !c.begun || c.byTier || want <= c.current:
		c.begun = true
		c.current, c.held = want, 0
	case c.held == 0:
		c.affordable, c.held = want, max(elapsed, 1)
	default:
		c.affordable = min(c.affordable, want)
		c.held += elapsed
	}
	if c.held > 0 && c.held >= c.dwell {
		c.current, c.held = c.affordable, 0
	}

	return c.current
}

// fits returns the highest rendition within the demand, the lowest where none is.
func (c *renditionChoice) fits(d *Demand) int {
	if c.byTier {
		return min(max(d.Tier, 0), len(c.rates)-1)
	}
	best := 0
	for i, rate := range c.rates {
		if rate <= d.Video {
			best = i
		}
	}

	return best
}
