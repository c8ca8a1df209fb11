// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package convert

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace"
	"github.com/rtmcc/rtmcc/internal/trace/formats"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

const own = `{"rtmcc_trace":1,"tool":"rtmcc 1","start":"2026-11-21T14:00:00Z"}` + "\n" +
	`{"x":"connection","t":5,"number":1}` + "\n" +
	`{"e":"timer", "t":7}` + "\n" +
	`{"e":"timer","t":8}` + "\n"

func TestOwnLinesAreKept(t *testing.T) {
	s, err := formats.Read(strings.NewReader(strings.Replace(own, "\n{\"x\"", "\ngibberish\n{\"x\"", 1)))
	require.NoError(t, err)
	var out bytes.Buffer
	r, err := ToTrace(t.Context(), s, &out)
	require.NoError(t, err)
	require.Equal(t, strings.Split(own, "\n"), strings.Split(out.String(), "\n"))
	require.Equal(t, map[string]int64{"connection": 1, "timer": 2}, r.Events)
	require.EqualValues(t, 3, r.Written)
	require.Zero(t, r.LeftOut)
	require.Equal(t, 1, r.Damage.Records)
	require.EqualValues(t, len("gibberish\n"), r.Damage.Bytes)
	require.InDelta(t, 8e-9, r.Duration, 1e-12)
	require.Equal(t, "rtmcc 1", r.Source.Tool)
}

var call = recording.Slice{
	About: recording.Info{Format: "RTC event log V2", Tool: "Chrome", Recorder: "GoogCC", Start: time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC)},
	Events: []bwe.Event{
		&recording.Route{At: 0, Connected: true, Overhead: 28},
		&recording.Capacity{At: 1_500_000, Bitrate: 2_000_000},
		&bwe.SentPacket{At: 2_000_000, Seq: 1, Size: 1200},
		&bwe.Feedback{At: 3_000_000, Results: []bwe.PacketResult{{Seq: 1, Received: true, ReceivedAt: 5}}},
		&recording.DelayBased{At: 4_000_000, Bitrate: 5, State: bwe.StateOveruse},
		&recording.LossBased{At: 4_000_000, Bitrate: 5, Loss: 0.5, Packets: 3},
		&recording.Target{At: 4_000_000, Bitrate: 5},
		&recording.ProbeStarted{At: 5_000_000, ID: 1, Bitrate: 9},
		&recording.ProbeEnded{At: 5_000_000, ID: 1, Failure: "timeout"},
		&recording.ApplicationLimited{At: 6_000_000, Active: true},
		&recording.Freeze{At: 8_000_000, Since: 1},
		&recording.Capacity{At: 9_000_000, Bitrate: 1_000_000},
	},
}

// TestAnotherRecordingBecomesATrace converts a recording, reads the trace and converts
// that again.
func TestAnotherRecordingBecomesATrace(t *testing.T) {
	s := call
	var out, again bytes.Buffer
	r, err := ToTrace(t.Context(), &s, &out)
	require.NoError(t, err)
	require.EqualValues(t, len(call.Events), r.Written)
	require.Equal(t, call.About, r.Source)

	read, err := formats.Read(bytes.NewReader(out.Bytes()))
	require.NoError(t, err)
	about := call.About
	about.ConvertedFrom, about.Format = about.Format, trace.FormatName
	require.Equal(t, about, read.Info())
	for _, want := range call.Events {
		ev, err := read.Next()
		require.NoError(t, err)
		require.Equal(t, want, ev)
	}
	read, err = formats.Read(bytes.NewReader(out.Bytes()))
	require.NoError(t, err)
	_, err = ToTrace(t.Context(), read, &again)
	require.NoError(t, err)
	require.Equal(t, out.String(), again.String())
}

func TestCapacity(t *testing.T) {
	s := call
	var out bytes.Buffer
	r, err := ToCapacity(t.Context(), &s, &out)
	require.NoError(t, err)
	require.Equal(t, "time_ms,capacity_bps\n1.5,2000000\n9,1000000\n", out.String())
	require.EqualValues(t, 2, r.Written)
	require.EqualValues(t, len(call.Events)-2, r.LeftOut)

	s = recording.Slice{Events: call.Events[2:4]}
	_, err = ToCapacity(t.Context(), &s, &out)
	require.ErrorIs(t, err, ErrNoCapacity)
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("disk full")

func TestFailures(t *testing.T) {
	s := call
	_, err := ToTrace(t.Context(), &s, full{})
	require.ErrorIs(t, err, errFull)
	s = call
	_, err = ToCapacity(t.Context(), &s, full{})
	require.ErrorIs(t, err, errFull)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s = call
	_, err = ToTrace(ctx, &s, &bytes.Buffer{})
	require.ErrorIs(t, err, context.Canceled)
	_, err = ToTrace(t.Context(), failing{}, &bytes.Buffer{})
	require.ErrorIs(t, err, errFull)
}

// failing is a recording on a disk that fails.
type failing struct{ recording.Slice }

func (failing) Next() (bwe.Event, error) { return nil, errFull }
func (failing) Info() recording.Info     { return recording.Info{} }
func (failing) Damage() recording.Damage { return recording.Damage{} }
func (failing) Close() error             { return nil }
