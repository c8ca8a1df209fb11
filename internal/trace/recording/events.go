// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package recording

import (
	"encoding/json"

	"github.com/rtmcc/rtmcc/bwe"
)

// Beside these events a [Source] gives those of the loop: the pointer types of
// bwe (SentPacket, Feedback, REMB, Timer; Update, StateChange, ProbeResult,
// SharingChange, ClockReset, Oscillation), ratecontrol (Frame, PacerState, Share,
// Overhead; Decision, Verdict) and internal/control (Started, ConfigChanged).

// Capacity says what the path carries from now on, where a recording knows it. As an
// event it is named "capacity".
type Capacity struct {
	At      bwe.Time    `json:"t"`
	Bitrate bwe.Bitrate `json:"bps"`
}

// DelayBased is the recorder's estimate by delay alone (libwebrtc
// RtcEventBweUpdateDelayBased). As an event it is named "delay_based".
type DelayBased struct {
	At      bwe.Time    `json:"t"`
	Bitrate bwe.Bitrate `json:"bps"`
	// State is normal, overuse or underuse.
	State bwe.State `json:"state"`
}

// LossBased is the recorder's estimate after loss was taken into account, which is
// what its application heard (libwebrtc RtcEventBweUpdateLossBased). As an event it is
// named "loss_based".
type LossBased struct {
	At      bwe.Time    `json:"t"`
	Bitrate bwe.Bitrate `json:"bps"`
	// Loss is the loss that it went by, from 0 to 1, over so many Packets.
	Loss    float64 `json:"loss"`
	Packets int     `json:"packets"`
}

// Target is what the recorder's encoders were asked for. As an event it is named
// "target".
type Target struct {
	At      bwe.Time    `json:"t"`
	Bitrate bwe.Bitrate `json:"bps"`
}

// ProbeStarted says that the recorder began a probe. As an event it is named
// "probe_started".
type ProbeStarted struct {
	At         bwe.Time    `json:"t"`
	ID         int         `json:"id"`
	Bitrate    bwe.Bitrate `json:"bps"`
	MinPackets int         `json:"min_packets"`
	MinBytes   int64       `json:"min_bytes"`
}

// ProbeEnded says what a probe of the recorder came to. As an event it is named
// "probe_ended".
type ProbeEnded struct {
	At bwe.Time `json:"t"`
	ID int      `json:"id"`
	// Bitrate is what it showed; zero where it failed.
	Bitrate bwe.Bitrate `json:"bps"`
	// Failure says why it failed: interval, ratio or timeout; empty where it did not.
	Failure string `json:"failure,omitempty"`
}

// ApplicationLimited says that the recorder began or ceased to hold its application
// for the limit of what is sent (libwebrtc AlrDetector). As an event it is named
// "application_limited".
type ApplicationLimited struct {
	At     bwe.Time `json:"t"`
	Active bool     `json:"active"`
}

// Route says that the path changed. As an event it is named "route".
type Route struct {
	At        bwe.Time `json:"t"`
	Connected bool     `json:"connected"`
	// Overhead is what the layers below RTP add to a packet, in bytes; zero where unknown.
	Overhead int `json:"overhead,omitempty"`
}

// Freeze says that a watcher's picture stood until now. As an event it is named
// "freeze".
type Freeze struct {
	At bwe.Time `json:"t"`
	// Since is when the picture ceased to move.
	Since bwe.Time `json:"since"`
}

// Note is an event from around the loop, such as a dropped frame, a reconnection or a
// request for a key frame, under its own name.
type Note struct {
	At   bwe.Time
	Name string
	// Fields is the event's JSON object, time included.
	Fields json.RawMessage
}

// MarshalJSON implements [json.Marshaler].
func (n *Note) MarshalJSON() ([]byte, error) { return n.Fields, nil }

// EventName implements [bwe.Event].
func (*Capacity) EventName() string { return "capacity" }

// EventName implements [bwe.Event].
func (*DelayBased) EventName() string { return "delay_based" }

// EventName implements [bwe.Event].
func (*LossBased) EventName() string { return "loss_based" }

// EventName implements [bwe.Event].
func (*Target) EventName() string { return "target" }

// EventName implements [bwe.Event].
func (*ProbeStarted) EventName() string { return "probe_started" }

// EventName implements [bwe.Event].
func (*ProbeEnded) EventName() string { return "probe_ended" }

// EventName implements [bwe.Event].
func (*ApplicationLimited) EventName() string { return "application_limited" }

// EventName implements [bwe.Event].
func (*Route) EventName() string { return "route" }

// EventName implements [bwe.Event].
func (*Freeze) EventName() string { return "freeze" }

// EventName implements [bwe.Event].
func (n *Note) EventName() string { return n.Name }

// Time implements [bwe.Event].
func (c *Capacity) Time() bwe.Time { return c.At }

// Time implements [bwe.Event].
func (d *DelayBased) Time() bwe.Time { return d.At }

// Time implements [bwe.Event].
func (l *LossBased) Time() bwe.Time { return l.At }

// Time implements [bwe.Event].
func (t *Target) Time() bwe.Time { return t.At }

// Time implements [bwe.Event].
func (p *ProbeStarted) Time() bwe.Time { return p.At }

// Time implements [bwe.Event].
func (p *ProbeEnded) Time() bwe.Time { return p.At }

// Time implements [bwe.Event].
func (a *ApplicationLimited) Time() bwe.Time { return a.At }

// Time implements [bwe.Event].
func (r *Route) Time() bwe.Time { return r.At }

// Time implements [bwe.Event].
func (f *Freeze) Time() bwe.Time { return f.At }

// Time implements [bwe.Event].
func (n *Note) Time() bwe.Time { return n.At }
