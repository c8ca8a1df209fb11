// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDrainTestAsksForLessOnlyWhereItDoesNotHoldBack(t *testing.T) {
	cfg := Default().Response
	for name, c := range map[string]struct{ bunched, pace, rate float64 }{
		"no sign of jitter": {0.9 * cfg.Bunched, cfg.DrainPace, 1},
		"bunched":           {cfg.Bunched, cfg.TestPace, cfg.TestRate},
	} {
		t.Run(name, func(t *testing.T) {
			var d drainTest
			view := pathView{bunched: c.bunched, capacity: 4e6, excess: 0.04, now: Time(time.Second)}
			for !d.running {
				d.start(&cfg, &view)
				view.now = view.now.Add(50 * time.Millisecond)
			}
			require.InDelta(t, c.pace, d.pace(&cfg), 1e-12)
			require.InDelta(t, c.rate, d.rate(&cfg), 1e-12)
		})
	}
}

func TestDelayIsAskedAfterLessOftenOnceYieldingWasInVain(t *testing.T) {
	cfg := Default().Response
	now := Time(time.Second)
	for vain, times := range []int64{1, 2, 4, 8, 8} {
		r := newResponse(&cfg)
		for range vain {
			r.acquit(now)
		}
		r.drain.end(&cfg, now)
		require.Equal(t, now.Add(time.Duration(times*int64(cfg.Retest))), r.drain.retestAt)
	}
}

func TestBunchingOfLateKeepsFromYielding(t *testing.T) {
	cfg := Default().Response
	yielded := func(bunched float64) bool {
		r := newResponse(&cfg)
		shake := func(bunched float64) func(v *pathView) {
			return func(v *pathView) { v.excess, v.jitter, v.shaken, v.bunched = 0.015, 0.005, 0.005, bunched }
		}
		now := steer(&r, Time(time.Second), 2*time.Second, 1, shake(bunched))
		steer(&r, now, 400*time.Millisecond, 1, shake(0.9*cfg.Bunched))

		return r.mode == SharingYielding
	}
	require.False(t, yielded(4*cfg.Bunched))
	require.True(t, yielded(0.9*cfg.Bunched))
}
