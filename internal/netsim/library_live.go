// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"fmt"
	"slices"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// The weak path: the range of a picture of 720 lines, and a link that has room for
// its retransmissions.
const (
	weakMin  = 440 * kbps
	weakMax  = 1833 * kbps
	weakRate = 3 * mbps
	weakTrip = 150 * millisecond
)

// liveScenarios are what a live push meets: a real encoder with key frames, audio and
// the default ladder, of the strong path only what ends below its capacity.
func liveScenarios() []Scenario {
	source := LiveSource()
	source.Tiers = ratecontrol.DefaultTiers()
	live := func(name, about string, s Scenario) Scenario {
		s.Name, s.About, s.Duration = "live-"+name, about, 120*second
		s.Flows = []Flow{{Source: source}}

		return s
	}
	like := func(name string, family func() []Scenario) Scenario {
		all := family()

		return all[slices.IndexFunc(all, func(s Scenario) bool { return s.Name == name })]
	}
	out := []Scenario{
		live("strong", "8 Mbps, a ladder that ends at 3 Mbps", path1("", "", 8*mbps, commonDelay)),
		live("jitter", "the path of jitter-ou", like("jitter-ou", jitterScenarios)),
		live("wifi", "the path of jitter-wifi", like("jitter-wifi", jitterScenarios)),
		live("poisson", "the path of poisson-4m", like("poisson-4m", capacityScenarios)),
		live("cellular", "the path of cellular-2m", like("cellular-2m", capacityScenarios)),
		live("deep", "the path of cellular-deep", like("cellular-deep", capacityScenarios)),
	}
	out[0].Flows[0].Source.Tiers = ladder720()
	for _, percent := range []int{0, 5, 10, 15, 20} {
		s := path1("", "", weakRate, weakTrip/2)
		s.Forward[0].Loss = &Loss{Rate: float64(percent) / 100}
		s = live(fmt.Sprintf("weak-%d", percent), fmt.Sprintf("720p of 440 to 1833 kbps over 150 ms of round trip, %d %% of loss", percent), s)
		s.Flows[0].Source.Min, s.Flows[0].Source.Max = weakMin, weakMax
		s.Flows[0].Source.Tiers = []ratecontrol.Tier{{
			Name: "720p", Width: 1280, Height: 720, FrameRate: defaultFPS,
			Min: weakMin.Bitrate(), Start: weakMin.Bitrate(), Max: weakMax.Bitrate(),
		}}
		out = append(out, s)
	}

	return out
}

// ladder720 is the default ladder up to 720p.
func ladder720() []ratecontrol.Tier {
	var out []ratecontrol.Tier
	for _, t := range ratecontrol.DefaultTiers() {
		if t.Max <= 3*bwe.Mbps {
			out = append(out, t)
		}
	}

	return out
}
