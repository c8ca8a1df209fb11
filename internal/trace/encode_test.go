// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/ratecontrol"
	"github.com/rtmcc/rtmcc/sender"
)

func TestLines(t *testing.T) {
	for _, tc := range []struct {
		event bwe.Event
		want  string
	}{
		{
			&bwe.SentPacket{At: 5, Seq: 70000, Size: 1200, Kind: bwe.PacketRetransmission, ProbeCluster: 3},
			`{"e":"sent","t":5,"seq":70000,"size":1200,"kind":"rtx","probe":3}`,
		},
		{
			&bwe.SentPacket{At: 5, Seq: 70000, Size: 1200},
			`{"e":"sent","t":5,"seq":70000,"size":1200,"kind":"video"}`,
		},
		{
			&bwe.Feedback{At: 9, Results: []bwe.PacketResult{
				{Seq: 7, Received: true, ReceivedAt: 100}, {Seq: 8}, {Seq: 9, Received: true, ReceivedAt: -200},
				{Seq: 12, Received: true, ReceivedAt: 300}, {Seq: 12, Received: true, ReceivedAt: 301}, {Seq: 3},
			}},
			`{"e":"feedback","t":9,"results":[[7,100,null,-200],[12,300],[12,301],[3,null]]}`,
		},
		{&bwe.Feedback{At: 9}, `{"e":"feedback","t":9,"results":[]}`},
		{&bwe.REMB{At: 1, Bitrate: 500_000}, `{"e":"remb","t":1,"bps":500000}`},
		{&bwe.Timer{At: 25_000_000}, `{"e":"timer","t":25000000}`},
		{
			&ratecontrol.Frame{At: 1, Kind: ratecontrol.Audio, Size: 160},
			`{"e":"frame","t":1,"kind":"audio","size":160}`,
		},
		{
			&ratecontrol.Frame{At: 1, Size: 160, Key: true, Disposable: true},
			`{"e":"frame","t":1,"kind":"video","size":160,"key":true,"disposable":true}`,
		},
		{
			&ratecontrol.PacerState{At: 1, Delay: time.Millisecond, Bytes: 99},
			`{"e":"pacer","t":1,"queue_ns":1000000,"queue_bytes":99}`,
		},
		{&ratecontrol.Share{At: 1, Bitrate: 99}, `{"e":"share","t":1,"bps":99}`},
		{
			&bwe.Update{At: 2, Estimate: 3, PacingRate: 4, State: bwe.StateOveruse, RTT: 5, Loss: 0.1, QueueDelay: 6, Acked: 7},
			`{"e":"estimate","t":2,"estimate_bps":3,"pacing_bps":4,"padding_bps":0,"cwnd_bytes":0,"unreported_bytes":0,"state":"overuse","rtt_ns":5,"loss":0.1,"queue_delay_ns":6,"acked_bps":7,"confidence":0}`,
		},
		{
			&bwe.Update{Loss: math.NaN(), Confidence: 0.5, Swing: bwe.Swing{Period: 5, Depth: 0.25, Confidence: 0.75}, Probes: []bwe.Probe{{ID: 1, Bitrate: 2, MinPackets: 3, MinDuration: 4}, {ID: 2}}},
			`{"e":"estimate","t":0,"estimate_bps":0,"pacing_bps":0,"padding_bps":0,"cwnd_bytes":0,"unreported_bytes":0,"state":"normal","rtt_ns":0,"loss":null,"queue_delay_ns":0,"acked_bps":0,"confidence":0.5,"swing":{"period_ns":5,"depth":0.25,"confidence":0.75},` +
				`"probes":[{"id":1,"bps":2,"min_packets":3,"min_duration_ns":4},{"id":2,"bps":0,"min_packets":0,"min_duration_ns":0}]}`,
		},
		{
			&ratecontrol.Decision{At: 1, Target: 2, Audio: 3, Video: 4, KeyFrame: true},
			`{"e":"decision","t":1,"target_bps":2,"audio_bps":3,"video_bps":4,"key_frame":true,"tier":0,"limit":"path","ceiling":"closed","smoothing":"following"}`,
		},
		{
			&ratecontrol.Decision{Tier: 2, Switching: true, Limit: ratecontrol.LimitCap, Ceiling: ratecontrol.CeilingRaised, Smoothing: ratecontrol.SmoothingSwing, Probe: 5},
			`{"e":"decision","t":0,"target_bps":0,"audio_bps":0,"video_bps":0,"tier":2,"switching":true,"limit":"cap","ceiling":"raised","smoothing":"swing","probe_bps":5}`,
		},
		{
			&ratecontrol.Verdict{At: 1, Drop: ratecontrol.DropDisposable, Backlog: 9},
			`{"e":"verdict","t":1,"kind":"video","drop":"disposable","backlog_ns":9}`,
		},
		{
			&sender.PacketDropped{At: 1, Kind: bwe.PacketRetransmission, Size: 1200, Reason: sender.DropQueueTime},
			`{"x":"pacer_drop","t":1,"kind":"rtx","size":1200,"reason":"queue_time"}`,
		},
		{&outside{Name: "connected", At: 3, Peer: `a "b"`}, `{"x":"connected","t":3,"peer":"a \"b\""}`},
		{&empty{}, `{"x":"empty \"\u0000"}`},
		{&outside{Name: "odd", At: 3, Value: math.Inf(1)}, `{"x":"odd","t":3,"error":"cannot be written as JSON"}`},
	} {
		require.Equal(t, tc.want, string(appendEvent(nil, tc.event)))
		require.True(t, json.Valid(appendEvent(nil, tc.event)))
	}
}

type outside struct {
	Name  string   `json:"-"`
	At    bwe.Time `json:"t"`
	Peer  string   `json:"peer,omitempty"`
	Value float64  `json:"value,omitempty"`
}

func (o *outside) EventName() string { return o.Name }
func (o *outside) Time() bwe.Time    { return o.At }

type empty struct{}

func (*empty) EventName() string { return "empty \"\x00" }
func (*empty) Time() bwe.Time    { return 0 }

// TestLinesHoldEveryField guards against a field that is added to an event and
// forgotten in the trace: its own JSON tags say what a line has to hold.
func TestLinesHoldEveryField(t *testing.T) {
	for _, ev := range []bwe.Event{
		&bwe.SentPacket{}, &bwe.Feedback{}, &bwe.REMB{}, &bwe.Timer{}, &bwe.Update{},
		&ratecontrol.Frame{}, &ratecontrol.PacerState{}, &ratecontrol.Share{}, &ratecontrol.Overhead{}, &ratecontrol.Decision{}, &ratecontrol.Verdict{},
		&control.Started{}, &control.ConfigChanged{},
	} {
		t.Run(ev.EventName(), func(t *testing.T) {
			var n int64
			fill(reflect.ValueOf(ev).Elem(), &n)
			want := make(map[string]any)
			tagged, err := json.Marshal(ev)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(tagged, &want))
			got := make(map[string]any)
			require.NoError(t, json.Unmarshal(appendEvent(nil, ev), &got))
			require.Equal(t, ev.EventName(), got["e"])
			delete(got, "e")
			for key, value := range want {
				require.Contains(t, got, key)
				switch key {
				case "kind", "state", "results": // written by name, or as runs
				default:
					require.Equal(t, value, got[key], key)
				}
			}
			require.Len(t, got, len(want))
		})
	}
}

// TestInputsComeBackWhole decodes inputs of which every field is set.
func TestInputsComeBackWhole(t *testing.T) {
	for _, ev := range []bwe.Event{
		&bwe.SentPacket{}, &bwe.Feedback{}, &bwe.REMB{}, &bwe.Timer{},
		&ratecontrol.Frame{}, &ratecontrol.PacerState{}, &ratecontrol.Share{}, &ratecontrol.Overhead{}, &control.Started{}, &control.ConfigChanged{},
	} {
		t.Run(ev.EventName(), func(t *testing.T) {
			require.True(t, inputs[ev.EventName()])
			var n int64
			fill(reflect.ValueOf(ev).Elem(), &n)
			require.Equal(t, ev, decodeText(t, string(appendEvent(nil, ev))))
		})
	}
}

func TestHotEventsDoNotAllocate(t *testing.T) {
	buf := make([]byte, 0, 64<<10)
	for _, ev := range []bwe.Event{
		&bwe.SentPacket{}, &bwe.Feedback{Results: make([]bwe.PacketResult, 50)}, &bwe.Timer{}, &bwe.REMB{}, &bwe.Update{},
		&ratecontrol.Frame{}, &ratecontrol.PacerState{}, &ratecontrol.Share{}, &ratecontrol.Decision{}, &ratecontrol.Verdict{},
	} {
		require.Zero(t, testing.AllocsPerRun(100, func() { appendEvent(buf, ev) }), ev.EventName())
	}
}

func BenchmarkSent(b *testing.B) {
	p := &bwe.SentPacket{At: 123456789012, Seq: 1234567, Size: 1200}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = appendEvent(buf[:0], p)
	}
}

func BenchmarkFeedback(b *testing.B) {
	f := &bwe.Feedback{At: 123456789012}
	for i := range int64(50) {
		f.Results = append(f.Results, bwe.PacketResult{Seq: 1000 + i, Received: i%10 > 0, ReceivedAt: bwe.Time(123456789012 + i*1_000_000)})
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = appendEvent(buf[:0], f)
	}
}
