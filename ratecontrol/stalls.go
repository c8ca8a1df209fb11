// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// Stats counts what became of frames. Counters count since the controller was made.
type Stats struct {
	// FramesOffered and FramesDropped count video frames; the two that follow are the
	// drops by reason.
	FramesOffered     uint64 `json:"frames_offered"`
	FramesDropped     uint64 `json:"frames_dropped"`
	DroppedDisposable uint64 `json:"dropped_disposable"`
	DroppedUntilKey   uint64 `json:"dropped_until_key"`
	// BytesDropped is their size.
	BytesDropped uint64 `json:"bytes_dropped"`
	// Stalls counts the times that no video packet was sent for longer than
	// [Config.StallAfter], StallTime is how long they lasted in all, LongestStall how long
	// the longest did. A stall counts from the last packet before it.
	Stalls       uint64        `json:"stalls"`
	StallTime    time.Duration `json:"stall_time_ns"`
	LongestStall time.Duration `json:"longest_stall_ns"`
	// TierSwitches counts the changes of the tier.
	TierSwitches uint64 `json:"tier_switches"`
}

func (s *Stats) count(f *Frame, drop DropReason) {
	if f.Kind != Video {
		return
	}
	s.FramesOffered++
	switch drop {
	case KeepFrame:
		return
	case DropDisposable:
		s.DroppedDisposable++
	case DropUntilKey:
		s.DroppedUntilKey++
	}
	s.FramesDropped++
	s.BytesDropped += uint64(max(f.Size, 0))
}

// Stall tells that no video packet has been sent for longer than
// [Config.StallAfter], or that the first one after that was. As an event it is named
// "stall".
type Stall struct {
	At bwe.Time `json:"t"`
	// Over tells the end from the beginning.
	Over bool `json:"over"`
	// Since is when the last packet before the stall was sent, Duration how long ago
	// that was.
	Since    bwe.Time      `json:"since"`
	Duration time.Duration `json:"duration_ns"`
}

// EventName implements [bwe.Event].
func (*Stall) EventName() string { return "stall" }

// Time implements [bwe.Event].
func (s *Stall) Time() bwe.Time { return s.At }

// stallMeter watches for video that stays away.
type stallMeter struct {
	after   time.Duration
	last    bwe.Time
	begun   bool
	stalled bool
	event   Stall
}

// sent takes in a video packet and returns the end of a stall, nil for none.
func (m *stallMeter) sent(now bwe.Time) *Stall {
	if m.begun && now <= m.last {
		return nil
	}
	stalled := m.begun && now.Sub(m.last) > m.after
	m.event = Stall{At: now, Over: true, Since: m.last, Duration: now.Sub(m.last)}
	m.begun, m.stalled, m.last = true, false, now
	if !stalled {
		return nil
	}

	return &m.event
}

// pass lets time pass and returns the beginning of a stall, nil for none.
func (m *stallMeter) pass(now bwe.Time) *Stall {
	if !m.begun || m.stalled || now.Sub(m.last) <= m.after {
		return nil
	}
	m.stalled = true
	m.event = Stall{At: now, Since: m.last, Duration: now.Sub(m.last)}

	return &m.event
}

// tellStall counts and tells a stall, which may be nil.
func (c *Controller) tellStall(s *Stall) {
	if s == nil {
		return
	}
	if s.Over {
		c.stats.Stalls++
		c.stats.StallTime += s.Duration
		c.stats.LongestStall = max(c.stats.LongestStall, s.Duration)
	}
	c.observe(s)
}
