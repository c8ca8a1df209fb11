// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"math"
	"slices"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// known returns the values of a signal that are known, in order of time.
func known(s timeline.Signal) []float64 {
	out := make([]float64, 0, len(s))
	for _, v := range s {
		if !math.IsNaN(v) {
			out = append(out, v)
		}
	}

	return out
}

// quantile returns a quantile of sorted values, NaN where there are none.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}

	return sorted[i] + (sorted[i+1]-sorted[i])*(at-float64(i))
}

// quantiles sorts what is known of a signal and returns quantiles of it.
func quantiles(s timeline.Signal, qs ...float64) []float64 {
	sorted := known(s)
	slices.Sort(sorted)
	out := make([]float64, len(qs))
	for i, q := range qs {
		out[i] = quantile(sorted, q)
	}

	return out
}

// tally gathers a mean and a deviation.
type tally struct{ n, sum, squares float64 }

func (t *tally) add(v float64) {
	if !math.IsNaN(v) {
		t.n++
		t.sum += v
		t.squares += v * v
	}
}

func (t *tally) addAll(s timeline.Signal) {
	for _, v := range s {
		t.add(v)
	}
}

// mean is NaN where nothing was added.
func (t *tally) mean() float64 { return t.sum / t.n }

func (t *tally) deviation() float64 {
	m := t.mean()

	return math.Sqrt(max(0, t.squares/t.n-m*m))
}

// variation is the deviation over the mean.
func (t *tally) variation() float64 { return t.deviation() / t.mean() }

// meanOf returns the mean of what is known of s from one bin up to another.
func meanOf(s timeline.Signal, from, to int) float64 {
	var t tally
	t.addAll(cut(s, from, to))

	return t.mean()
}

// cut returns the part of s from one bin up to another, as far as s reaches.
func cut(s timeline.Signal, from, to int) timeline.Signal {
	from = min(max(from, 0), len(s))

	return s[from:min(max(to, from), len(s))]
}

// unknownFigure is what is not known.
var unknownFigure = math.NaN()

// ratio is unknown where the whole is nothing.
func ratio(part, whole int64) float64 { return float64(part) / float64(whole) }

// figure returns a figure of a summary, nil where it is unknown or no number.
func figure(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}

	return &v
}

// rate is [figure] in bits per second.
func rate(v float64) *bwe.Bitrate {
	if figure(v) == nil {
		return nil
	}
	b := bwe.Bitrate(v)

	return &b
}

// orZero turns NaN, which no bound is compared with, into zero.
func orZero(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}

	return v
}

// smoothed returns the running mean over width bins around each bin, of what is known.
func smoothed(s timeline.Signal, width int) timeline.Signal {
	out := make(timeline.Signal, len(s))
	sum, n := 0.0, 0
	add := func(i, sign int) {
		if i >= 0 && i < len(s) && !math.IsNaN(s[i]) {
			sum += float64(sign) * s[i]
			n += sign
		}
	}
	half := width / 2
	for i := -half; i < half; i++ {
		add(i, 1)
	}
	for i := range s {
		add(i+half, 1)
		add(i-half-1, -1)
		out[i] = math.NaN()
		if n > 0 {
			out[i] = sum / float64(n)
		}
	}

	return out
}
