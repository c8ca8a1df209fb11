// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import "github.com/rtmcc/rtmcc/internal/cli"

type driveCommand struct {
	tuningFlags

	RateControl bool `help:"Answer the rate controller's target instead of the estimate; --config then holds bwe and rate_control."`
}

// Help follows the list of flags.
func (driveCommand) Help() string {
	return `One command a line comes in, one answer a line goes out, in virtual time: docs/driver-protocol.md.

Example:
  printf 'init 300000 30000 20000000 0\ntick 25000\n' | rtmcc drive`
}

// Run is called by kong.
func (c *driveCommand) Run(s cli.Streams) error {
	return cli.Drive(c.Preset, c.Config, c.RateControl, s)
}
