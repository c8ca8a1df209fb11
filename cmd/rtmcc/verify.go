// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import "github.com/rtmcc/rtmcc/internal/cli"

type verifyCommand struct {
	Dirs []string `arg:"" name:"dir" type:"path" help:"Directory that \"rtmcc push --dump\" or \"rtmcc ingest --dump\" wrote; once for each side."`
	JSON bool     `name:"json" help:"Print the result as JSON."`
}

// Help follows the list of flags.
func (verifyCommand) Help() string {
	return `Frames are compared stage by stage: fed in, on the wire, received, put together again. The first one that differs is named,
with the stage and the place. Frames that were dropped on purpose do not count. The exit code is 0 where nothing
differs and 1 where something does.

Examples:
  rtmcc push --duration 10s --dump d && rtmcc verify d
  rtmcc verify pushed received`
}

// Run is called by kong.
func (c *verifyCommand) Run(s cli.Streams) error { return cli.Verify(c.Dirs, c.JSON, s) }
