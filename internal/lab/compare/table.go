// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package compare

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// WriteTable writes the comparison for a terminal: the scenarios with their means, the
// families with their differences, and the verdicts.
func (r *Result) WriteTable(w io.Writer) error {
	shared := false
	for i := range r.Scenarios {
		shared = shared || r.Scenarios[i].Flows > 1
	}
	chosen := func(from, to Metric, cells []string) []string {
		var out []string
		for m := from; m < to; m++ {
			if m != Jain || shared {
				out = append(out, cells[m])
			}
		}

		return out
	}
	rows := [][]string{append([]string{"scenario", "controller"}, chosen(0, metrics, heads())...)}
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		for k := range s.Cells {
			name := s.Name
			if k > 0 {
				name = ""
			}
			rows = append(rows, append([]string{name, clip(s.Cells[k].Controller)}, chosen(0, metrics, s.Cells[k].row())...))
		}
	}
	// All in one would be too wide for most terminals.
	for _, part := range [][2]Metric{{0, deciding}, {deciding, metrics}} {
		rows = append(rows, nil, append([]string{"family", "less " + clip(r.Baseline)}, chosen(part[0], part[1], heads())...))
		for i := range r.Families {
			f := &r.Families[i]
			for k := range f.Contrasts {
				c := &f.Contrasts[k]
				rows = append(rows, append([]string{fmt.Sprintf("%s (%d)", f.Name, f.Scenarios), clip(c.Controller)}, chosen(part[0], part[1], c.row(overSeeds))...))
			}
		}
	}
	var b strings.Builder
	align(&b, rows)
	b.WriteString("\n" + r.remark() + "\n\n")
	width := 0
	for i := range r.Families {
		width = max(width, utf8.RuneCountInString(r.Families[i].Name))
	}
	for i := range r.Families {
		for k := range r.Families[i].Contrasts {
			c := &r.Families[i].Contrasts[k]
			words := r.told(c)
			if count := c.Verdict.count(); count != "" {
				words += " (scenario by scenario: " + count + ")"
			}
			fmt.Fprintf(&b, "%s%s  %s\n", r.Families[i].Name, pad(r.Families[i].Name, width), words)
		}
	}
	r.failures(&b)
	_, err := io.WriteString(w, b.String())

	return err
}

// mostFailures bounds the failed runs that are listed.
const mostFailures = 20

func (r *Result) failures(b *strings.Builder) {
	listed := 0
	for i := range r.Scenarios {
		for k := range r.Scenarios[i].Cells {
			for _, f := range r.Scenarios[i].Cells[k].Failures {
				if listed++; listed <= mostFailures {
					fmt.Fprintf(b, "failed: %s, seed %d: %s\n", r.Scenarios[i].Cells[k].Controller, f.Seed, f.Error)
				}
			}
		}
	}
	if more := listed - mostFailures; more > 0 {
		fmt.Fprintf(b, "and %s failed too: --json has all of them\n", counted(more, "run", "runs"))
	}
}

// align sets names to the left and figures to the right of their columns.
func align(b *strings.Builder, rows [][]string) {
	var widths []int
	start := 0
	flush := func(end int) {
		for _, row := range rows[start:end] {
			line := strings.Builder{}
			for i, text := range row {
				if i > 0 {
					line.WriteString("  ")
				}
				if i < names {
					line.WriteString(text + pad(text, widths[i]))
				} else {
					line.WriteString(pad(text, widths[i]) + text)
				}
			}
			b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
		}
		widths = nil
	}
	for n, row := range rows {
		if row == nil {
			flush(n)
			b.WriteString("\n")
			start = n + 1

			continue
		}
		for i, text := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	flush(len(rows))
}

// names is the number of columns that are names.
const names = 2

func pad(text string, width int) string {
	return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

// widest is the column of controllers.
const widest = 24

// clip shortens a long command by its middle, as both ends tell.
func clip(name string) string {
	runes := []rune(name)
	if len(runes) <= widest {
		return name
	}
	half := (widest - 1) / 2

	return string(runes[:half]) + "…" + string(runes[len(runes)-(widest-1-half):])
}

// csvHead names the columns of [Result.WriteCSV].
var csvHead = []string{
	"level", "name", "controller", "metric", "runs", "mean", "low", "high",
	"baseline", "difference", "difference_low", "difference_high", "p", "p_holm", "over",
}

// WriteCSV writes a line for each metric of each controller in each scenario and family.
// In a scenario's lines runs, mean, low and high are over all of the controller's runs, in
// a family's and in the differences over those that make pairs with the baseline's.
func (r *Result) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(csvHead); err != nil {
		return err
	}
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		contrasts := map[string]*Contrast{}
		for k := range s.Contrasts {
			contrasts[s.Contrasts[k].Controller] = &s.Contrasts[k]
		}
		for k := range s.Cells {
			c := &s.Cells[k]
			for m := range metrics {
				mean, ok := c.Metrics[m]
				if !ok {
					continue
				}
				line := append([]string{"scenario", s.Name, c.Controller, m.String(), strconv.Itoa(c.Runs)}, bounds(mean)...)
				if err := out.Write(append(line, contrasts[c.Controller].fields(m)...)); err != nil {
					return err
				}
			}
		}
	}
	for i := range r.Families {
		f := &r.Families[i]
		for k := range f.Contrasts {
			c := &f.Contrasts[k]
			for m := range metrics {
				d, ok := c.Metrics[m]
				if !ok {
					continue
				}
				line := []string{"family", f.Name, c.Controller, m.String(), strconv.Itoa(c.Pairs), number(d.Controller), "", ""}
				if err := out.Write(append(line, c.fields(m)...)); err != nil {
					return err
				}
			}
		}
	}
	out.Flush()

	return out.Error()
}

// fields are the columns of a difference, empty where there is none.
func (c *Contrast) fields(m Metric) []string {
	out := make([]string, 7)
	if c == nil {
		return out
	}
	d, ok := c.Metrics[m]
	if !ok {
		return out
	}
	out[0] = number(d.Baseline)
	copy(out[1:], bounds(d.Difference))
	for i, p := range []*float64{d.P, d.Holm} {
		if p != nil {
			out[4+i] = number(*p)
		}
	}
	out[6] = string(d.Difference.Over)

	return out
}

// bounds are mean, low and high, the latter two empty where they are not known.
func bounds(i Interval) []string {
	if i.Over == "" {
		return []string{number(i.Mean), "", ""}
	}

	return []string{number(i.Mean), number(i.Low), number(i.High)}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', 8, 64) }
