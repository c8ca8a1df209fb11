// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/cli"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

type replayCommand struct {
	Files []string `arg:"" name:"file" help:"Recordings of sessions, of any format that is known; the content tells which. - reads the standard input."`

	With     []string    `sep:"none" placeholder:"CONTROLLER" help:"Controller to feed, repeatable: default, gcc, config:FILE (each with +rc or +rc:FILE for the rate controller), 'exec:COMMAND' for one that speaks the driver protocol. Left out: default and gcc."`
	NoVerify bool        `name:"no-verify" help:"Do not compute the decisions of a trace of rtmcc again."`
	Start    cli.Bitrate `placeholder:"300k" help:"First estimate. By default what the recording says, else 300k."`
	Min      cli.Bitrate `placeholder:"30k" help:"Least estimate. By default what the recording says, else 30k."`
	Max      cli.Bitrate `placeholder:"20M" help:"Largest estimate. By default what the recording says, else 20M."`

	From time.Duration `placeholder:"1m30s" help:"Begin the figures, comparison, page and plots so long after the recording's start. The controllers are fed everything all the same."`
	To   time.Duration `placeholder:"2m" help:"End them so long after the recording's start. Left out or 0: at its end."`

	Flow cli.Flow `embed:"" prefix:"capture-"`

	JSON   bool   `name:"json" help:"Print one JSON object for each file."`
	Report string `type:"path" placeholder:"FILE" help:"Write a page (.html) with everything over time. Folders are made for this file and the next two."`
	Plot   string `type:"path" placeholder:"FILE" help:"Draw rates, delay, trend and loss into a file that ends in .svg or .png. Several recordings get names of their own."`
	Series string `type:"path" placeholder:"FILE" help:"Write the same every 100 ms as CSV. Several recordings get names of their own."`
}

// Help follows the list of flags.
func (replayCommand) Help() string {
	return `A trace that "rtmcc push --trace" or "rtmcc sim --log" wrote is first computed again, and every decision compared byte for byte. The
exit code is 3 where one differs.

Then what the recording holds, of whatever format, is fed to each controller in open loop: the media was sent as the recorder
decided and does not follow. Columns: mean estimate; where the capacity is known, mean distance above and below it, share of
the time more than 5 % above, median time to follow its falls and rises; median and 95th percentile of the distance from the
recorder's estimate and the correlation with it; share of the time in which the estimate is above what was sent, or below. Below
are the times at which two estimates disagree. What tells the controllers apart is said before, in words. More: docs/replay.md.

With --from and --to all of this is of that part of the recording, in whole tenths of a second; the controllers are fed it from
the start, since an estimator without its past is another estimator.

Examples:
  rtmcc push --duration 10s --trace t.jsonl && rtmcc replay t.jsonl
  rtmcc replay call.log --report call.html
  rtmcc replay call.log --from 1m30s --to 2m --plot call.svg
  rtmcc replay call.log --with gcc --with config:mine.json --with exec:./other --plot call.svg
  rtmcc sim drop-8-1-8 --log d.jsonl && rtmcc replay d.jsonl --no-verify`
}

// Run is called by kong.
func (c *replayCommand) Run(ctx context.Context, s cli.Streams) error {
	if len(c.With) == 0 {
		c.With = []string{"default", "gcc"}
	}

	return cli.Replay(ctx, c.Files, &cli.ReplayOptions{
		With: c.With, NoVerify: c.NoVerify, Start: bwe.Bitrate(c.Start), Min: bwe.Bitrate(c.Min), Max: bwe.Bitrate(c.Max),
		JSON: c.JSON, Report: c.Report, Plot: c.Plot, SeriesFile: c.Series,
		Flow: c.Flow, Window: timeline.Window{From: c.From, To: c.To},
	}, s)
}
