// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/netsim"
)

// kind is a path and a controller on it.
type kind struct{ scenario, flow string }

// mix are the kinds of sessions, which take turns. They send at 0.5 to 2 Mbps, most of
// them.
var mix = []kind{
	{"steady-2m", "default"},
	{"jitter-ou", "gcc"},
	{"live-strong", "default+rc"},
	{"loss-5", "default"},
	{"cellular-2m", "default+rc"},
	{"jitter-capped", "gcc"},
	{"steady-500k", "gcc"},
	{"live-jitter", "default+rc"},
	{"loss-10-capped", "gcc"},
	{"jitter-capped", "default"},
	{"live-weak-10", "default+rc"},
	{"feedback-sparse", "gcc"},
	{"steady-2m-key", "default+rc"},
	{"live-wifi", "gcc+rc"},
	{"app-capped", "default"},
	{"live-cellular", "gcc+rc"},
}

// mixed returns sessions of the mix.
func mixed(o *options) []toMake {
	out := make([]toMake, o.sessions)
	for i := range out {
		k := mix[i%len(mix)]
		out[i].name = k.scenario + "-" + k.flow
		out[i].play = func(ctx context.Context, observe bwe.Observer) error {
			return k.play(ctx, o.length, o.seed+uint64(i), observe)
		}
	}

	return out
}

// play simulates a session, and shows the events of its first flow.
func (k kind) play(ctx context.Context, length time.Duration, seed uint64, observe bwe.Observer) error {
	scenario, flow, err := k.setUp(length)
	if err != nil {
		return err
	}
	_, err = netsim.Run(ctx, scenario, netsim.Options{
		Flows: []netsim.Choice{flow}, Seed: seed,
		Observe: func(flow int) bwe.Observer {
			if flow > 0 {
				return nil
			}

			return observe
		},
	})

	return err
}

// setUp returns the scenario in that length and the controller.
func (k kind) setUp(length time.Duration) (*netsim.Scenario, netsim.Choice, error) {
	flow, err := netsim.ParseChoice(k.flow)
	if err != nil {
		return nil, flow, err
	}
	found, err := netsim.Select(k.scenario)
	if err != nil {
		return nil, flow, err
	}
	scenario := found[0]
	scenario.Duration = netsim.Duration(length)
	if scenario.Warmup >= scenario.Duration {
		scenario.Warmup = 0
	}

	return &scenario, flow, nil
}
