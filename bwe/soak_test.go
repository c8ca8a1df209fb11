// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestADayOfWrapsOutagesAndClockSteps runs a day of virtual time.
func TestADayOfWrapsOutagesAndClockSteps(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const day = 24 * time.Hour
	cfg := Default()
	cfg.MaxBitrate = 300 * Kbps
	hours := func(now Time) int { return int(now / Time(time.Hour)) }
	minute := func(now Time) int { return int(now/Time(time.Second)) % 600 }
	link := testLink{
		delay: 40 * time.Millisecond, every: 100 * time.Millisecond, fps: 10, firstSeq: 1<<16 - 1000,
		capacity: func(now Time) Bitrate {
			if minute(now) > 300 && minute(now) < 330 {
				return 100 * Kbps
			}

			return 400 * Kbps
		},
		deaf:  func(now Time) bool { return minute(now) >= 100 && minute(now) < 104 },
		blind: func(now Time) bool { return minute(now) >= 200 && minute(now) < 205 },
		clock: func(now Time) time.Duration { return time.Duration(hours(now)) * 7 * time.Hour },
	}
	sender := link.sender(t, cfg)
	measure := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)

		return m.HeapAlloc
	}
	var early uint64
	for s := 0; s < int(day/time.Second); s++ {
		for sender.now < Time(s)*Time(time.Second) {
			sender.step()
		}
		sender.testRun.delay = sender.testRun.delay[:0]
		sender.targets, sender.events = sender.targets[:0], sender.events[:0]
		clear(sender.bits)
		if s == 3600 {
			early = measure()
		}
	}
	require.Less(t, measure(), early+512<<10)
	require.Greater(t, sender.seq, int64(10<<16))
	require.GreaterOrEqual(t, sender.est.Stats().ClockResets, uint64(20))
	require.Greater(t, sender.update.Estimate, 250*Kbps)
	require.GreaterOrEqual(t, sender.est.history.inFlight, int64(0))
	require.Less(t, sender.est.history.inFlight, int64(100_000))
}
