// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

// limitedWindow is how much of the past counts (libwebrtc AlrDetector, the window of
// its budget).
const limitedWindow = 0.5

// limited tells whether the application sends less than the estimate allows
// (libwebrtc AlrDetector): a budget of bits that fills at a share of the estimate
// and that sending uses up. Only where it stays nearly full is the estimate not put
// to the test by media.
type limited struct {
	cfg *ProbeConfig
	// budget is what is left in bits, from minus to plus of what limitedWindow allows.
	budget  float64
	at      Time
	begun   bool
	now     bool
	endedAt Time
	ended   bool
}

// onSent takes in that bits left while rate was allowed; with none it lets time pass.
func (l *limited) onSent(bits int64, rate Bitrate, now Time) {
	l.advance(rate, now)
	l.budget -= float64(bits)
	l.judge(rate, now)
}

// advance lets time pass.
func (l *limited) advance(rate Bitrate, now Time) {
	if !l.begun {
		l.begun, l.at = true, now
	}
	share := float64(l.cfg.LimitedUsage * float64(rate))
	most := float64(share * limitedWindow)
	l.budget += float64(share * min(now.Sub(l.at).Seconds(), 2*limitedWindow))
	l.budget = min(max(l.budget, -most), most)
	l.at = now
}

func (l *limited) judge(rate Bitrate, now Time) {
	most := float64(l.cfg.LimitedUsage*float64(rate)) * limitedWindow
	switch {
	case !l.now && l.budget > float64(l.cfg.LimitedEnter*most):
		l.now = true
	case l.now && l.budget < float64(l.cfg.LimitedLeave*most):
		l.now, l.ended, l.endedAt = false, true, now
	}
}

// lately tells whether the application is limited or was within the last d.
func (l *limited) lately(d time.Duration, now Time) bool {
	return l.now || l.ended && now.Sub(l.endedAt) <= d
}
