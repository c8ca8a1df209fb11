// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

func TestControllersAreOpenedWithoutASimulation(t *testing.T) {
	const later = bwe.Time(10 * time.Second)
	for _, name := range []string{"default", "gcc", "default+rc", "gcc+rc"} {
		choice, err := ParseChoice(name)
		require.NoError(t, err)
		changes := 0
		c, err := choice.Open(Setting{
			Limits: Limits{Start: bwe.Mbps, Min: 50 * bwe.Kbps, Max: 2 * bwe.Mbps}, Tiers: ladder720(),
			Observe: func(ev bwe.Event) {
				if _, ok := ev.(*bwe.StateChange); ok {
					changes++
				}
			},
		})
		require.NoError(t, err)
		require.NoError(t, c.Close(), "before the start")
		u, err := c.Start(0)
		require.NoError(t, err)
		require.Equal(t, bwe.Mbps, u.Estimate)
		e, ok := c.(EstimatorController)
		require.True(t, ok)
		require.Positive(t, e.AdoptProbe(bwe.Probe{Bitrate: bwe.Mbps, MinPackets: 5, MinDuration: time.Millisecond}, 2))
		require.NoError(t, c.OnSent(bwe.SentPacket{At: 3, Seq: 1, Size: 1200}))
		u, err = e.OnREMB(bwe.REMB{At: later, Bitrate: 700 * bwe.Kbps})
		require.NoError(t, err)
		require.Equal(t, 700*bwe.Kbps, u.Estimate)
		_, err = c.OnFeedback(bwe.Feedback{At: later + 1, Results: []bwe.PacketResult{{Seq: 1, Received: true, ReceivedAt: 1}}})
		require.NoError(t, err)
		require.Positive(t, e.Detection().Threshold)
		require.Positive(t, changes, name)

		m, steers := c.(MediaController)
		require.Equal(t, name == "default+rc" || name == "gcc+rc", steers)
		if steers {
			require.Positive(t, m.Decision().Target)
			require.LessOrEqual(t, m.Decision().Target, 2*bwe.Mbps)
			m.OnPacer(ratecontrol.PacerState{At: later + 2})
			m.OnOverhead(ratecontrol.Overhead{At: later + 2})
			m.OnShare(ratecontrol.Share{At: later + 3, Bitrate: 100 * bwe.Kbps})
			require.LessOrEqual(t, m.Decision().Target, 100*bwe.Kbps)
			require.Empty(t, m.OnFrame(ratecontrol.Frame{At: later + 4, Kind: ratecontrol.Audio, Size: 100}).Drop)
		}
	}
	for _, name := range []string{"oracle", "fixed:1M"} {
		choice, err := ParseChoice(name)
		require.NoError(t, err)
		_, err = choice.Open(Setting{})
		require.ErrorIs(t, err, ErrChoice)
		require.ErrorContains(t, err, "only plays in a simulation")
	}
}
