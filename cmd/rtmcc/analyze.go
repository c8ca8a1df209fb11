// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"time"

	"github.com/rtmcc/rtmcc/internal/cli"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

type analyzeCommand struct {
	Paths     []string `arg:"" optional:"" name:"path" help:"Recordings, and folders of them, of any format that is read; - reads the standard input."`
	FilesFrom string   `placeholder:"FILE" help:"Analyse also the files and folders that FILE lists, one a line; - reads the standard input."`

	From time.Duration `placeholder:"1m30s" help:"Judge each recording from so long after its start on. One that is shorter cannot be judged."`
	To   time.Duration `placeholder:"2m" help:"Judge each recording up to so long after its start. Left out or 0: to its end."`

	JSON    bool   `name:"json" help:"Print the result as one JSON object instead of the table."`
	JSONL   string `name:"jsonl" type:"path" placeholder:"FILE" help:"Write a JSON object for each session, a line each."`
	Parquet string `type:"path" placeholder:"FILE" help:"Write a row for each session as Parquet."`
	Report  string `type:"path" placeholder:"FILE" help:"Write a report as one HTML page: all sessions where they are few, else the shares and the worst sessions."`
	Plot    string `type:"path" placeholder:"PATH" help:"Draw what a report shows: into a file that ends in .svg or .png where it is one session, else both into a folder."`

	Resume  string `type:"path" placeholder:"FILE" help:"Keep a journal in FILE, and take over what it says of files that have not changed."`
	Workers int    `placeholder:"N" help:"Recordings to read at a time. Default: one a processor."`
	Config  string `type:"existingfile" placeholder:"FILE" help:"JSON file with the bounds of what counts as what (docs/classification.md)."`
}

// Help follows the list of flags.
func (analyzeCommand) Help() string {
	return `Each session is judged: whether its estimate oscillates, how fast, how deep and why; whether what encoders are asked for
oscillates, with the estimate or alone; whether a tier's maximum holds the target while the path would carry far more; and what
its path was like. The table shows how often each occurs, by kind of path. A session alone, or a few, are described in words.

Memory does not grow with the number of sessions. An analysis that writes rows, or has a journal by --resume, goes on where it
was interrupted when the same command is given again; with --resume, a growing folder costs only what is new in it.

With --from and --to, rows, shares, words, report and plots are of that part of each recording, in whole tenths of a second;
it must be long enough to be judged, 20 s where --config says nothing else.

Examples:
  rtmcc analyze call.rtclog
  rtmcc analyze call.rtclog --from 1m30s --to 3m --plot call.svg
  rtmcc analyze recordings --report out.html
  rtmcc analyze recordings --parquet sessions.parquet --resume recordings.journal
  find /var/log/calls -mtime -1 | rtmcc analyze --files-from - --json`
}

// Run is called by kong.
func (c *analyzeCommand) Run(ctx context.Context, s cli.Streams) error {
	return cli.Analyze(ctx, cli.AnalyzeOptions{
		Paths: c.Paths, FilesFrom: c.FilesFrom, JSON: c.JSON, JSONL: c.JSONL, Parquet: c.Parquet, Report: c.Report, Plot: c.Plot,
		Window: timeline.Window{From: c.From, To: c.To}, Resume: c.Resume, Workers: c.Workers, ConfigFile: c.Config,
	}, s)
}
