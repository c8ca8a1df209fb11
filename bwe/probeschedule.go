// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

// probeSchedule says when a controller that reads the capacity off its own increases
// needs a probe: now and then while the application is limited, as nothing else tests
// the path then, and once after a large fall, in case it was a false one (libwebrtc
// ProbeController). The path model needs none of it: its bursts of media and padding
// test the path all the time.
type probeSchedule struct {
	cfg *ProbeConfig
	// probedAt is the last of the periodic probes, or when the application became
	// limited.
	probedAt Time
	limited  bool
	// before is the rate before the last large fall, at fellAt.
	before   Bitrate
	fellAt   Time
	soughtAt Time
	sought   bool
	over     bool
}

// onRate takes in that the controller went from one rate to another.
func (s *probeSchedule) onRate(from, to Bitrate, now Time) {
	if float64(to) < float64(s.cfg.RecoveryDrop*float64(from)) {
		s.before, s.fellAt = from, now
	}
}

// periodic returns the rate to probe at while the application is limited, zero for
// none.
func (s *probeSchedule) periodic(l *limited, rate Bitrate, now Time) Bitrate {
	if l.now != s.limited {
		s.limited, s.probedAt = l.now, now
	}
	if !l.now || now.Sub(s.probedAt) < s.cfg.LimitedInterval {
		return 0
	}
	s.probedAt = now

	return Bitrate(s.cfg.LimitedScale * float64(rate))
}

// recovery returns the rate to probe at once overuse has ended, zero for none. It asks
// again only after a while: a probe that fails says that the fall was a real one.
func (s *probeSchedule) recovery(l *limited, over bool, rate Bitrate, now Time) Bitrate {
	ended := s.over && !over
	s.over = over
	if !ended || s.before == 0 || now.Sub(s.fellAt) > s.cfg.RecoveryWindow || !l.lately(s.cfg.RecoveryLimited, now) {
		return 0
	}
	if s.sought && now.Sub(s.soughtAt) <= s.cfg.RecoveryWindow {
		return 0
	}
	const worth = 0.95
	wanted := Bitrate(s.cfg.RecoveryScale * float64(s.before))
	if float64(wanted)*worth <= float64(rate) {
		return 0
	}
	s.sought, s.soughtAt = true, now

	return wanted
}
