// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/sender/signalling"
)

func TestBackoff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := ReconnectConfig{
			InitialDelay: time.Duration(rapid.IntRange(1, 2000).Draw(t, "initial")) * time.Millisecond,
			Jitter:       rapid.Float64Range(0, 1).Draw(t, "jitter"),
			MaxAttempts:  rapid.IntRange(1, 30).Draw(t, "attempts"),
			MaxOutage:    time.Duration(rapid.IntRange(1, 300).Draw(t, "outage")) * time.Second,
		}
		cfg.MaxDelay = cfg.InitialDelay * time.Duration(rapid.IntRange(1, 100).Draw(t, "factor"))
		now := time.Unix(0, 0)
		began, b := now, newBackoff(cfg, now)
		plain := cfg.InitialDelay
		failures := 0
		for {
			pause, ok := b.next(now, errors.New("no route"))
			failures++
			if !ok {
				break
			}
			require.InDelta(t, float64(plain), float64(pause), float64(plain)*cfg.Jitter+1)
			now = now.Add(pause)
			require.LessOrEqual(t, now.Sub(began), cfg.MaxOutage)
			plain = min(2*plain, cfg.MaxDelay)
		}
		require.LessOrEqual(t, failures, cfg.MaxAttempts)
	})
}

func TestBackoffKeepsTheServersPause(t *testing.T) {
	cfg := ReconnectConfig{InitialDelay: time.Second, MaxDelay: 10 * time.Second, MaxAttempts: 5, MaxOutage: time.Minute}
	now := time.Unix(0, 0)
	asked := func(d time.Duration) error { return &signalling.StatusError{Status: 503, RetryAfter: d} }
	pause, ok := newBackoff(cfg, now).next(now, asked(time.Minute))
	require.True(t, ok)
	require.Equal(t, time.Minute, pause)
	_, ok = newBackoff(cfg, now).next(now, asked(time.Minute+1))
	require.False(t, ok, "longer than an outage may last")
	pause, _ = newBackoff(cfg, now).next(now, asked(time.Millisecond))
	require.Equal(t, time.Second, pause)
}
