// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"encoding/json"
	"fmt"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// decisions are the events beside the inputs that are read as their types; every other
// becomes a [recording.Note].
var decisions = map[string]func() bwe.Event{
	"estimate":     func() bwe.Event { return &bwe.Update{} },
	"decision":     func() bwe.Event { return &ratecontrol.Decision{} },
	"verdict":      func() bwe.Event { return &ratecontrol.Verdict{} },
	"stall":        func() bwe.Event { return &ratecontrol.Stall{} },
	"tier":         func() bwe.Event { return &ratecontrol.TierChange{} },
	"probe_result": func() bwe.Event { return &bwe.ProbeResult{} },
	"clock_reset":  func() bwe.Event { return &bwe.ClockReset{} },
	"state":        func() bwe.Event { return &bwe.StateChange{} },
	"sharing":      func() bwe.Event { return &bwe.SharingChange{} },
	"oscillation":  func() bwe.Event { return &bwe.Oscillation{} },
	"smoothing":    func() bwe.Event { return &bwe.Smoothing{} },

	"capacity":            func() bwe.Event { return &recording.Capacity{} },
	"delay_based":         func() bwe.Event { return &recording.DelayBased{} },
	"loss_based":          func() bwe.Event { return &recording.LossBased{} },
	"target":              func() bwe.Event { return &recording.Target{} },
	"probe_started":       func() bwe.Event { return &recording.ProbeStarted{} },
	"probe_ended":         func() bwe.Event { return &recording.ProbeEnded{} },
	"application_limited": func() bwe.Event { return &recording.ApplicationLimited{} },
	"route":               func() bwe.Event { return &recording.Route{} },
	"freeze":              func() bwe.Event { return &recording.Freeze{} },
}

// event reads a line of any class into an event that is valid until the next call.
func (d *decoder) event(l *Line) (bwe.Event, error) {
	if ev := d.frequent(l); ev != nil {
		return ev, nil
	}
	if l.Class == Input {
		return decodeStrictly(*l)
	}

	return decodeDecision(l)
}

// decodeDecision reads a line that is no input by encoding/json. Fields that it does not
// know are passed over.
func decodeDecision(l *Line) (bwe.Event, error) {
	fields := l.fields()
	n := &recording.Note{Name: l.Name, Fields: fields}
	ev := bwe.Event(n)
	var err error
	if open := decisions[l.Name]; open != nil {
		ev = open()
		err = json.Unmarshal(fields, ev)
	} else {
		var v struct {
			At bwe.Time `json:"t"`
		}
		err = json.Unmarshal(fields, &v)
		n.At = v.At
	}
	if err == nil {
		err = checkTime(ev.Time())
	}
	if err != nil {
		return nil, fmt.Errorf("%w: line %d: %s: %w", ErrFormat, l.Number, l.Name, err)
	}

	return ev, nil
}
