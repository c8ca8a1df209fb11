// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"fmt"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// comparison is one path under several set-ups, the first of which the others are
// compared with.
type comparison struct {
	title, path string
	// short names files.
	short    string
	scenario string
	setups   []setup
}

// setup is one configuration of the estimator and the rate controller.
type setup struct {
	name   string
	preset func() bwe.Config
	// estimate and target switch the two smoothers on.
	estimate, target bool
	ceiling          ratecontrol.CeilingMode
}

func (s *setup) choice() netsim.Choice {
	estimator, rates := s.preset(), ratecontrol.Default()
	estimator.Smoother.Enabled = s.estimate
	rates.Smoothing.Enabled = s.target
	rates.Ceiling.Mode = s.ceiling

	return netsim.EstimatorChoice(s.name, estimator, &rates)
}

// smoothers are a preset without and with both smoothers.
func smoothers(preset func() bwe.Config) []setup {
	ceiling := ratecontrol.DefaultCeiling().Mode

	return []setup{
		{name: "neither smoother", preset: preset, ceiling: ceiling},
		{name: "both smoothers", preset: preset, estimate: true, target: true, ceiling: ceiling},
	}
}

func cases() []comparison {
	var ceilings []setup
	for _, mode := range []ratecontrol.CeilingMode{ratecontrol.CeilingOff, ratecontrol.CeilingCautious, ratecontrol.CeilingFull} {
		ceilings = append(ceilings, setup{name: fmt.Sprintf("ceiling %s", mode), preset: bwe.Default, target: true, ceiling: mode})
	}
	out := []comparison{{
		title: "Strong path, ceiling", path: "8 Mbps, a ladder that ends at 720p and 3 Mbps (`live-strong`), preset default.",
		short: "ceiling", scenario: "live-strong", setups: ceilings,
	}}
	for _, preset := range []struct {
		name string
		make func() bwe.Config
	}{{"gcc", bwe.GCC}, {"default", bwe.Default}} {
		for _, path := range []struct {
			title, about, scenario string
		}{
			{"Wi-Fi jitter", "4 Mbps, held now and then as on Wi-Fi", "live-wifi"},
			{"Wandering jitter", "4 Mbps, jitter that wanders", "live-jitter"},
			{"Strong path, smoothers", "8 Mbps without jitter, a ladder that ends at 720p and 3 Mbps", "live-strong"},
		} {
			out = append(out, comparison{
				title: path.title + ", preset " + preset.name, path: fmt.Sprintf("%s (`%s`).", path.about, path.scenario),
				short: path.scenario + "-" + preset.name, scenario: path.scenario, setups: smoothers(preset.make),
			})
		}
	}

	return out
}
