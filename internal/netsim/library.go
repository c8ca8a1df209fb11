// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// ErrUnknown is wrapped where a name fits no built-in scenario.
var ErrUnknown = errors.New("no such scenario")

// ErrUnsupported is wrapped where a name is a known test case that this simulator
// cannot play.
var ErrUnsupported = errors.New("unsupported scenario")

// Unsupported are the test cases of RFC 8867 that are left out, and why.
var Unsupported = map[string]string{
	"rfc8867-6.2": "explicit congestion notification: transport-wide feedback carries no ECN marks, so that no controller here could see them",
}

// Library returns the built-in scenarios, in the order of the documentation. The
// caller may change them.
func Library() []Scenario {
	var all []Scenario
	for _, family := range []func() []Scenario{
		steadyScenarios, rfc8867Basic, rfc8867Extended, rfc8868Sweeps, capacityScenarios, jitterScenarios,
		lossScenarios, outageScenarios, feedbackScenarios, sourceScenarios, sharingScenarios, liveScenarios,
	} {
		all = append(all, family()...)
	}

	return all
}

// Select returns the built-in scenarios whose names match any of the patterns, in
// the library's order. A pattern is a name or a shell pattern such as 'jitter-*'. It
// fails where a pattern matches none.
func Select(patterns ...string) ([]Scenario, error) {
	all := Library()
	chosen := make([]bool, len(all))
	for _, pattern := range patterns {
		if why, found := Unsupported[pattern]; found {
			return nil, fmt.Errorf("%w %s: %s", ErrUnsupported, pattern, why)
		}
		hits := 0
		for i := range all {
			hit, err := path.Match(pattern, all[i].Name)
			if err != nil {
				return nil, fmt.Errorf("%w: %q is no valid pattern: %w", ErrUnknown, pattern, err)
			}
			if hit {
				chosen[i] = true
				hits++
			}
		}
		if hits == 0 {
			return nil, fmt.Errorf("%w: %q (list them with --list%s)", ErrUnknown, pattern, similar(pattern, all))
		}
	}
	var out []Scenario
	for i := range all {
		if chosen[i] {
			out = append(out, all[i])
		}
	}

	return out, nil
}

// similar suggests the names that share their family with what was asked for.
func similar(pattern string, all []Scenario) string {
	family, _, _ := strings.Cut(pattern, "-")
	var names []string
	for i := range all {
		if strings.HasPrefix(all[i].Name, family+"-") && len(names) < 8 {
			names = append(names, all[i].Name)
		}
	}
	if len(names) == 0 {
		return ""
	}

	return "; of that family: " + strings.Join(names, ", ")
}

// Family returns what stands before the first dash of a scenario's name.
func Family(name string) string {
	family, _, _ := strings.Cut(name, "-")

	return family
}

// path1 is a scenario of one link and one flow over a minute.
func path1(name, about string, rate Rate, delay Duration) Scenario {
	return Scenario{Name: name, About: about, Duration: 60 * second, Forward: []Link{{Capacity: Constant(rate), Delay: delay}}}
}

// with returns s after changes.
func (s Scenario) with(change func(*Scenario)) Scenario {
	change(&s)

	return s
}
