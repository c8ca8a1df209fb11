// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package control

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// TestStepsAboveTheCeilingAreProbed has a path that carries far more than the only tier
// can use.
func TestStepsAboveTheCeilingAreProbed(t *testing.T) {
	cfg := Default()
	cfg.BWE.StartBitrate = 10 * bwe.Mbps
	cfg.BWE.MaxBitrate = 10 * bwe.Mbps
	cfg.RateControl.Tiers = []ratecontrol.Tier{{Name: "720p", Min: 400 * bwe.Kbps, Start: bwe.Mbps, Max: 2 * bwe.Mbps}}
	cfg.RateControl.Ceiling.Mode = ratecontrol.CeilingFull
	wanted := map[bwe.Bitrate]int{}
	l, err := NewLoop(cfg, 0, func(ev bwe.Event) {
		if u, ok := ev.(*bwe.Update); ok {
			for _, p := range u.Probes {
				wanted[p.Bitrate]++
			}
		}
	})
	require.NoError(t, err)
	now, seq := bwe.Time(0), int64(0)
	shown := map[bwe.Bitrate]bool{}
	for range 400 {
		var fb bwe.Feedback
		for range 10 {
			seq++
			now = now.Add(500 * time.Microsecond)
			l.OnSent(bwe.SentPacket{At: now, Seq: seq, Size: 1200})
			fb.Results = append(fb.Results, bwe.PacketResult{Seq: seq, Received: true, ReceivedAt: now.Add(20 * time.Millisecond)})
		}
		now = now.Add(45 * time.Millisecond)
		fb.At = now
		l.OnFeedback(fb)
		l.OnTimer(now)
		if p := l.Decision().Probe; p != 0 {
			shown[p] = true
		}
	}
	require.NotEmpty(t, shown)
	for p := range shown {
		require.Equal(t, 1, wanted[p], "each step is probed once: %v", p)
	}
	require.Greater(t, l.Decision().Video, 2*bwe.Mbps)
}

func TestShareIsAnInput(t *testing.T) {
	l, r := newLoop(t, 0)
	r.take()
	l.OnShare(ratecontrol.Share{At: 5, Bitrate: 100 * bwe.Kbps})
	require.Equal(t, []string{"share", "decision"}, r.take())
	require.LessOrEqual(t, l.Decision().Target, 100*bwe.Kbps)
	require.Equal(t, ratecontrol.LimitBudget, l.Decision().Limit)
	require.Zero(t, l.Stats())
}
