// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import "github.com/rtmcc/rtmcc/internal/cli"

type replayCommand struct {
	File string `arg:"" type:"path" help:"Trace that \"rtmcc push --trace\" wrote, compressed or not."`
	JSON bool   `name:"json" help:"Print the result as JSON."`
}

// Help follows the list of flags.
func (replayCommand) Help() string {
	return `Every decision is compared byte for byte. The exit code is 0 where all are the same and 3 where one differs.

Example:
  rtmcc push --duration 10s --trace t.jsonl && rtmcc replay t.jsonl`
}

// Run is called by kong.
func (c *replayCommand) Run(s cli.Streams) error { return cli.Replay(c.File, c.JSON, s) }
