// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package compare plays every scenario under every controller from several seeds and says
// which controller is better, by how much and how sure that is (docs/compare.md).
package compare

import (
	"context"
	"errors"
	"fmt"

	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/internal/netsim/campaign"
)

// ErrPlan is wrapped by errors about what a plan asks for.
var ErrPlan = errors.New("comparison")

// Plan is what to compare.
type Plan struct {
	// Campaign is the matrix: scenarios, controllers and seeds. Each controller gets runs
	// of its own, whatever it says.
	Campaign campaign.Plan
	// Baseline names the one of the controllers that the others are held against, the last
	// one where it is empty.
	Baseline string
	// FailFast ends the comparison with the first run that fails. Else that run is left
	// out, and said to be.
	FailFast bool
	// Draw keeps what [Result.Page] draws.
	Draw   bool
	Config Config
	// Progress is called after every run, from one goroutine; nil for none.
	Progress func(Progress)
}

// Progress is how far a comparison is.
type Progress struct {
	// Runs is how many of Total are through, Failed of them without a result.
	Runs, Total, Failed int
	// Share is the part of the work, 0 to 1, by the time that is simulated.
	Share float64
	// Scenario is what was played last.
	Scenario string
}

// matrix collects the figures of all runs.
type matrix struct {
	plan     *Plan
	baseline int
	names    []string
	// samples are by scenario, controller and seed.
	samples  [][][]sample
	overlays []Overlay
	drawn    []drawn
	work     []float64
	all      float64
	progress Progress
}

// sample is one run.
type sample struct {
	figures Figures
	// unreached tells that it never came to 90 % of the capacity.
	unreached bool
	// stall is what one stall more of one flow would add to [Stalls].
	stall float64
	err   error
}

// Run plays the plan and compares. The same plan gives the same result, as far as outside
// controllers do what they did before. The error wraps [ErrPlan] or [ErrConfig] where the
// plan makes no sense, and is the context's when that ends first.
func Run(ctx context.Context, plan *Plan) (*Result, error) {
	m, err := newMatrix(plan)
	if err != nil {
		return nil, err
	}
	runs := plan.Campaign
	runs.Compare, runs.Overlays, runs.KeepGoing = true, true, !plan.FailFast
	if err := runs.Run(ctx, m.add); err != nil {
		return nil, err
	}

	return m.result(), nil
}

func newMatrix(plan *Plan) (*matrix, error) {
	if err := plan.Config.Validate(); err != nil {
		return nil, err
	}
	c := &plan.Campaign
	m := &matrix{plan: plan, baseline: len(c.Flows) - 1}
	taken := map[string]int{}
	for i, f := range c.Flows {
		if _, twice := taken[f.Name]; twice {
			return nil, fmt.Errorf("%w: the controller %q is given twice: give each once", ErrPlan, f.Name)
		}
		taken[f.Name] = i
		m.names = append(m.names, f.Name)
	}
	if len(c.Flows) < 2 {
		return nil, fmt.Errorf("%w: one controller alone cannot be compared: give a second --flow", ErrPlan)
	}
	if plan.Baseline != "" {
		i, found := taken[plan.Baseline]
		if !found {
			return nil, fmt.Errorf("%w: the baseline %q is none of the controllers: give it as a --flow too", ErrPlan, plan.Baseline)
		}
		m.baseline = i
	}
	for i := range c.Scenarios {
		s := &c.Scenarios[i]
		m.samples = append(m.samples, make([][]sample, len(c.Flows)))
		seconds := s.Duration.Std().Seconds()
		if c.Duration > 0 {
			seconds = c.Duration.Seconds()
		}
		m.work = append(m.work, seconds*float64(flows(s)))
		m.all += m.work[i] * float64(len(c.Flows)*c.Seeds)
	}
	m.progress.Total = len(c.Scenarios) * len(c.Flows) * c.Seeds

	return m, nil
}

// add takes in a run; they come in the order of scenarios, controllers and seeds.
func (m *matrix) add(r campaign.Run) error {
	c := &m.plan.Campaign
	scenario := m.progress.Runs / (len(c.Flows) * c.Seeds)
	controller := m.progress.Runs / c.Seeds % len(c.Flows)
	first := m.progress.Runs%c.Seeds == 0
	s := sample{err: r.Err}
	if r.Err == nil {
		s.figures, s.unreached = figures(r.Result), r.TimeTo90 < 0
		s.stall = 60 / r.Duration / float64(max(1, len(r.Flows)))
		if m.plan.Draw && first {
			m.drawn = append(m.drawn, drawn{controller: m.names[controller], result: r.Result})
		}
	} else {
		m.progress.Failed++
	}
	cell := &m.samples[scenario][controller]
	*cell = append(*cell, s)
	m.progress.Runs++
	m.progress.Share = min(1, m.progress.Share+m.work[scenario]/m.all)
	m.progress.Scenario = c.Scenarios[scenario].Name
	if m.plan.Draw && m.progress.Runs%(len(c.Flows)*c.Seeds) == 0 {
		m.overlays = append(m.overlays, overlay(m.progress.Scenario, c.Seed, m.drawn))
		m.drawn = nil
	}
	if m.plan.Progress != nil {
		m.plan.Progress(m.progress)
	}

	return nil
}

// flows is the number of flows of a scenario.
func flows(s *netsim.Scenario) int { return max(1, len(s.Flows)) }
