// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package compare

import (
	"encoding/json"
	"hash/fnv"
	"math/rand/v2"
	"strconv"

	"gonum.org/v1/gonum/stat"

	"github.com/rtmcc/rtmcc/internal/netsim"
)

// Result is what a comparison came to.
type Result struct {
	Controllers []string `json:"controllers"`
	Baseline    string   `json:"baseline"`
	// Seed is the first of Seeds seeds.
	Seed  uint64 `json:"seed"`
	Seeds int    `json:"seeds"`
	// Runs is how many runs there were, Failed of them without a result.
	Runs   int    `json:"runs"`
	Failed int    `json:"failed"`
	Config Config `json:"config"`
	// Tests is how many differences the verdicts of families rest on, for which their
	// probabilities are corrected.
	Tests     int        `json:"tests"`
	Scenarios []Scenario `json:"scenarios"`
	Families  []Family   `json:"families"`

	// Overlays are the runs of the first seed, where the plan wanted them.
	Overlays []Overlay `json:"-"`
}

// Scenario is one row of the matrix.
type Scenario struct {
	Name   string `json:"scenario"`
	Family string `json:"family"`
	Flows  int    `json:"flows"`
	// Cells are by controller, Contrasts by controller without the baseline.
	Cells     []Cell     `json:"cells"`
	Contrasts []Contrast `json:"contrasts"`
}

// Cell is one controller in one scenario.
type Cell struct {
	Controller string `json:"controller"`
	// Runs is how many seeds have a result, Unreached how many of them never came to 90 %
	// of the capacity.
	Runs      int                 `json:"runs"`
	Unreached int                 `json:"unreached"`
	Metrics   map[Metric]Interval `json:"metrics"`
	Failures  []Failure           `json:"failures,omitempty"`
}

// Failure is a run without a result.
type Failure struct {
	Seed  uint64 `json:"seed"`
	Error string `json:"error"`
}

// Contrast is a controller beside the baseline.
type Contrast struct {
	Controller string `json:"controller"`
	// Scenarios is how many scenarios it is about, Pairs how many pairs of runs of the
	// same scenario and seed. As runs failed, LeftOut scenarios have no pair, and
	// PairsLeftOut pairs are missing, theirs included.
	Scenarios    int                   `json:"scenarios"`
	Pairs        int                   `json:"pairs"`
	LeftOut      int                   `json:"left_out,omitempty"`
	PairsLeftOut int                   `json:"pairs_left_out,omitempty"`
	Metrics      map[Metric]Difference `json:"metrics"`
	Verdict      Verdict               `json:"verdict"`
}

// Difference is what a metric comes to under a controller and under the baseline, in the
// runs that make pairs.
type Difference struct {
	Controller float64 `json:"controller"`
	Baseline   float64 `json:"baseline"`
	// Difference is the controller's less the baseline's.
	Difference Interval `json:"difference"`
	// P is the probability of such a difference of the means in these very scenarios by the
	// chance of the seeds alone, nil where some scenario has one pair only. Holm is the same corrected
	// for the other tests of the report, where it decides the verdict of a family.
	P    *float64 `json:"p,omitempty"`
	Holm *float64 `json:"p_holm,omitempty"`
}

// Family is the scenarios whose names begin alike, or [Everything].
type Family struct {
	Name      string     `json:"family"`
	Scenarios int        `json:"scenarios"`
	Contrasts []Contrast `json:"contrasts"`
}

// Everything is the family of all scenarios; it is there where there are several.
const Everything = "ALL"

// Compared tells that there is a pair of runs with a result.
func (r *Result) Compared() bool {
	for i := range r.Scenarios {
		for k := range r.Scenarios[i].Contrasts {
			if r.Scenarios[i].Contrasts[k].Pairs > 0 {
				return true
			}
		}
	}

	return false
}

// MarshalText writes the metric's name.
func (m Metric) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// MarshalJSON leaves out the bounds where they are not known.
func (i Interval) MarshalJSON() ([]byte, error) {
	if i.Over == "" {
		return json.Marshal(struct {
			Mean float64 `json:"mean"`
		}{i.Mean})
	}

	return json.Marshal(struct {
		Mean float64 `json:"mean"`
		Low  float64 `json:"low"`
		High float64 `json:"high"`
		Over Sample  `json:"over"`
	}{i.Mean, i.Low, i.High, i.Over})
}

func (m *matrix) result() *Result {
	c := &m.plan.Campaign
	r := &Result{
		Controllers: m.names, Baseline: m.names[m.baseline], Seed: c.Seed, Seeds: c.Seeds,
		Runs: m.progress.Runs, Failed: m.progress.Failed, Config: m.plan.Config, Overlays: m.overlays,
	}
	var order []string
	families := map[string][]int{}
	everything := make([]int, len(c.Scenarios))
	for i := range c.Scenarios {
		r.Scenarios = append(r.Scenarios, m.scenario(i))
		name := r.Scenarios[i].Family
		if families[name] == nil {
			order = append(order, name)
		}
		families[name] = append(families[name], i)
		everything[i] = i
	}
	for _, name := range order {
		r.Families = append(r.Families, m.family(name, families[name]))
	}
	if len(order) > 1 {
		r.Families = append(r.Families, m.family(Everything, everything))
	}
	r.judge()

	return r
}

func (m *matrix) scenario(i int) Scenario {
	s := &m.plan.Campaign.Scenarios[i]
	out := Scenario{Name: s.Name, Family: netsim.Family(s.Name), Flows: flows(s)}
	for k, name := range m.names {
		cell := Cell{Controller: name, Metrics: map[Metric]Interval{}}
		values := [metrics]group{}
		for n, sample := range m.samples[i][k] {
			if sample.err != nil {
				cell.Failures = append(cell.Failures, Failure{Seed: m.plan.Campaign.Seed + uint64(n), Error: sample.err.Error()})

				continue
			}
			cell.Runs++
			if sample.unreached {
				cell.Unreached++
			}
			for metric, v := range sample.figures {
				values[metric].add(n, v)
			}
		}
		for metric := range metrics {
			if cell.Runs > 0 && (metric != Jain || out.Flows > 1) {
				cell.Metrics[metric], _ = acrossSeeds([]group{values[metric]}, m.plan.Config.Confidence)
			}
		}
		out.Cells = append(out.Cells, cell)
		if k != m.baseline {
			out.Contrasts = append(out.Contrasts, m.contrast(s.Name, []int{i}, k))
		}
	}

	return out
}

func (m *matrix) family(name string, scenarios []int) Family {
	f := Family{Name: name, Scenarios: len(scenarios)}
	for k := range m.names {
		if k != m.baseline {
			f.Contrasts = append(f.Contrasts, m.contrast("family "+name, scenarios, k))
		}
	}

	return f
}

// contrast holds one controller against the baseline over some scenarios.
func (m *matrix) contrast(name string, scenarios []int, controller int) Contrast {
	out := Contrast{Controller: m.names[controller], Metrics: map[Metric]Difference{}}
	var theirs, base, differences [metrics][]group
	for _, i := range scenarios {
		var t, b, d [metrics]group
		for n, s := range m.samples[i][controller] {
			reference := m.samples[i][m.baseline][n]
			if s.err != nil || reference.err != nil {
				out.PairsLeftOut++

				continue
			}
			out.Pairs++
			for metric := range metrics {
				x, y := s.figures[metric], reference.figures[metric]
				t[metric].add(n, x)
				b[metric].add(n, y)
				d[metric].add(n, x-y)
			}
			d[Stalls].step = max(s.stall, reference.stall)
		}
		if len(t[0].values) == 0 {
			out.LeftOut++

			continue
		}
		out.Scenarios++
		for metric := range metrics {
			if metric == Jain && flows(&m.plan.Campaign.Scenarios[i]) == 1 {
				continue
			}
			theirs[metric], base[metric] = append(theirs[metric], t[metric]), append(base[metric], b[metric])
			differences[metric] = append(differences[metric], d[metric])
		}
	}
	for metric := range metrics {
		if len(differences[metric]) > 0 {
			d := m.difference(differences[metric], name, out.Controller, metric)
			d.Controller, d.Baseline = stat.Mean(means(theirs[metric]), nil), stat.Mean(means(base[metric]), nil)
			out.Metrics[metric] = d
		}
	}

	return out
}

// difference is the mean over scenarios, each of which has differences by seed.
func (m *matrix) difference(scenarios []group, name, controller string, metric Metric) Difference {
	c := &m.plan.Config
	i, p := acrossSeeds(scenarios, c.Confidence)
	d := Difference{Difference: i}
	if i.Over != "" {
		d.P = &p
	}
	if len(scenarios) >= c.LeastScenarios {
		d.Difference = acrossScenarios(means(scenarios), c.Resamples, c.Confidence, source(name, controller, metric))
	}

	return d
}

// source is seeded by what it is for, so that no figure depends on what else is compared.
func source(name, controller string, metric Metric) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strconv.Quote(name) + strconv.Quote(controller)))

	return rand.New(rand.NewPCG(h.Sum64(), uint64(metric))) //nolint:gosec // statistics, not secrets
}

func means(groups []group) []float64 {
	out := make([]float64, len(groups))
	for i, g := range groups {
		out[i] = stat.Mean(g.values, nil)
	}

	return out
}
