// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package campaign

import (
	"fmt"
	"io"
	"strings"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/netsim"
)

// Table prints the means over the seeds of each scenario and line-up as they come in.
type Table struct {
	out io.Writer
	// seeds is how many runs make a row.
	seeds   int
	headed  bool
	pending []Run
	means   []group
	err     error
}

// group are the rows of one family and line-up.
type group struct {
	family, lineUp string
	sum            row
	count          float64
}

// row is the figures of a line of the table.
type row struct {
	utilisation, delivered, target, queue50, queue95, queue99, loss, to90, variation, falls, jain, stalls, still float64
	// unreached counts the runs that never got to 90 %.
	unreached float64
}

// NewTable returns a table of rows over so many seeds.
func NewTable(out io.Writer, seeds int) *Table { return &Table{out: out, seeds: seeds} }

const (
	tableHead  = "%-22s %-18s %6s %9s %9s %6s %6s %6s %6s %6s %6s %6s %6s %6s %6s\n"
	tableLine  = "%-22s %-18s %6.3f %9s %9s %6.1f %6.1f %6.1f %6s %6s %6.3f %6.1f %6.3f %6.1f %6.2f\n"
	widestName = 18
	// widestScenario is the scenario's column.
	widestScenario = 22
)

// Add takes in a run and prints a row once all of its seeds are there.
func (t *Table) Add(r Run) error {
	if !t.headed {
		t.headed = true
		t.printf(tableHead, "scenario", "controller", "util", "delivered", "target", "q50", "q95", "q99", "loss", "t90", "cv", "falls", "jain", "stalls", "still")
		t.printf(tableHead, "", "", "", "kbps", "kbps", "ms", "ms", "ms", "%", "s", "", "/min", "", "/min", "%")
	}
	t.pending = append(t.pending, r)
	if len(t.pending) < t.seeds {
		return t.err
	}
	sum := row{}
	for i := range t.pending {
		sum.add(newRow(t.pending[i].Result))
	}
	mean := sum.over(float64(len(t.pending)))
	t.row(r.Scenario, r.LineUp, mean)
	if len(r.Flows) > 1 {
		t.flows(r.Flows)
	}
	t.group(netsim.Family(r.Scenario), r.LineUp, mean)
	t.group(all, r.LineUp, mean)
	t.pending = nil

	return t.err
}

// flows prints a row for each flow of a shared run.
func (t *Table) flows(last []netsim.FlowResult) {
	for i := range last {
		var sum row
		for k := range t.pending {
			f := &t.pending[k].Flows[i]
			sum.add(row{
				delivered: float64(f.Delivered), target: float64(f.Target), queue50: f.Queue50, queue95: f.Queue95, queue99: f.Queue99,
				loss: f.Loss, variation: f.TargetCV, falls: f.Falls, stalls: f.Player.PerMinute(), still: f.Player.Still,
			})
		}
		mean := sum.over(float64(len(t.pending)))
		t.printf("  flow %-15d %-18s %6s %9.0f %9.0f %6.1f %6.1f %6.1f %6.2f %6s %6.3f %6.1f %6s %6.1f %6.2f\n", i+1, clip(last[i].Controller, widestName), "",
			mean.delivered/float64(bwe.Kbps), mean.target/float64(bwe.Kbps), mean.queue50, mean.queue95, mean.queue99, 100*mean.loss, "",
			mean.variation, mean.falls, "", mean.stalls, 100*mean.still)
	}
}

// all is the group of everything.
const all = "ALL"

// Summary prints the means of every family, and of all.
func (t *Table) Summary() error {
	t.printf("\nmeans over the scenarios of a family\n")
	last := []group(nil)
	for i := range t.means {
		g := &t.means[i]
		if g.family == all {
			last = append(last, *g)

			continue
		}
		t.mean(g)
	}
	for i := range last {
		t.mean(&last[i])
	}

	return t.err
}

func (t *Table) mean(g *group) {
	t.row(fmt.Sprintf("%s (%.0f)", g.family, g.count), g.lineUp, g.sum.over(g.count))
}

func (t *Table) group(family, lineUp string, r row) {
	for i := range t.means {
		if g := &t.means[i]; g.family == family && g.lineUp == lineUp {
			g.sum.add(r)
			g.count++

			return
		}
	}
	t.means = append(t.means, group{family: family, lineUp: lineUp, sum: r, count: 1})
}

func (t *Table) row(name, lineUp string, r row) {
	to90 := "never"
	if r.unreached == 0 {
		to90 = fmt.Sprintf("%.1f", r.to90)
	} else if r.unreached < 1 {
		to90 = fmt.Sprintf(">%.1f", r.to90)
	}
	t.printf(tableLine, clip(name, widestScenario), clip(lineUp, widestName), r.utilisation, kbps(r.delivered), kbps(r.target), r.queue50, r.queue95, r.queue99,
		fmt.Sprintf("%.2f", 100*r.loss), to90, r.variation, r.falls, r.jain, r.stalls, 100*r.still)
}

func kbps(bps float64) string { return fmt.Sprintf("%.0f", bps/float64(bwe.Kbps)) }

// clip shortens a name to its column, by its middle, as both ends tell.
func clip(name string, width int) string {
	runes := []rune(name)
	if len(runes) <= width {
		return name
	}
	half := (width - 1) / 2

	return string(runes[:half]) + "…" + string(runes[len(runes)-(width-1-half):])
}

func (t *Table) printf(format string, args ...any) {
	if t.err != nil {
		return
	}
	text := fmt.Sprintf(format, args...)
	if strings.HasSuffix(text, "\n") {
		text = strings.TrimRight(text, " \n") + "\n"
	}
	_, t.err = io.WriteString(t.out, text)
}

func newRow(r *netsim.Result) row {
	out := row{
		utilisation: r.Utilisation, delivered: float64(r.Delivered), target: float64(r.Target),
		queue50: r.Queue50, queue95: r.Queue95, queue99: r.Queue99, loss: r.Loss,
		to90: r.TimeTo90, variation: r.TargetCV, falls: r.Falls, jain: r.Jain, stalls: r.Stalls, still: r.Still,
	}
	if r.TimeTo90 < 0 {
		out.to90, out.unreached = r.Duration, 1
	}

	return out
}

func (r *row) figures() []*float64 {
	return []*float64{
		&r.utilisation, &r.delivered, &r.target, &r.queue50, &r.queue95, &r.queue99, &r.loss, &r.to90, &r.variation, &r.falls, &r.jain, &r.stalls, &r.still,
		&r.unreached,
	}
}

func (r *row) add(o row) {
	theirs := o.figures()
	for i, v := range r.figures() {
		*v += *theirs[i]
	}
}

func (r row) over(n float64) row {
	for _, v := range r.figures() {
		*v /= n
	}

	return r
}
