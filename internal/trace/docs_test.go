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
	all := []bwe.Event{
		&control.Started{}, &control.ConfigChanged{}, &bwe.SentPacket{}, &bwe.Feedback{}, &bwe.REMB{}, &bwe.Timer{},
		&ratecontrol.Frame{}, &ratecontrol.PacerState{}, &ratecontrol.Share{}, &ratecontrol.Overhead{},
	}
	require.Len(t, all, len(inputs))
	for _, open := range decisions {
		all = append(all, open())
	}
	for _, ev := range all {
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
		&sender.FeedbackChanged{}, &sender.PacketDropped{}, &sender.NACKReceived{}, &sender.InputIgnored{},
		&session.Connection{}, &session.Reconnect{}, &session.Warning{}, &session.FrameDrop{}, &session.KeyFrameRequest{},
		&session.RenditionChange{},
	} {
		require.Contains(t, string(page), "`"+ev.EventName()+"`")
	}
	requireNames(t, page, bwe.StateNormal)
	requireNames(t, page, bwe.PacketVideo)
	requireNames(t, page, bwe.SharingNone)
	requireNames(t, page, bwe.OscillationNone)
	requireNames(t, page, bwe.SmoothingOscillation)
	requireNames(t, page, ratecontrol.LimitPath)
	requireNames(t, page, ratecontrol.CeilingClosed)
	requireNames(t, page, ratecontrol.SmoothingFollowing)
	text, err := json.Marshal(Header{ConvertedFrom: "x", Recorder: "x", Tool: "x", Freezes: true})
	require.NoError(t, err)
	requireFields(t, page, text)
}

// requireNames looks for the names of all values from first on.
func requireNames[T interface {
	~uint8
	String() string
}](t *testing.T, page []byte, first T) {
	t.Helper()
	for v := first; v.String() != "unknown"; v++ {
		require.Contains(t, string(page), "`"+v.String()+"`")
	}
}

func requireFields(t *testing.T, page, object []byte) {
	t.Helper()
	var fields map[string]any
	require.NoError(t, json.Unmarshal(object, &fields))
	for name := range fields {
		require.Contains(t, string(page), "`"+name+"`")
	}
}
