// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender"
	"github.com/rtmcc/rtmcc/sender/session"
)

func TestDocumentationNamesEveryField(t *testing.T) {
	page, err := os.ReadFile("../../docs/trace-format.md")
	require.NoError(t, err)
	for _, ev := range []bwe.Event{
		&control.Started{}, &control.ConfigChanged{}, &bwe.SentPacket{}, &bwe.Feedback{}, &bwe.REMB{}, &bwe.Timer{},
		&bwe.Update{}, &ratecontrol.Frame{}, &ratecontrol.PacerState{}, &ratecontrol.Share{}, &ratecontrol.Decision{}, &ratecontrol.Verdict{},
	} {
		require.Contains(t, string(page), "`"+ev.EventName()+"`")
		var n int64
		fill(reflect.ValueOf(ev).Elem(), &n)
		var fields map[string]any
		require.NoError(t, json.Unmarshal(appendEvent(nil, ev), &fields))
		for name := range fields {
			if name != "e" {
				require.Contains(t, string(page), "`"+name+"`", ev.EventName())
			}
		}
	}
	for _, ev := range []bwe.Event{
		&bwe.Oscillation{},
		&sender.FeedbackChanged{}, &sender.PacketDropped{}, &sender.NACKReceived{}, &sender.InputIgnored{},
		&session.Connection{}, &session.Reconnect{}, &session.Warning{}, &session.FrameDrop{}, &session.KeyFrameRequest{},
		&session.RenditionChange{},
	} {
		require.Contains(t, string(page), "`"+ev.EventName()+"`")
	}
	for s := bwe.StateNormal; s.String() != "unknown"; s++ {
		require.Contains(t, string(page), "`"+s.String()+"`")
	}
	for k := bwe.PacketVideo; k.String() != "unknown"; k++ {
		require.Contains(t, string(page), "`"+k.String()+"`")
	}
}
