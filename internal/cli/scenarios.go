// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"fmt"

	"github.com/rtmcc/rtmcc/internal/netsim"
)

// Controllers returns the simulator's controllers of those names.
func Controllers(names []string) ([]netsim.Choice, error) {
	out := make([]netsim.Choice, len(names))
	for i, name := range names {
		var err error
		if out[i], err = netsim.ParseChoice(name); err != nil {
			return nil, fmt.Errorf("%w: --flow: %w", ErrUsage, err)
		}
	}

	return out, nil
}

// Scenarios returns the built-in scenarios whose names match the patterns, and those in
// files of scenarios and of capacity traces; all built-in ones where nothing is named.
func Scenarios(patterns, scenarioFiles, traceFiles []string) ([]netsim.Scenario, error) {
	if len(patterns)+len(scenarioFiles)+len(traceFiles) == 0 {
		patterns = []string{"*"}
	}
	out, err := netsim.Select(patterns...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	for _, load := range []struct {
		paths []string
		open  func(string) (*netsim.Scenario, error)
	}{{scenarioFiles, netsim.LoadFile}, {traceFiles, netsim.FromTrace}} {
		for _, path := range load.paths {
			scenario, err := load.open(path)
			if err != nil {
				return nil, err
			}
			out = append(out, *scenario)
		}
	}

	return out, nil
}
