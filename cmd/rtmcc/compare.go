// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"time"

	"github.com/rtmcc/rtmcc/internal/cli"
	"github.com/rtmcc/rtmcc/internal/lab/compare"
	"github.com/rtmcc/rtmcc/internal/netsim/campaign"
)

// compareCommand tells which of several controllers is better.
type compareCommand struct {
	Scenarios []string `arg:"" optional:"" name:"scenario" help:"Built-in scenarios by name or pattern, such as 'jitter-*'; \"rtmcc sim --list\" lists them. Default: all, where no file is given."`

	Flow     []string `sep:"none" placeholder:"CONTROLLER" help:"Controller, twice or more: default, gcc, config:FILE (each with +rc or +rc:FILE for the rate controller), oracle, fixed:RATE, 'exec:COMMAND'. Each has runs of its own. Default: default and gcc."`
	Baseline string   `placeholder:"CONTROLLER" help:"The controller that the others are held against. Default: the last one."`

	Seed     uint64        `default:"1" help:"First seed of every random process."`
	Seeds    int           `default:"10" help:"Play so many consecutive seeds. Under the same seed all controllers meet the same path."`
	Live     bool          `help:"Give every flow an encoder as live pushes have, as with \"rtmcc sim --live\"."`
	Duration time.Duration `placeholder:"10m" help:"Length of every run, in the scenarios' place."`

	ScenarioFile []string `sep:"none" type:"existingfile" placeholder:"FILE" help:"Scenario in JSON (docs/sim.md), repeatable."`
	TraceFile    []string `sep:"none" type:"existingfile" placeholder:"FILE" help:"Recorded capacity, time_ms,capacity_bps or Mahimahi, repeatable."`

	Rules    string `type:"existingfile" placeholder:"FILE" help:"JSON that replaces single bounds of what counts as a difference (docs/compare.md)."`
	JSON     bool   `name:"json" help:"Print one JSON object instead of the table."`
	CSV      string `name:"csv" type:"path" placeholder:"FILE" help:"Write every mean and difference as CSV."`
	Report   string `type:"path" placeholder:"FILE" help:"Write a page for the browser, with the controllers laid over each other in every scenario."`
	Plot     string `type:"path" placeholder:"FOLDER" help:"Draw every scenario with the controllers laid over each other, as SVG and PNG."`
	Workers  int    `placeholder:"N" help:"Runs at a time. Default: one a processor."`
	FailFast bool   `help:"End with the first run that fails, such as when an outside controller dies, instead of leaving it out."`
}

// Help follows the list of flags.
func (compareCommand) Help() string {
	return `Prints the means of each controller in each scenario, the differences to the baseline by family of scenarios, which is what
stands before the dash of their names, and a verdict for each family: better, worse, a trade, alike, or no difference shown. All
with 95 % confidence intervals. A terminal shows how far it is and the time left. The same arguments give the same output.

Examples:
  rtmcc compare                                            default beside gcc in all scenarios
  rtmcc compare 'jitter-*' 'loss-*' --seeds 10 --report out.html
  rtmcc compare --flow config:mine.json --flow default --csv out.csv
  rtmcc compare --flow 'exec:./other --flag' --flow default --flow gcc --baseline gcc
  rtmcc compare --trace-file lte.csv --trace-file train.csv --live --plot plots`
}

// Run is called by kong.
func (c *compareCommand) Run(ctx context.Context, s cli.Streams) error {
	if len(c.Flow) == 0 {
		c.Flow = []string{"default", "gcc"}
	}
	flows, err := cli.Controllers(c.Flow)
	if err != nil {
		return err
	}
	scenarios, err := cli.Scenarios(c.Scenarios, c.ScenarioFile, c.TraceFile)
	if err != nil {
		return err
	}
	comparison := cli.Comparison{
		Plan: compare.Plan{
			Campaign: campaign.Plan{
				Scenarios: scenarios, Flows: flows, Seed: c.Seed, Seeds: c.Seeds, Duration: c.Duration, Live: c.Live, Plot: c.Plot, Workers: c.Workers,
			},
			Baseline: c.Baseline, FailFast: c.FailFast,
		},
		RulesFile: c.Rules, JSON: c.JSON, CSV: c.CSV, Report: c.Report,
	}

	return comparison.Run(ctx, s)
}
