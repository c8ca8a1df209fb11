// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package campaign plays many simulations, every scenario under every line-up of
// controllers from several seeds, and reports them as a table, JSON lines, plots and
// traces.
package campaign

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rtmcc/rtmcc/internal/netsim"
)

// ErrPlan is wrapped by errors about what a plan asks for.
var ErrPlan = errors.New("simulation")

// mostSeeds bounds the runs of one scenario.
const mostSeeds = 10_000

// Plan is what to play.
type Plan struct {
	Scenarios []netsim.Scenario
	// Flows are the controllers: together in every run, or with Compare each in runs
	// of its own.
	Flows   []netsim.Choice
	Compare bool
	// Seed is the first of Seeds seeds, which are consecutive.
	Seed  uint64
	Seeds int
	// Duration takes the place of the scenarios' where it is above zero.
	Duration time.Duration
	// Live gives every flow a live encoder; see [netsim.Scenario.Live].
	Live bool
	// Plot is where figures go, Log where traces go; see [Plan.Run]. Empty for none.
	Plot string
	Log  string
	// Series is where the series over time goes, empty for none: the file itself where
	// there is one run, else one for each run with the run's name added.
	Series string
	// Overlays leaves out the figures of single runs: with Compare, only those that lay the
	// controllers over each other are drawn.
	Overlays bool
	// KeepGoing hands runs that fail to the caller, with their error, and plays on.
	KeepGoing bool
	// Workers is how many runs are played at a time, zero for one a processor.
	Workers int
}

// Run is one run of a plan.
type Run struct {
	// LineUp names the controllers.
	LineUp string `json:"line_up"`
	*netsim.Result
	// Err says why the run failed, which only a plan that keeps going shows; there is no
	// result then.
	Err error `json:"-"`

	job job
}

// outcome is what became of a job.
type outcome struct {
	result *netsim.Result
	err    error
}

// job is a run to be.
type job struct {
	scenario *netsim.Scenario
	flows    []netsim.Choice
	lineUp   string
	seed     uint64
	// name tells the job's files from those of the others.
	name string
}

// Run plays the plan. It calls done for every run in the order of scenarios,
// line-ups and seeds, from one goroutine, as soon as those before it are through.
// Figures are written to the file that Plot names, where it ends in .svg or .png and
// there is one run, or as both into the folder that it names; traces to the file that
// Log names, one for each flow, with the run's and the flow's name added where there
// are several. It ends with the first error, but for those of runs where the plan keeps
// going.
func (p *Plan) Run(ctx context.Context, done func(Run) error) error {
	jobs, err := p.jobs()
	if err != nil {
		return err
	}
	workers := p.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers + 1)
	results := make([]chan outcome, len(jobs))
	for i := range results {
		results[i] = make(chan outcome, 1)
	}
	group.Go(func() error {
		compared := comparison{plan: p}
		for i, j := range jobs {
			select {
			case o := <-results[i]:
				run := Run{LineUp: j.lineUp, Result: o.result, Err: o.err, job: j}
				if run.Err == nil {
					if err := errors.Join(p.plot(&run, len(jobs)), p.series(&run, len(jobs)), compared.add(&run)); err != nil {
						return err
					}
				}
				if err := done(run); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}

		return compared.flush()
	})
	for i, j := range jobs {
		group.Go(func() error {
			r, err := p.play(ctx, j, len(jobs))
			if err != nil && (!p.KeepGoing || ctx.Err() != nil) {
				return err
			}
			if err != nil {
				r = nil
			}
			results[i] <- outcome{r, err}

			return nil
		})
	}

	return group.Wait()
}

func (p *Plan) play(ctx context.Context, j job, jobs int) (*netsim.Result, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	logs := &logs{plan: p, job: j, alone: jobs == 1}
	r, err := netsim.Run(ctx, j.scenario, netsim.Options{Flows: j.flows, Seed: j.seed, Observe: logs.observer()})

	return r, errors.Join(err, logs.close())
}

func (p *Plan) jobs() ([]job, error) {
	switch {
	case len(p.Scenarios) == 0:
		return nil, fmt.Errorf("%w: no scenario", ErrPlan)
	case len(p.Flows) == 0:
		return nil, fmt.Errorf("%w: no controller", ErrPlan)
	case p.Seeds < 1 || p.Seeds > mostSeeds:
		return nil, fmt.Errorf("%w: %d seeds, want 1 to %d", ErrPlan, p.Seeds, mostSeeds)
	case p.Duration < 0:
		return nil, fmt.Errorf("%w: a duration of %v, want above zero", ErrPlan, p.Duration)
	}
	lineUps := [][]netsim.Choice{p.Flows}
	if p.Compare {
		lineUps = nil
		for _, c := range p.Flows {
			lineUps = append(lineUps, []netsim.Choice{c})
		}
	}
	var out []job
	for i := range p.Scenarios {
		s := p.Scenarios[i]
		if p.Live {
			s = s.Live()
		}
		if p.Duration > 0 {
			s.Duration = netsim.Duration(p.Duration)
			if s.Warmup >= s.Duration {
				s.Warmup = 0
			}
		}
		if err := s.Validate(); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		for k, flows := range lineUps {
			for n := range p.Seeds {
				j := job{scenario: &s, flows: flows, lineUp: lineUp(flows), seed: p.Seed + uint64(n)}
				j.name = p.fileName(&j, k)
				out = append(out, j)
			}
		}
	}

	return out, nil
}

// lineUp names controllers that run together.
func lineUp(flows []netsim.Choice) string {
	names := make([]string, len(flows))
	for i, c := range flows {
		names[i] = c.Name
	}

	return strings.Join(names, ", ")
}

// fileName is unique within the plan and safe in any file system.
func (p *Plan) fileName(j *job, lineUp int) string {
	name := safe(j.scenario.Name) + "." + safe(j.lineUp)
	if p.Compare {
		// Two long commands may look alike once they are shortened.
		name = fmt.Sprintf("%s.%d-%s", safe(j.scenario.Name), lineUp+1, safe(j.lineUp))
	}
	if p.Seeds > 1 {
		name += fmt.Sprintf(".seed%d", j.seed)
	}

	return name
}

// longestName bounds a part of a file's name.
const longestName = 60

// safe replaces what file systems may not take.
func safe(name string) string {
	mapped := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_', r == '+':
			return r
		default:
			return '_'
		}
	}, name)
	mapped = strings.TrimLeft(mapped, ".")

	return mapped[:min(len(mapped), longestName)]
}
