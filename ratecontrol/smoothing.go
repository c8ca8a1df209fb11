// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

const (
	// longestStep bounds the time that one input speaks for.
	longestStep = 250 * time.Millisecond
	// buildUp is how long the mean level is a plain mean before it forgets.
	buildUp = time.Second
	// drain is the share of what the path allows that draining takes at least, oldDrain
	// what it takes in addition where media has waited for oldFrom and oldSpan more: then
	// the viewer's buffer is being used up, and the estimate may stay low for long.
	drain    = 0.1
	oldDrain = 0.75
	oldFrom  = 150 * time.Millisecond
	oldSpan  = 500 * time.Millisecond
	// pathShare is what a queue on the path counts against one in the pacer, which
	// delays nothing but media.
	pathShare = 2
	// returnShare is the share of the buffer with which the target comes back to the
	// long mean ahead of the estimate, which rises with what is sent.
	returnShare = 0.85
	// settledShare is the share of the long mean that must be allowed for a dip to be over.
	settledShare = 0.8
)

// smoothing turns what the path and sharing allow from moment to moment into a
// target that is steady. It looks ahead: a target above what the path carries fills
// the pacer, one below drains it, and the target is held for as long as the buffer that
// is left covers what it would take.
//
//   - Up, it follows a mean: slowly, and no further above the long mean than the band.
//   - Down, it goes as far as the buffer demands: rate × (1 + (buffer − queue)/horizon) is
//     the rate at which the buffer lasts for the horizon.
//   - In a dip that lasted longer, it settles on what is allowed instead of using the
//     buffer again and again.
//   - Further down, the longer the oldest media in the pacer has waited.
//   - A queue on the path ends all waiting.
type smoothing struct {
	cfg *SmoothingConfig
	// slow is the mean that is followed upwards, level the long mean around which the
	// band lies; both in bits per second.
	slow, level float64
	// seen is how long level has been averaged.
	seen  time.Duration
	last  bwe.Time
	begun bool
	swing targetSwing
	state SmoothingState
	// spent is for how long the dip lasts since it has used up the buffer.
	spent time.Duration
}

// view is what the smoothing is told at one input.
type view struct {
	now bwe.Time
	// allowed is what the path and sharing allow to media.
	allowed float64
	// queue is what waits in the pacer, in bytes, age for how long the oldest of it has,
	// delay the standing queue on the path.
	queue int64
	age   time.Duration
	delay time.Duration
	blind bool
	// idle: the encoder makes far less than it is asked for, so that an empty queue says
	// nothing of what the path would bear.
	idle bool
}

// buffer is the queue in the pacer that dips may be waited out with.
func (c *SmoothingConfig) buffer() time.Duration {
	if !c.Enabled {
		return 0
	}

	return time.Duration((1 - c.Clarity) * float64(c.Buffer))
}

// restart forgets what was seen.
func (s *smoothing) restart() { s.begun = false }

// step returns the rate to aim at.
func (s *smoothing) step(v *view) float64 {
	if !s.cfg.Enabled || s.cfg.Clarity >= 1 || v.allowed <= 0 {
		s.state, s.begun = SmoothingFollowing, false

		return v.allowed
	}
	if !s.begun || s.last > v.now && s.last.Sub(v.now) > clockTolerance {
		s.begun, s.last, s.seen = true, v.now, 0
		s.slow, s.level, s.spent = v.allowed, v.allowed, 0
	}
	elapsed := min(max(v.now.Sub(s.last), 0), longestStep)
	s.last = max(s.last, v.now)
	calm := 1 - s.cfg.Clarity
	s.average(v.allowed, elapsed, calm)

	return s.choose(v, elapsed, calm)
}

// average brings the means up to date.
func (s *smoothing) average(allowed float64, elapsed time.Duration, calm float64) {
	s.seen = min(s.seen+elapsed, s.cfg.Level)
	s.level = approach(s.level, allowed, elapsed, max(s.seen, buildUp))
	span := s.cfg.Rise
	switch {
	case allowed < s.slow:
		span = s.cfg.Fall
	case s.slow < s.level:
		span = s.cfg.Return
	}
	span = time.Duration(float64(span) * calm)
	// As long as little has been seen there is nothing to smooth.
	s.slow = approach(s.slow, allowed, elapsed, min(span, s.seen/startShare))
}

// startShare is the share of the time seen that the first means look back over.
const startShare = 8

// horizon returns how far ahead the buffer must last, in seconds.
func (s *smoothing) horizon(allowed float64, elapsed time.Duration) float64 {
	if allowed > float64(settledShare*s.level) {
		s.spent = 0
	} else if s.state == SmoothingYielding || s.spent > 0 {
		s.spent += elapsed
	}
	horizon := s.cfg.Horizon
	if s.spent > s.cfg.SettleAfter {
		horizon = max(horizon, s.cfg.Settle)
	}

	return horizon.Seconds()
}

// choose weighs the mean against the buffer that is left.
func (s *smoothing) choose(v *view, elapsed time.Duration, calm float64) float64 {
	buffer := s.cfg.buffer().Seconds()
	horizon := s.horizon(v.allowed, elapsed)
	queue := float64(v.queue)*8/v.allowed + float64(pathShare*v.delay.Seconds())
	old := min(max(float64(v.age-oldFrom)/float64(oldSpan), 0), 1)
	least := 1 - drain - float64(oldDrain*old)
	// The rate at which the buffer just lasts for the horizon.
	lasts := v.allowed * max(least, 1+(buffer-queue)/horizon)
	back := v.allowed * (1 + float64((float64(returnShare*buffer)-queue)/horizon))
	if v.idle {
		back = v.allowed
	}
	wanted := min(max(s.slow, min(back, s.level)), s.level*(1+s.cfg.Band/calm))
	if v.idle {
		wanted = min(wanted, v.allowed)
	}
	wanted = s.swing.level(wanted, elapsed)

	if v.delay > s.cfg.EmergencyQueue || v.blind {
		s.state = SmoothingEmergency
		s.slow = min(s.slow, v.allowed)

		return min(wanted, lasts, v.allowed)
	}
	rate := min(wanted, lasts)
	switch {
	case lasts < wanted:
		s.state = SmoothingYielding
	case s.swing.active && s.swing.held:
		s.state = SmoothingSwing
	case rate > v.allowed:
		s.state = SmoothingHolding
	default:
		s.state = SmoothingFollowing
	}

	return rate
}

// approach moves from towards to as a mean over span would in elapsed.
func approach(from, to float64, elapsed, span time.Duration) float64 {
	if elapsed >= span {
		return to
	}

	return from + float64((to-from)*(float64(elapsed)/float64(span)))
}
