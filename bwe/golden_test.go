// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// goldenRuns are runs over links that need no function of the math library, whose
// results differ between architectures.
func goldenRuns(t testing.TB) map[string]*testRun {
	t.Helper()
	steps := func(now Time) Bitrate {
		return []Bitrate{4 * Mbps, 1500 * Kbps, 6 * Mbps}[min(int(now/Time(8*time.Second)), 2)]
	}
	uniform := func(r *rand.Rand, _ Time) time.Duration { return time.Duration(r.Int63n(20e6)) }

	return map[string]*testRun{
		"default steps":  testLink{capacity: steps, delay: 40 * time.Millisecond}.run(t, Default(), 24*time.Second),
		"default jitter": testLink{capacity: flat(3 * Mbps), delay: 40 * time.Millisecond, jitter: uniform, loss: 0.02}.run(t, Default(), 24*time.Second),
		"gcc steps":      testLink{capacity: steps, delay: 40 * time.Millisecond}.run(t, GCC(), 24*time.Second),
	}
}

// goldenEstimates are the estimates at 2, 6, 10, 14, 18 and 22 s.
var goldenEstimates = map[string][]Bitrate{
	"default jitter": {2745077, 2644295, 2626642, 2778176, 2703656, 2651188},
	"default steps":  {3855897, 3862991, 1441099, 1448671, 5805143, 5786528},
	"gcc steps":      {2103311, 2860285, 1240221, 1215689, 1298625, 1393404},
}

func TestEstimatesAreTheSameOnEveryMachine(t *testing.T) {
	for name, r := range goldenRuns(t) {
		var got []Bitrate
		for s := 2; s < 24; s += 4 {
			got = append(got, r.targets[s*10].Estimate)
		}
		require.Equal(t, goldenEstimates[name], got, name)
	}
}

func TestTwoRunsGiveTheSameUpdates(t *testing.T) {
	a, b := goldenRuns(t), goldenRuns(t)
	for name := range a {
		require.Equal(t, a[name].targets, b[name].targets, name)
		require.Equal(t, a[name].events, b[name].events, name)
	}
}
