// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"math"

	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// fall is a way from a peak down to a trough, in bins: from where the signal left the
// upper part of the way for good to where it reached the lower part, and back to where
// enough was made good.
type fall struct {
	peak, trough   int
	from, to, back int
	high, low      float64
}

// partOfFall is the part of a fall that belongs to the peak, and to the trough: noise
// makes the highest value of a plateau come anywhere.
const partOfFall = 0.3

// locate finds where the fall is steep.
func (f *fall) locate(s timeline.Signal) {
	part := (f.high - f.low) * partOfFall
	f.from = f.trough
	for f.from > f.peak && !(s[f.from] >= f.high-part) {
		f.from--
	}
	f.to = f.from
	for f.to < f.trough && !(s[f.to] <= f.low+part) {
		f.to++
	}
}

func (f *fall) depth() float64 { return 1 - f.low/f.high }

// falls reduces a signal to its falls by the reversal rule of rainflow counting (ASTM
// E1049): a fall begins at the highest value since the last one and ends at the lowest
// one before a share of it is made good, or as much as would make a fall: a deep one
// must not hide the swings that come after it further down.
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
		case falling && v >= min(f.low+(f.high-f.low)*recovery, f.low/(1-depth)):
			f.back = i
			f.locate(s)
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
}

// rows cuts falls into rows.
func rows(all []fall, c *SwingConfig) []row {
	var out []row
	for i := 0; i+c.Cycles <= len(all); {
		var gaps tally
		end := i
		for j := i + 1; j < len(all); j++ {
			gap := all[j].from - all[j-1].from
			if gap > bins(c.MaxPeriod) || !alike(&all[j-1], &all[j]) {
				break
			}
			gaps.add(float64(gap))
			if j-i+1 >= c.Cycles && gaps.variation() <= c.Irregularity {
				end = j
			}
		}
		if end == i {
			i++

			continue
		}
		out = append(out, row{falls: all[i : end+1], from: all[i].from, to: all[end].back})
		i = end + 1
	}

	return out
}

// mostUnlike is the ratio of the peaks of two falls from which on they belong to
// different swings.
const mostUnlike = 2.5

func alike(a, b *fall) bool { return a.high < mostUnlike*b.high && b.high < mostUnlike*a.high }

// swings is what is judged of a signal.
type swings struct {
	cause                Cause
	period, depth, share float64
}

// judge tells whether a signal swings, and why. It does where rows of falls take up
// enough of the session that are not the path's own.
func judge(s timeline.Signal, p *pathView, c *SwingConfig) (swings, bool) {
	all := falls(s, c.Depth, c.Recovery)
	length := float64(len(known(s)))
	var found []row
	for _, r := range rows(all, c) {
		if !p.pathChanges(r.falls, c) {
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
				periods.add(float64(r.falls[k].from - r.falls[k-1].from))
			}
		}
	}
	if len(chosen) == 0 || covered < c.Share*length {
		return swings{}, false
	}

	return swings{
		cause: p.cause(chosen, c), period: periods.mean() * timeline.Bin.Seconds(), depth: depths.mean(), share: min(1, covered/length),
	}, true
}
