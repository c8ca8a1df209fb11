// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package specimen

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/netsim"
)

// Specimen is a session that can be played, and what is true of it.
type Specimen struct {
	// Name is unique within a corpus, Family says what is tried.
	Name   string
	Family string
	// Scenario is the path, Seed what its random processes are drawn from.
	Scenario netsim.Scenario
	Seed     uint64
	// Controller names what runs the flow: a preset of the simulator, or "scripted".
	Controller string

	// label is what is known before it is played; in measured specimens the answers about
	// the estimate, the target and the cap come from what happened.
	label    Label
	measured bool
	// script is what a scripted controller does; build makes one that reacts.
	script *script
	build  func(netsim.PathView) netsim.Controller
}

// Scripted is the name of controllers that follow a script.
const Scripted = "scripted"

// Specimens returns n specimens, n above zero, of all families in turn. The same n and
// seed give the same specimens, and a smaller n the first of them.
func Specimens(n int, seed uint64) []Specimen {
	out := make([]Specimen, n)
	for i := range out {
		family := families[i%len(families)]
		d := draw{rand.New(rand.NewPCG(seed, uint64(i)))} //nolint:gosec // reproducible, no secret
		s := family.make(&d)
		s.Name = fmt.Sprintf("%s-%d-%03d", family.name, seed, i)
		s.Family = family.name
		s.Scenario.Name = s.Name
		s.Seed = d.Uint64()
		if s.Controller == "" {
			s.Controller = Scripted
		}
		s.doubtBandwidth()
		out[i] = s
	}

	return out
}

// doubtBandwidth leaves open whether the path carries little where the script's estimate
// says so and nothing speaks against it.
func (s *Specimen) doubtBandwidth() {
	if s.script == nil || s.label.LowBandwidth != No || s.label.Estimate == Yes && s.label.Cause == session.Overuse {
		return
	}
	most := 0.0
	for _, k := range s.script.estimate {
		most = max(most, k.rate)
	}
	if most < notLow {
		s.label.LowBandwidth = Unclear
	}
}

// notLow is an estimate, in bits per second, that nobody calls low.
const notLow = 1.2e6

// Play runs the session, shows its events to observe, and returns the truth about it.
// Observe must not keep the events. It fails where the context ends first.
func (s *Specimen) Play(ctx context.Context, observe bwe.Observer) (Label, error) {
	choice, err := s.choice()
	if err != nil {
		return Label{}, fmt.Errorf("%s: %w", s.Name, err)
	}
	if s.script != nil {
		observe = s.script.shown(observe)
	}
	result, err := netsim.Run(ctx, &s.Scenario, netsim.Options{
		Flows: []netsim.Choice{choice}, Seed: s.Seed,
		Observe: func(flow int) bwe.Observer {
			if flow == 0 {
				return observe
			}

			return nil
		},
	})
	if err != nil {
		return Label{}, err
	}
	label := s.label
	if s.measured {
		label = s.measure(&result.Series)
	}

	return label, nil
}

func (s *Specimen) choice() (netsim.Choice, error) {
	build := s.build
	switch {
	case build != nil:
	case s.script != nil:
		build = func(netsim.PathView) netsim.Controller { return &scripted{media: s.script.media} }
	default:
		return netsim.ParseChoice(s.Controller)
	}

	return netsim.ControllerChoice(s.Controller, func(_ netsim.Limits, view netsim.PathView) netsim.Controller {
		return build(view)
	}), nil
}
