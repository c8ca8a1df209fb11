// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// moveTo sets the time of an event of a type that a line is read into, and shifts the
// other times that it has.
func moveTo(ev bwe.Event, at bwe.Time, shift time.Duration) {
	switch e := ev.(type) {
	case *bwe.SentPacket:
		e.At = at
	case *bwe.Feedback:
		e.At = at
		for i := range e.Results {
			if r := &e.Results[i]; r.Received {
				r.ReceivedAt = r.ReceivedAt.Add(shift)
			}
		}
	case *bwe.Oscillation:
		e.At, e.Since = at, e.Since.Add(shift)
	case *ratecontrol.Stall:
		e.At, e.Since = at, e.Since.Add(shift)
	case *recording.Freeze:
		e.At, e.Since = at, e.Since.Add(shift)
	case *recording.Note:
		e.At, e.Fields = at, movedFields(e.Fields, at)
	default:
		if t := timeOf(ev); t != nil {
			*t = at
		}
	}
}

// timeOf returns the time of an event that has no other, nil where its type is unknown.
func timeOf(ev bwe.Event) *bwe.Time {
	switch e := ev.(type) {
	case *control.Started:
		return &e.At
	case *control.ConfigChanged:
		return &e.At
	case *bwe.REMB:
		return &e.At
	case *bwe.Timer:
		return &e.At
	case *bwe.Update:
		return &e.At
	case *bwe.StateChange:
		return &e.At
	case *bwe.ProbeResult:
		return &e.At
	case *bwe.SharingChange:
		return &e.At
	case *bwe.ClockReset:
		return &e.At
	case *bwe.Smoothing:
		return &e.At
	case *ratecontrol.Frame:
		return &e.At
	case *ratecontrol.PacerState:
		return &e.At
	case *ratecontrol.Share:
		return &e.At
	case *ratecontrol.Overhead:
		return &e.At
	case *ratecontrol.Decision:
		return &e.At
	case *ratecontrol.Verdict:
		return &e.At
	case *ratecontrol.TierChange:
		return &e.At
	default:
		return timeOfRecording(ev)
	}
}

func timeOfRecording(ev bwe.Event) *bwe.Time {
	switch e := ev.(type) {
	case *recording.Capacity:
		return &e.At
	case *recording.DelayBased:
		return &e.At
	case *recording.LossBased:
		return &e.At
	case *recording.Target:
		return &e.At
	case *recording.ProbeStarted:
		return &e.At
	case *recording.ProbeEnded:
		return &e.At
	case *recording.ApplicationLimited:
		return &e.At
	case *recording.Route:
		return &e.At
	default:
		return nil
	}
}

// movedFields returns the fields of a note with another time.
func movedFields(fields json.RawMessage, at bwe.Time) json.RawMessage {
	t := strconv.AppendInt(nil, int64(at), 10)
	s := scanner{rest: fields}
	if s.integer(`{"t":`); !s.failed {
		return bytes.Join([][]byte{[]byte(`{"t":`), t, s.rest}, nil)
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(fields, &all) != nil || all == nil {
		return fields
	}
	all["t"] = t
	moved, err := json.Marshal(all)
	if err != nil {
		return fields
	}

	return moved
}
