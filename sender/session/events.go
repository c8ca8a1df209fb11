// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// ConnectionState is how far a connection has come.
type ConnectionState string

// The states of a connection. Every connection starts with StateConnecting, which
// comes before the first event of its sender, and ends with StateClosed.
const (
	StateConnecting   ConnectionState = "connecting"
	StateConnected    ConnectionState = "connected"
	StateDisconnected ConnectionState = "disconnected"
	// StateRestarting: after a disconnection, ICE looks for another path.
	StateRestarting ConnectionState = "restarting"
	StateFailed     ConnectionState = "failed"
	StateClosed     ConnectionState = "closed"
)

// Connection is the event of a connection's change of state, named "connection".
type Connection struct {
	At bwe.Time `json:"t"`
	// Number counts the connections of a push from 1.
	Number int             `json:"number"`
	State  ConnectionState `json:"state"`
	// Reason is why it failed.
	Reason string `json:"reason,omitempty"`
}

// Reconnect is the event of a planned attempt, named "reconnect".
type Reconnect struct {
	At bwe.Time `json:"t"`
	// Attempt counts the failed attempts of this outage.
	Attempt int `json:"attempt"`
	// Delay is the pause before the next.
	Delay  time.Duration `json:"delay_ns"`
	Reason string        `json:"reason"`
}

// Warning is the event of something that a user should know and that does not end
// the push, named "warning".
type Warning struct {
	At   bwe.Time `json:"t"`
	Text string   `json:"text"`
}

// FrameDrop is the event of an access unit that is not sent, named "frame_drop". It
// comes for every reason, those of the controller's verdict included.
type FrameDrop struct {
	At     bwe.Time               `json:"t"`
	Kind   ratecontrol.MediaKind  `json:"kind"`
	Reason ratecontrol.DropReason `json:"reason"`
	// Size is the payload in bytes.
	Size int `json:"size"`
}

// KeyFrameRequest is the event of a PLI or FIR from the server, named
// "key_frame_request". The source's next key frame answers it.
type KeyFrameRequest struct {
	At bwe.Time `json:"t"`
}

// RenditionChange is the event of the first picture of another version of the video,
// named "rendition": of another file of a set, or coded with another size or frame
// rate. From is empty for the first.
type RenditionChange struct {
	At   bwe.Time `json:"t"`
	From string   `json:"from"`
	To   string   `json:"to"`
}

// Reasons for a drop beside those of package ratecontrol.
const (
	// DropOutage: there is no connection.
	DropOutage ratecontrol.DropReason = "outage"
	// DropWaitKey: on a new connection nothing can be decoded before a key frame.
	DropWaitKey ratecontrol.DropReason = "wait_key"
	// DropUnsent: the connection took the frame's packets no more, or the frame makes
	// no packet.
	DropUnsent ratecontrol.DropReason = "unsent"
)

// EventName implements [bwe.Event].
func (*Connection) EventName() string { return "connection" }

// EventName implements [bwe.Event].
func (*Reconnect) EventName() string { return "reconnect" }

// EventName implements [bwe.Event].
func (*Warning) EventName() string { return "warning" }

// EventName implements [bwe.Event].
func (*FrameDrop) EventName() string { return "frame_drop" }

// EventName implements [bwe.Event].
func (*KeyFrameRequest) EventName() string { return "key_frame_request" }

// EventName implements [bwe.Event].
func (*RenditionChange) EventName() string { return "rendition" }

// Time implements [bwe.Event].
func (e *Connection) Time() bwe.Time { return e.At }

// Time implements [bwe.Event].
func (e *Reconnect) Time() bwe.Time { return e.At }

// Time implements [bwe.Event].
func (e *Warning) Time() bwe.Time { return e.At }

// Time implements [bwe.Event].
func (e *FrameDrop) Time() bwe.Time { return e.At }

// Time implements [bwe.Event].
func (e *KeyFrameRequest) Time() bwe.Time { return e.At }

// Time implements [bwe.Event].
func (e *RenditionChange) Time() bwe.Time { return e.At }
