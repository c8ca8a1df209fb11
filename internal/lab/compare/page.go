// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package compare

import (
	"fmt"
	"math"

	"github.com/rtmcc/rtmcc/internal/lab/report"
)

// mostNotes bounds the freezes that are listed for one scenario.
const mostNotes = 50

// Page returns the report.
func (r *Result) Page() *report.Page {
	p := &report.Page{
		Title:  fmt.Sprintf("%s beside %s", r.others(), r.Baseline),
		Words:  r.summary(),
		Tables: []report.Table{r.verdictTable(), r.familyTable()},
	}
	drawn := map[string][]*Overlay{}
	for i := range r.Overlays {
		o := &r.Overlays[i]
		drawn[o.Scenario] = append(drawn[o.Scenario], o)
	}
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		out := report.Session{Name: s.Name, Tables: []report.Table{r.scenarioTable(s)}}
		for k := range s.Contrasts {
			c := &s.Contrasts[k]
			out.Words = append(out.Words, fmt.Sprintf("Over %s: %s.", counted(c.Pairs, "pair of runs", "pairs of runs"), r.told(c)))
		}
		// Two files may have the same name; their overlays come in the same order.
		if same := drawn[s.Name]; len(same) > 0 {
			o := same[0]
			drawn[s.Name] = same[1:]
			out.Timeline = o.Timeline
			out.Words = append(out.Words, o.words()...)
			for _, f := range o.Freezes[:min(len(o.Freezes), mostNotes)] {
				out.Notes = append(out.Notes, report.Note{
					From: f.From, To: f.To, Text: fmt.Sprintf("%s: the picture stood for %.1f s", f.Controller, f.To.Sub(f.From).Seconds()),
				})
			}
		}
		if out.Timeline != nil {
			p.Sessions = append(p.Sessions, out)
		}
	}

	return p
}

func (r *Result) others() string {
	if len(r.Controllers) > 2 {
		return fmt.Sprintf("%d controllers", len(r.Controllers)-1)
	}
	for _, c := range r.Controllers {
		if c != r.Baseline {
			return c
		}
	}

	return ""
}

// summary is what a reader in a hurry wants to know.
func (r *Result) summary() []string {
	out := []string{fmt.Sprintf("%s, each under %s from %s: %d runs. %s is the baseline.",
		counted(len(r.Scenarios), "scenario", "scenarios"), counted(len(r.Controllers), "controller", "controllers"), counted(r.Seeds, "seed", "seeds"), r.Runs, r.Baseline)}
	last := &r.Families[len(r.Families)-1]
	for k := range last.Contrasts {
		c := &last.Contrasts[k]
		won := map[Outcome]int{}
		families := r.Families
		if len(families) > 1 {
			families = families[:len(families)-1]
			out = append(out, "All scenarios together: "+r.told(c)+".")
		}
		for i := range families {
			won[families[i].Contrasts[k].Verdict.Outcome]++
		}
		text := fmt.Sprintf("%s is better in %d of %s and worse in %d; %d trade one thing for another, %d are alike, and %d show no difference",
			c.Controller, won[Better], counted(len(families), "family", "families"), won[Worse], won[Trade], won[Alike], won[NotShown])
		if n := won[NoData]; n > 0 {
			text += fmt.Sprintf("; in %d all runs failed", n)
		}
		out = append(out, text+".")
	}
	if r.Failed > 0 {
		out = append(out, counted(r.Failed, "run", "runs")+" failed and had to be left out.")
	}

	return out
}

func (r *Result) verdictTable() report.Table {
	t := report.Table{Title: "Verdicts", Head: []string{"family", "scenarios", "controller", "verdict", "in words", "scenario by scenario"}, Remark: r.remark()}
	for i := range r.Families {
		f := &r.Families[i]
		for k := range f.Contrasts {
			c := &f.Contrasts[k]
			t.Rows = append(t.Rows, []string{f.Name, fmt.Sprint(f.Scenarios), c.Controller, c.Verdict.Outcome.text(), c.Verdict.Words, c.Verdict.count()})
		}
	}

	return t
}

// remark says what the intervals are.
func (r *Result) remark() string {
	return fmt.Sprintf("In brackets, %.4g %% confidence intervals: of a family of %d scenarios or more for paths like these, else, marked *, for these very ones. "+
		"A verdict rests on differences that are large enough to count, whose interval does not hold zero, and which are not by the chance of the seeds (p < %.4g, corrected for %d tests).",
		100*r.Config.Confidence, r.Config.LeastScenarios, 1-r.Config.Confidence, r.Tests)
}

func (r *Result) familyTable() report.Table {
	t := report.Table{Title: "Differences by family, controller less baseline", Head: append([]string{"family", "controller"}, heads()...)}
	for i := range r.Families {
		f := &r.Families[i]
		for k := range f.Contrasts {
			t.Rows = append(t.Rows, append([]string{f.Name, f.Contrasts[k].Controller}, f.Contrasts[k].row(overSeeds)...))
		}
	}

	return t
}

func (r *Result) scenarioTable(s *Scenario) report.Table {
	t := report.Table{Title: "Means over the seeds", Head: append([]string{"controller"}, heads()...)}
	for i := range s.Cells {
		t.Rows = append(t.Rows, append([]string{s.Cells[i].Controller}, s.Cells[i].row()...))
	}
	for i := range s.Contrasts {
		c := &s.Contrasts[i]
		t.Rows = append(t.Rows, append([]string{c.Controller + " less " + r.Baseline}, c.row("")...))
	}

	return t
}

// overSeeds marks intervals of small families.
const overSeeds = "*"

// heads are the columns of the metrics.
func heads() []string {
	out := make([]string, metrics)
	for m := range metrics {
		out[m] = about[m].head
		if about[m].unit != "" {
			out[m] += " " + about[m].unit
		}
	}

	return out
}

// row is the cell's means, with half the width of their intervals.
func (c *Cell) row() []string {
	out := make([]string, metrics)
	for m := range metrics {
		i, ok := c.Metrics[m]
		if !ok {
			out[m] = absent

			continue
		}
		a := &about[m]
		out[m] = plain(a.scale*i.Mean, a.decimals)
		if m == TimeTo90 && c.Unreached > 0 {
			out[m] = ">" + out[m]
			if c.Unreached == c.Runs {
				out[m] = "never"
			}

			continue
		}
		if i.Over != "" {
			out[m] += " ±" + plain(a.scale*(i.High-i.Low)/2, a.decimals)
		}
	}

	return out
}

// absent stands for what is not known.
const absent = "–"

// row is the differences with their intervals, of which those over seeds get the mark.
func (c *Contrast) row(mark string) []string {
	out := make([]string, metrics)
	for m := range metrics {
		d, ok := c.Metrics[m]
		if !ok {
			out[m] = absent

			continue
		}
		a, i := &about[m], &d.Difference
		out[m] = signed(a.scale*i.Mean, a.decimals)
		if i.Over == "" {
			continue
		}
		out[m] += fmt.Sprintf(" [%s, %s]", plain(a.scale*i.Low, a.decimals), plain(a.scale*i.High, a.decimals))
		if i.Over == Seeds {
			out[m] += mark
		}
	}

	return out
}

func signed(v float64, decimals int) string {
	text := plain(v, decimals)
	if v > 0 && math.Abs(v) >= math.Pow10(-decimals)/2 {
		return "+" + text
	}

	return text
}

func counted(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}

	return fmt.Sprintf("%d %s", n, several)
}
