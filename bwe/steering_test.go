// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// share has flows that start from given rates steer for a minute over a fluid queue,
// each seeing it a fifth of a second late, and returns Jain's index of their rates and
// the mean queue of the last half.
func share(link float64, rates ...float64) (jain, queue float64) {
	cfg := Default().Response
	const step, late = 0.05, 4
	flows := make([]steering, len(rates))
	for i, r := range rates {
		flows[i] = steering{rate: r, jitter: 0.004}
	}
	history := []float64{0}
	now, standing := Time(time.Second), 0.0
	var sums [8]float64
	for n := range 1200 {
		now = now.Add(50 * time.Millisecond)
		sent := 0.0
		seen := history[max(0, n-late)]
		// As pathModel.control does: less while the queue drains.
		yield := max(0.5, 1-seen/Default().Queue.DrainTime.Seconds())
		for i := range flows {
			sent += yield * flows[i].rate
		}
		standing = max(0, standing+(sent/link-1)*step)
		history = append(history, standing)
		for i := range flows {
			f := &flows[i]
			acked := yield * f.rate * min(1, link/sent)
			f.steer(&cfg, &pathView{excess: seen, elapsed: step, capacity: link, usable: link, acked: acked, jitter: 0.004, now: now}, sharedQueue{excess: seen})
			if n >= 600 {
				sums[i] += f.rate
			}
		}
		if n >= 600 {
			queue += standing / 600
		}
	}
	all, squares := 0.0, 0.0
	for _, s := range sums[:len(rates)] {
		all += s
		squares += s * s
	}

	return all * all / (float64(len(rates)) * squares), queue
}

func TestFlowsThatSteerComeToTheSameRate(t *testing.T) {
	for name, c := range map[string]struct {
		link  float64
		rates []float64
	}{
		"two":        {3.5e6, []float64{3.3e6, 0.3e6}},
		"three":      {3.5e6, []float64{3e6, 0.4e6, 0.2e6}},
		"three slow": {1.5e6, []float64{1.3e6, 0.2e6, 0.2e6}},
		"two fast":   {8e6, []float64{7e6, 0.8e6}},
	} {
		t.Run(name, func(t *testing.T) {
			jain, queue := share(c.link, c.rates...)
			require.GreaterOrEqual(t, jain, 0.97)
			require.LessOrEqual(t, queue, 0.035)
		})
	}
}

func TestDrainTestTellsAQueueFromAnotherRoute(t *testing.T) {
	cfg := Default().Response
	for name, c := range map[string]struct {
		drains, bunched, acked float64
		mode                   Sharing
	}{
		"a queue drains":             {0.15, 0, 4e6, SharingYielding},
		"a route does not":           {0, 0, 4e6, SharingNone},
		"jitter falls by itself":     {0.15, 0.05, 4e6, SharingNone},
		"nothing was taken from it":  {0.15, 0, 1e6, SharingNone},
		"too little to be ours":      {0.02, 0, 4e6, SharingNone},
		"more than enough to be one": {0.3, 0, 4e6, SharingYielding},
	} {
		t.Run(name, func(t *testing.T) {
			r := newResponse(&cfg)
			standing, yielded := 0.04, false
			steer(&r, Time(time.Second), 8*time.Second, 1, func(v *pathView) {
				standing = min(0.04, standing+0.002)
				if r.drain.running {
					standing = max(0, standing-float64((c.drains+0.04)*v.elapsed))
				}
				v.excess, v.bunched, v.acked, v.jitter = standing, c.bunched, c.acked, 0.0015
				yielded = yielded || r.mode == SharingYielding
			})
			require.Equal(t, c.mode == SharingYielding, yielded)
		})
	}
}
