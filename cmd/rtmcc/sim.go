// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/rtmcc/rtmcc/internal/cli"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/internal/netsim/campaign"
)

// simCommand simulates paths in virtual time.
type simCommand struct {
	Scenarios []string `arg:"" optional:"" name:"scenario" help:"Built-in scenarios by name or pattern, such as 'jitter-*'. Default: all, where no file is given."`

	Flow    []string `sep:"none" default:"default" placeholder:"CONTROLLER" help:"Controller of a media flow, repeatable: default, gcc, config:FILE (each with +rc or +rc:FILE for the rate controller), oracle, fixed:RATE, 'exec:COMMAND'. Several share the bottleneck."`
	Compare bool     `help:"Give every --flow runs of its own instead."`

	Seed     uint64        `default:"1" help:"Seed of every random process."`
	Seeds    int           `default:"1" help:"Play so many consecutive seeds; the table shows their means."`
	Live     bool          `help:"Give every flow an encoder as live pushes have: RFC 8593's model, a key frame every 2 s, 150 kbps of video at least, 64 kbps of audio."`
	Duration time.Duration `placeholder:"10m" help:"Length of every run, in the scenarios' place."`

	ScenarioFile []string `sep:"none" type:"existingfile" placeholder:"FILE" help:"Scenario in JSON (docs/sim.md), repeatable."`
	TraceFile    []string `sep:"none" type:"existingfile" placeholder:"FILE" help:"Recorded capacity, time_ms,capacity_bps or Mahimahi, repeatable: a link of 30 ms with a queue of 400 ms."`

	List    bool   `help:"List the built-in scenarios and exit."`
	JSON    bool   `name:"json" help:"Print one JSON object for each run instead of the table."`
	Summary bool   `help:"Add the means of each family of scenarios to the table."`
	Plot    string `type:"path" placeholder:"PATH" help:"Draw each run: into a file that ends in .svg or .png where there is one run, else both into a folder."`
	Log     string `type:"path" placeholder:"FILE" help:"Write a trace of each flow; .gz and .zst compress. Several flows get names of their own."`
	Series  string `type:"path" placeholder:"FILE" help:"Write estimate, target, tier and more of each flow every 100 ms as CSV. Several runs get names of their own."`
	Workers int    `placeholder:"N" help:"Runs at a time. Default: one a processor."`
}

// Help follows the list of flags.
func (simCommand) Help() string {
	return `Columns: share of the capacity used, delivered and target rate, quantiles of the queueing delay, loss, time to the first
second at 90 % of the capacity, the target's coefficient of variation and its falls by over 15 % a minute, Jain's
index of fairness, how often a minute the picture stood at a player with 2 s in store and for what share of the time. The
same seed gives the same figures.

"default" lets the encoder follow the estimate, "default+rc" the rate controller; "default+rc:FILE" lays a JSON file over the
rate controller's configuration, to switch single stages on and off.

Examples:
  rtmcc sim --list
  rtmcc sim 'rfc8867-*' --seeds 3
  rtmcc sim 'jitter-*' --flow default --flow gcc --compare --plot plots
  rtmcc sim live-strong --flow default --flow default+rc --flow default+rc:no-ceiling.json --compare --series run.csv
  rtmcc sim steady-2m --flow default --flow 'exec:./other --flag'
  rtmcc sim --trace-file lte.csv --flow default --plot lte.png`
}

// Run is called by kong.
func (c *simCommand) Run(ctx context.Context, s cli.Streams) error {
	if c.List {
		return list(s)
	}
	plan, err := c.plan()
	if err != nil {
		return err
	}
	if c.JSON {
		out := json.NewEncoder(s.Out)

		return interrupted(ctx, plan.Run(ctx, func(r campaign.Run) error { return out.Encode(r) }))
	}
	table := campaign.NewTable(s.Out, c.Seeds)
	if err := plan.Run(ctx, table.Add); err != nil || !c.Summary {
		return interrupted(ctx, err)
	}

	return table.Summary()
}

// interrupted says what the end of the context has left.
func interrupted(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}

	return fmt.Errorf("interrupted (%w): what was printed are whole runs, the others are missing", ctx.Err())
}

func (c *simCommand) plan() (*campaign.Plan, error) {
	p := &campaign.Plan{
		Compare: c.Compare, Seed: c.Seed, Seeds: c.Seeds, Duration: c.Duration, Live: c.Live, Plot: c.Plot, Log: c.Log, Series: c.Series, Workers: c.Workers,
	}
	var err error
	if p.Flows, err = cli.Controllers(c.Flow); err != nil {
		return nil, err
	}
	p.Scenarios, err = cli.Scenarios(c.Scenarios, c.ScenarioFile, c.TraceFile)

	return p, err
}

func list(s cli.Streams) error {
	out := tabwriter.NewWriter(s.Out, 0, 0, 2, ' ', 0)
	for _, scenario := range netsim.Library() {
		if _, err := fmt.Fprintf(out, "%s\t%s\n", scenario.Name, scenario.About); err != nil {
			return err
		}
	}
	for name, why := range netsim.Unsupported {
		if _, err := fmt.Fprintf(out, "%s\tnot supported: %s\n", name, why); err != nil {
			return err
		}
	}

	return out.Flush()
}
