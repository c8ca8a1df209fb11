// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package specimen

import (
	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// cappedLive is a live push whose ladder ends far below the capacity.
func cappedLive(d *draw) Specimen {
	s := Specimen{Controller: "default+rc", Scenario: d.path(d.ratio(5e6, 8e6), d.length()), measured: true}
	most := bwe.Bitrate(d.ratio(500e3, 1200e3))
	s.Scenario.Flows[0].Source.Tiers = []ratecontrol.Tier{{
		Name: "only", Width: 1280, Height: 720, FrameRate: 30, Min: 200 * bwe.Kbps, Start: 300 * bwe.Kbps, Max: most,
	}}
	s.Scenario = s.Scenario.Live()

	return s
}
