// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"

	"github.com/rtmcc/rtmcc/internal/cli"
)

type convertCommand struct {
	In    string `arg:"" help:"Recording of any format (docs/recordings.md), compressed or not; - for the standard input."`
	Out   string `arg:"" type:"path" help:"Trace to write; .gz and .zst compress, .csv stands for a capacity trace."`
	Force bool   `help:"Replace OUT where it is there."`
	JSON  bool   `name:"json" help:"Print the result as JSON."`

	Flow cli.Flow `embed:"" prefix:"capture-"`
}

// Help follows the list of flags.
func (convertCommand) Help() string {
	return `The format of IN is told by its content. OUT appears when it is whole: a conversion that fails leaves nothing behind. What
of IN is damaged is left out and counted. The lines of a trace are kept as they are, so that it can still be replayed.

Examples:
  rtmcc convert call.log call.jsonl.zst
  rtmcc convert t.jsonl.gz t.jsonl --force
  rtmcc convert lte.mahi lte.csv
  zcat call.log.gz | rtmcc convert - call.jsonl --json`
}

// Run is called by kong.
func (c *convertCommand) Run(ctx context.Context, s cli.Streams) error {
	return cli.Convert(ctx, cli.Conversion{In: c.In, Out: c.Out, Force: c.Force, JSON: c.JSON, Flow: c.Flow}, s)
}
