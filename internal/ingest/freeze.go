// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import "time"

// freezeMeter measures the times without a decodable frame that are longer than
// [freezeThreshold], on the arrival clock. It is not safe for concurrent use.
type freezeMeter struct {
	last     time.Time
	count    int
	total    time.Duration
	longest  time.Duration
	inFreeze time.Duration // of the freeze still going on, as of the last look
}

// frame notes a decodable frame.
func (m *freezeMeter) frame(now time.Time) {
	m.until(now)
	if m.inFreeze > 0 {
		m.count++
		m.total += m.inFreeze
		m.longest = max(m.longest, m.inFreeze)
		m.inFreeze = 0
	}
	m.last = now
}

// until extends the freeze that is going on, if any, to now.
func (m *freezeMeter) until(now time.Time) {
	if m.last.IsZero() {
		return
	}
	if d := now.Sub(m.last); d > freezeThreshold {
		m.inFreeze = d
	}
}

// sum returns the freezes so far, the one going on included.
func (m *freezeMeter) sum() (count int, total, longest time.Duration) {
	if m.inFreeze == 0 {
		return m.count, m.total, m.longest
	}

	return m.count + 1, m.total + m.inFreeze, max(m.longest, m.inFreeze)
}
