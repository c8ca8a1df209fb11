// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"math"

	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// fall is a way from a peak down to a trough, in bins. Back is where half of what counts
// as recovery was made good.
type fall struct {
	peak, trough, back int
	high, low          float64
}

func (f *fall) depth() float64 { return 1 - f.low/f.high }

// falls reduces a signal to its falls by the reversal rule of rainflow counting (ASTM
// E1049): a fall begins at the highest value since the last one and ends at the lowest
// one before a share of it is made good.
func falls(s timeline.Signal, depth, recovery float64) []fall {
	var out []fall
	f := fall{peak: -1}
	falling := false
	for i, v := range s {
		switch {
		case math.IsNaN(v):
		case f.peak < 0, !falling && v >= f.high:
			f = fall{peak: i, high: v}
		case !falling && v <= f.high*(1-depth):
			falling, f.trough, f.low = true, i, v
		case falling && v < f.low:
			f.trough, f.low = i, v
		case falling && v >= f.low+(f.high-f.low)*recovery:
			f.back = i
			out = append(out, f)
			f, falling = fall{peak: i, high: v}, false
		}
	}

	return out
}

// row is a number of falls one after the other that are alike.
type row struct {
	falls    []fall
	from, to int
	// irregularity is that of the times between peaks, and period their mean, in bins.
	irregularity, period float64
}

// rows cuts falls into rows whose irregularity is at most the one given.
func rows(all []fall, c *SwingConfig, irregularity float64) []row {
	var out []row
	for i := 0; i+c.Cycles <= len(all); {
		var gaps tally
		end := i
		for j := i + 1; j < len(all); j++ {
			gap := all[j].peak - all[j-1].peak
			if gap > bins(c.MaxPeriod) || !alike(&all[j-1], &all[j]) {
				break
			}
			gaps.add(float64(gap))
			if j-i+1 >= c.Cycles && gaps.variation() <= irregularity {
				end = j
			}
		}
		if end == i {
			i++

			continue
		}
		out = append(out, newRow(all[i:end+1]))
		i = end + 1
	}

	return out
}

// mostUnlike is the ratio of the peaks of two falls from which on they belong to
// different swings.
const mostUnlike = 2.5

func alike(a, b *fall) bool { return a.high < mostUnlike*b.high && b.high < mostUnlike*a.high }

func newRow(f []fall) row {
	var gaps tally
	for i := 1; i < len(f); i++ {
		gaps.add(float64(f[i].peak - f[i-1].peak))
	}

	return row{
		falls: f, from: f[0].peak, to: f[len(f)-1].back, irregularity: gaps.variation(), period: gaps.mean(),
	}
}

// swings is what is judged of a signal.
type swings struct {
	cause                Cause
	period, depth, share float64
}

// judge tells whether a signal swings, and why. It does where rows of falls take up
// enough of the session.
func judge(s timeline.Signal, t *timeline.Timeline, c *SwingConfig) (swings, bool) {
	all := falls(s, c.Depth, c.Recovery)
	length := float64(len(known(s)))
	var found []row
	for _, r := range rows(all, c, c.Irregularity) {
		if cause := causeOf(r.falls, t, c); cause != Congestion || r.irregularity <= c.CongestedIrregularity {
			found = append(found, r)

			continue
		}
		for _, r := range rows(r.falls, c, c.CongestedIrregularity) {
			found = append(found, r)
		}
	}
	covered := 0.0
	var chosen []fall
	var periods, depths tally
	for i := range found {
		r := &found[i]
		covered += float64(r.to - r.from)
		chosen = append(chosen, r.falls...)
		for k := range r.falls {
			depths.add(r.falls[k].depth())
			if k > 0 {
				periods.add(float64(r.falls[k].peak - r.falls[k-1].peak))
			}
		}
	}
	if len(chosen) == 0 || covered < c.Share*length {
		return swings{}, false
	}

	return swings{
		cause: causeOf(chosen, t, c), period: periods.mean() * timeline.Bin.Seconds(), depth: depths.mean(), share: min(1, covered/length),
	}, true
}
