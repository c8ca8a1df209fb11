// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/rtmcc/rtmcc/sender/signalling"
)

// backoff spaces the attempts of one outage.
type backoff struct {
	cfg      ReconnectConfig
	began    time.Time
	attempts int
	delay    time.Duration
}

func newBackoff(cfg ReconnectConfig, now time.Time) *backoff {
	return &backoff{cfg: cfg, began: now, delay: cfg.InitialDelay}
}

// next returns the pause before another attempt, and false where the failed one was
// the last. A pause that the server asked for is kept where the outage may last that
// long.
func (b *backoff) next(now time.Time, failure error) (time.Duration, bool) {
	b.attempts++
	if b.cfg.Disabled || b.attempts >= b.cfg.MaxAttempts {
		return 0, false
	}
	spread := 1 + b.cfg.Jitter*(2*rand.Float64()-1) //nolint:gosec // nothing secret about a pause
	pause := time.Duration(float64(b.delay) * spread)
	b.delay = min(2*b.delay, b.cfg.MaxDelay)
	if status := (*signalling.StatusError)(nil); errors.As(failure, &status) {
		pause = max(pause, status.RetryAfter)
	}

	return pause, now.Add(pause).Sub(b.began) <= b.cfg.MaxOutage
}
