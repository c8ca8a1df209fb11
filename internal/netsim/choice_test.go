// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
)

func TestRateControlIsConfiguredByFile(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))

		return path
	}
	rc := write("a+rc.json", `{"overhead":0.25,"ceiling":{"mode":"off"}}`)
	estimator := write("b+rc.json", `{"max_bps":3000000}`)

	started := func(flow string) *control.Started {
		choice, err := ParseChoice(flow)
		require.NoError(t, err)
		var out *control.Started
		c := choice.make(flowSetup{
			limits: Limits{Start: bwe.Mbps, Min: 50 * bwe.Kbps, Max: 2 * bwe.Mbps},
			source: &Source{Audio: 96 * kbps, Tiers: ladder720()},
			observe: func(e bwe.Event) {
				if s, ok := e.(*control.Started); ok {
					out = s
				}
			},
		})
		_, err = c.Start(0)
		require.NoError(t, err)
		media, steers := c.(mediaController)
		require.Equal(t, flow != "config:"+estimator, steers)
		if steers {
			require.Equal(t, ladder720(), media.tiers())
		}

		return out
	}
	for flow, overhead := range map[string]float64{
		"default+rc": 0.05, "default+rc:" + rc: 0.25, "config:" + estimator: 0.05,
		"config:" + estimator + "+rc": 0.05, "config:" + estimator + "+rc:" + rc: 0.25,
	} {
		cfg := started(flow).Config
		require.InDelta(t, overhead, cfg.RateControl.Overhead, 0, flow)
		require.Equal(t, overhead == 0.25, cfg.RateControl.Ceiling.Mode == "off", flow)
		require.Equal(t, 96*bwe.Kbps, cfg.RateControl.AudioBitrate, flow)
		require.Equal(t, 2*bwe.Mbps, cfg.RateControl.MaxBitrate, "the scenario's bounds hold")
		require.Equal(t, 2*bwe.Mbps, cfg.BWE.MaxBitrate)
	}

	for flow, want := range map[string]string{
		"default+rc:" + write("c.json", `{"overhead":0.9}`): "overhead",
		"default+rc:" + write("d.json", `{"over":0.9}`):     "unknown field",
		"default+rc:" + filepath.Join(folder, "none.json"):  "rate control configuration",
		"default+rc:":                        "unknown controller",
		"config:":                            "names no file",
		"config:" + write("e.json", `{} {}`): "more than one",
		"oracle+rc:" + rc:                    "unknown controller",
	} {
		_, err := ParseChoice(flow)
		require.ErrorContains(t, err, want, flow)
	}
}

func TestALadderBoundsMediaWithoutRateControl(t *testing.T) {
	s := selected(t, "live-strong")
	r := play(t, s, 1, "default")
	require.Equal(t, 3064*bwe.Kbps, r.Target)
	require.InEpsilon(t, 8e6, float64(r.Series.Flows[0].Estimate[500]), 0.1)
	require.Equal(t, noTier, r.Series.Flows[0].Tier[500])
	r = play(t, s, 1, "default+rc")
	require.Equal(t, 2, r.Series.Flows[0].Tier[500])
}
