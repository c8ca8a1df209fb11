// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"fmt"
	"os"

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
// files of scenarios and of capacity traces; all built-in ones where nothing is named. A
// file that is named twice is refused, as its runs would count twice without telling more;
// a scenario of another file that has a name already gets a number after it.
func Scenarios(patterns, scenarioFiles, traceFiles []string) ([]netsim.Scenario, error) {
	if len(patterns)+len(scenarioFiles)+len(traceFiles) == 0 {
		patterns = []string{"*"}
	}
	out, err := netsim.Select(patterns...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	taken := map[string]bool{}
	for i := range out {
		taken[out[i].Name] = true
	}
	for _, load := range []struct {
		flag  string
		paths []string
		open  func(string) (*netsim.Scenario, error)
	}{{"--scenario-file", scenarioFiles, netsim.LoadFile}, {"--trace-file", traceFiles, netsim.FromTrace}} {
		if first, second, twice := sameFile(load.paths); twice {
			return nil, fmt.Errorf("%w: %s: %s and %s are the same file: name it once", ErrUsage, load.flag, first, second)
		}
		for _, path := range load.paths {
			scenario, err := load.open(path)
			if err != nil {
				return nil, err
			}
			scenario.Name = untaken(scenario.Name, taken)
			out = append(out, *scenario)
		}
	}

	return out, nil
}

// sameFile finds two paths that lead to one file.
func sameFile(paths []string) (first, second string, found bool) {
	infos := make([]os.FileInfo, len(paths))
	for i, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			// Opening it says why.
			continue
		}
		infos[i] = info
		for k := range i {
			if infos[k] != nil && info.Mode().IsRegular() && os.SameFile(infos[k], info) {
				return paths[k], path, true
			}
		}
	}

	return "", "", false
}

// untaken takes a name, with a number after it where it is taken.
func untaken(name string, taken map[string]bool) string {
	out := name
	for n := 2; taken[out]; n++ {
		out = fmt.Sprintf("%s-%d", name, n)
	}
	taken[out] = true

	return out
}
