// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"fmt"

	"github.com/rtmcc/rtmcc/internal/cli"
)

type versionCommand struct{}

// Run is called by kong.
func (versionCommand) Run(s cli.Streams) error {
	_, err := fmt.Fprintln(s.Out, cli.VersionLine())

	return err
}
