// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

// StateChange says that the estimator holds the path to be in another [State]. As an
// [Event] it is named "state".
type StateChange struct {
	At   Time  `json:"t"`
	From State `json:"from"`
	To   State `json:"to"`
}

// ProbeResult says what a probe showed. As an [Event] it is named "probe_result".
type ProbeResult struct {
	At Time `json:"t"`
	ID int  `json:"id"`
	// Asked is the rate at which the probe was to be sent, Result what the path is held
	// to carry by it.
	Asked  Bitrate `json:"asked_bps"`
	Result Bitrate `json:"result_bps"`
}

// SharingChange says that the estimator holds its place among other traffic in
// another way. As an [Event] it is named "sharing".
type SharingChange struct {
	At   Time    `json:"t"`
	From Sharing `json:"from"`
	To   Sharing `json:"to"`
}

// ClockReset says that one of the two clocks was set, so that what was known of the
// path's delay is void. As an [Event] it is named "clock_reset".
type ClockReset struct {
	At Time `json:"t"`
}

// EventName implements [Event].
func (*StateChange) EventName() string { return "state" }

// EventName implements [Event].
func (*ProbeResult) EventName() string { return "probe_result" }

// EventName implements [Event].
func (*SharingChange) EventName() string { return "sharing" }

// EventName implements [Event].
func (*ClockReset) EventName() string { return "clock_reset" }

// Time implements [Event].
func (s *StateChange) Time() Time { return s.At }

// Time implements [Event].
func (p *ProbeResult) Time() Time { return p.At }

// Time implements [Event].
func (s *SharingChange) Time() Time { return s.At }

// Time implements [Event].
func (c *ClockReset) Time() Time { return c.At }
