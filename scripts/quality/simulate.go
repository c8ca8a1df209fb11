// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"

	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// simulated is one run and the ladder that its tiers belong to.
type simulated struct {
	*netsim.Result

	ladder []ratecontrol.Tier
}

// simulate plays a case's path under one set-up for as long as the clip needs.
func simulate(ctx context.Context, o *options, c *comparison, s *setup) (*simulated, error) {
	scenarios, err := netsim.Select(c.scenario)
	if err != nil {
		return nil, err
	}
	scenario := scenarios[0]
	scenario.Duration = netsim.Duration(o.warmup + o.length)
	result, err := netsim.Run(ctx, &scenario, netsim.Options{Flows: []netsim.Choice{s.choice()}, Seed: o.seed})
	if err != nil {
		return nil, err
	}

	return &simulated{Result: result, ladder: scenario.Flows[0].Source.Tiers}, nil
}
