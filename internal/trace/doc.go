// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package trace records the event stream of a push as JSON lines and replays such a
// record through the estimator and the controller (docs/trace-format.md).
//
// The first line is a [Header]. Every other line is one event. Lines that begin
// with {"e": belong to the control loop: its inputs, and the decisions that follow
// from them. Lines that begin with {"x": come from around the loop, from the
// sender or the session, and are not replayed.
package trace

import (
	"errors"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// Version is the version of the format. It changes when an input's meaning does,
// for then an older reader would compute other decisions.
const Version = 1

// ErrFormat is wrapped by every error about the content of a trace.
var ErrFormat = errors.New("trace")

// Header is the first line of a trace.
type Header struct {
	// Version is set by [NewWriter].
	Version int `json:"rtmcc_trace"`
	// Tool names the program that wrote the trace and its version.
	Tool string `json:"tool,omitempty"`
	// Start is the wall-clock time at which the trace was opened.
	Start time.Time `json:"start"`
	// ConvertedFrom names the format of the recording that the trace was made of, and
	// Recorder the controller whose decisions are in that; both are empty in a trace that
	// rtmcc recorded.
	ConvertedFrom string `json:"converted_from,omitempty"`
	Recorder      string `json:"recorder,omitempty"`
	// Freezes tells that the trace has all times in which a watcher's picture stood until it
	// moved again.
	Freezes bool `json:"freezes,omitempty"`
}

// Class says what a line is to a replay.
type Class uint8

// The classes of lines.
const (
	// Other lines come from outside the control loop.
	Other Class = iota
	// Input lines are fed into the loop.
	Input
	// Decision lines are compared with what the loop answers.
	Decision
)

// inputs are the loop's inputs by name; every other event of the loop is a
// decision.
var inputs = map[string]bool{
	(*control.Started)(nil).EventName():        true,
	(*control.ConfigChanged)(nil).EventName():  true,
	(*bwe.SentPacket)(nil).EventName():         true,
	(*bwe.Feedback)(nil).EventName():           true,
	(*bwe.REMB)(nil).EventName():               true,
	(*bwe.Timer)(nil).EventName():              true,
	(*ratecontrol.Frame)(nil).EventName():      true,
	(*ratecontrol.PacerState)(nil).EventName(): true,
	(*ratecontrol.Share)(nil).EventName():      true,
	(*ratecontrol.Overhead)(nil).EventName():   true,
}
