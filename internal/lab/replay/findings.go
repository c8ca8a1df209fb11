// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"fmt"
	"slices"
	"strings"
)

// From these on a difference is worth a word (docs/replay.md).
const (
	// soonerBy is in seconds, between the median times after falls of the capacity.
	soonerBy = 0.5
	// missedMore is between the shares of falls that were missed.
	missedMore = 0.25
	// overMore is between the shares of the time above the capacity, underMore between the
	// mean distances below it.
	overMore, underMore = 0.1, 0.1
	// offRecorder is the median distance from the recorder's estimate, and asRecorder the
	// largest 95th percentile of it at which a controller came out as the recorder.
	offRecorder, asRecorder = 0.1, 0.01
)

// Findings says in two sentences at most, or in none, what tells the controllers apart: one on
// how they kept to the capacity, where that is known, one on the recorder. Controllers that
// failed are left out.
func (r *Result) Findings() []string {
	var out []string
	for _, clauses := range [][]string{r.onCapacity(), r.onRecorder()} {
		if len(clauses) > 0 {
			out = append(out, strings.Join(clauses, "; ")+".")
		}
	}

	return out
}

// contender is one of those that are compared.
type contender struct {
	name string
	*AgainstCapacity
}

// onCapacity compares those whose figures are farthest apart.
func (r *Result) onCapacity() []string {
	var all []contender
	for i := range r.Controllers {
		if c := &r.Controllers[i]; c.Error == "" && c.Capacity != nil {
			all = append(all, contender{c.Controller, c.Capacity})
		}
	}
	// Where the recorder ties with a controller, that one is named.
	if r.Recorder != nil && r.Recorder.Capacity != nil {
		all = append(all, contender{"the recorder", r.Recorder.Capacity})
	}
	if len(all) < 2 {
		return nil
	}
	var out []string
	if text := onFalls(all); text != "" {
		out = append(out, text)
	}
	if low, high := apart(all, func(c contender) float64 { return c.ShareOver }); worth(high.ShareOver-low.ShareOver, overMore) {
		out = append(out, fmt.Sprintf("%s was more than 5 %% above the capacity for %s of the time, %s for %s",
			high.name, wholePercent(high.ShareOver), low.name, wholePercent(low.ShareOver)))
	}
	if low, high := apart(all, func(c contender) float64 { return c.Under }); worth(high.Under-low.Under, underMore) {
		out = append(out, fmt.Sprintf("%s was %s below it on average, %s %s",
			high.name, wholePercent(high.Under), low.name, wholePercent(low.Under)))
		if len(out) == 1 {
			out[0] = strings.Replace(out[0], "below it", "below the capacity", 1)
		}
	}

	return out
}

// onFalls compares how falls of the capacity were followed, by those that met the same
// ones. Times are compared only where every fall has one.
func onFalls(all []contender) string {
	most := 0
	for _, c := range all {
		most = max(most, c.Falls.Changes)
	}
	all = slices.DeleteFunc(slices.Clone(all), func(c contender) bool { return c.Falls.Changes != most })
	if most == 0 || len(all) < 2 {
		return ""
	}
	missed := func(c contender) float64 { return float64(c.Falls.Missed) / float64(most) }
	if low, high := apart(all, missed); worth(missed(high)-missed(low), missedMore) {
		return fmt.Sprintf("%s did not come down to the capacity after %d of %d falls, %s after %d",
			high.name, high.Falls.Missed, most, low.name, low.Falls.Missed)
	}
	all = slices.DeleteFunc(all, func(c contender) bool { return c.Falls.Met+c.Falls.Missed > 0 })
	if len(all) < 2 {
		return ""
	}
	low, high := apart(all, func(c contender) float64 { return c.Falls.Median })
	by := high.Falls.Median - low.Falls.Median
	if !worth(by, soonerBy) {
		return ""
	}
	falls := "falls of the capacity"
	if most == 1 {
		falls = "the fall of the capacity"
	}

	return fmt.Sprintf("%s came down %.1f s sooner than %s after %s", low.name, by, high.name, falls)
}

// onRecorder names who is farthest from the recorder's estimate, and who gives it again.
func (r *Result) onRecorder() []string {
	var farthest, nearest *Comparison
	for i := range r.Controllers {
		c := &r.Controllers[i]
		if c.Error != "" || c.Recorder == nil {
			continue
		}
		if farthest == nil || c.Recorder.Median > farthest.Recorder.Median {
			farthest = c
		}
		if nearest == nil || c.Recorder.P95 < nearest.Recorder.P95 {
			nearest = c
		}
	}
	var out []string
	if farthest != nil && worth(farthest.Recorder.Median, offRecorder) {
		text := fmt.Sprintf("%s is off the recorder's estimate by a median of %s", farthest.Controller, wholePercent(farthest.Recorder.Median))
		if r.Recorder != nil && r.Recorder.Mean != nil && farthest.Mean != nil {
			text += fmt.Sprintf(", with a mean of %v beside %v", *farthest.Mean, *r.Recorder.Mean)
		}
		out = append(out, text)
	}
	if nearest != nil && nearest.Recorder.P95 <= asRecorder {
		out = append(out, nearest.Controller+" came out as the recorder did, within 1 % for 95 % of the time")
	}

	return out
}

// apart returns the contenders of the least and the largest figure, the first of equals.
func apart(all []contender, figure func(contender) float64) (low, high contender) {
	low, high = all[0], all[0]
	for _, c := range all[1:] {
		if figure(c) < figure(low) {
			low = c
		}
		if figure(c) > figure(high) {
			high = c
		}
	}

	return low, high
}

// worth tells whether a difference reaches a bound, but for rounding.
func worth(difference, bound float64) bool { return difference >= bound-1e-9 }

func wholePercent(share float64) string { return fmt.Sprintf("%.0f %%", percents*share) }
