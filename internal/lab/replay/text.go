// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// TableHead names the columns of [Result.Rows] (docs/replay.md).
var TableHead = []string{
	"estimate of", "mean", "over", "under", "over 5 %", "falls", "rises", "off recorder", "p95", "corr", "above sent", "below sent",
}

// TableRemark says what is easily misread in them.
const TableRemark = "Over and under are mean distances from the capacity, over 5 % the share of the time with an estimate that far above it. " +
	"Falls and rises are the median times to follow changes of the capacity by 20 % or more. " +
	"Above sent is the share of the time in which the recorded media did not fill what the estimate promises, below sent that in which it was more."

// none stands for what is not known.
const none = "-"

// Rows returns the comparisons as texts, the recorder's first.
func (r *Result) Rows() [][]string {
	var out [][]string
	if r.Recorder != nil {
		out = append(out, r.Recorder.row(r.Recorder.Controller+" (recorded)"))
	}
	for i := range r.Controllers {
		out = append(out, r.Controllers[i].row(r.Controllers[i].Controller))
	}

	return out
}

func (c *Comparison) row(name string) []string {
	if c.Mean == nil {
		// It never said anything.
		return append([]string{name}, slices.Repeat([]string{none}, len(TableHead)-1)...)
	}
	row := []string{name, c.Mean.String()}
	if a := c.Capacity; a != nil {
		row = append(row, percent(a.Over), percent(a.Under), percent(a.ShareOver), a.Falls.String(), a.Rises.String())
	} else {
		row = append(row, none, none, none, none, none)
	}
	if d := c.Recorder; d != nil {
		row = append(row, percent(d.Median), percent(d.P95), orNone(d.Correlation, func(r float64) string { return fmt.Sprintf("%.2f", r) }))
	} else {
		row = append(row, none, none, none)
	}

	return append(row, orNone(c.AboveSent, percent), orNone(c.BelowSent, percent))
}

func orNone(v *float64, write func(float64) string) string {
	if v == nil {
		return none
	}

	return write(*v)
}

// String returns the median and what was missed in a few words.
func (r Reactions) String() string {
	text := none
	switch followed := r.Changes - r.Met - r.Missed; {
	case r.Changes == 0:
		return none
	case followed > 0:
		text = fmt.Sprintf("%.1f s", r.Median)
	case r.Met > 0:
		text = "at once"
	}
	if r.Missed > 0 {
		text += fmt.Sprintf(", %d of %d missed", r.Missed, r.Changes)
	}

	return text
}

// String returns the disagreement as a line of text, its time first.
func (d *Disagreement) String() string {
	return fmt.Sprintf("%s-%s  %s", timeline.Clock(d.From.Sub(0).Seconds()), timeline.Clock(d.To.Sub(0).Seconds()), d.Words())
}

// Words returns what String does, without the time.
func (d *Disagreement) Words() string {
	text := fmt.Sprintf("%s over %s, %.2f times for %.1f s",
		sides(d.High), sides(d.Low), d.Ratio, d.To.Sub(d.From).Seconds())
	if d.RTT != nil {
		text += fmt.Sprintf("; rtt %.0f ms", *d.RTT)
	}
	if d.Loss != nil {
		text += ", loss " + percent(*d.Loss)
	}

	return text
}

func sides(list []Side) string {
	var parts []string
	for _, s := range list {
		parts = append(parts, fmt.Sprintf("%s %v (%v)", s.Controller, s.Estimate, s.State))
	}

	return strings.Join(parts, ", ")
}

// Words says in a sentence or two what was replayed.
func (r *Result) Words() []string {
	t := &r.Totals
	lost := ""
	if n := t.PacketsReceived + t.PacketsLost; n > 0 {
		lost = ", " + percent(float64(t.PacketsLost)/float64(n)) + " lost"
	}
	window := ""
	if r.Window.Any() {
		window = ", of which " + r.Window.String() + " is looked at"
	}
	words := []string{
		fmt.Sprintf("%s, %.1f s%s: %d packets sent, %d acknowledged%s, %d feedbacks",
			r.Info.Format, r.Duration, window, t.PacketsSent, t.PacketsReceived, lost, t.Feedbacks),
		fmt.Sprintf("estimates start at %v, between %v and %v; the media follows none of them", r.Limits.Start, r.Limits.Min, r.Limits.Max),
	}
	if r.Connections > 1 {
		words = append(words, fmt.Sprintf("%d connections: the controllers began anew with each", r.Connections))
	}
	if r.Ignored > 0 {
		words = append(words, fmt.Sprintf("%d events were left out for their time, which is before the start or more than 24 hours after it", r.Ignored))
	}
	for i := range r.Controllers {
		if c := &r.Controllers[i]; c.Error != "" {
			words = append(words, fmt.Sprintf("%s failed, its figures are of the time before: %s", c.Controller, c.Error))
		}
	}

	return words
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", percents*share) }
