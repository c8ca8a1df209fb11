// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

func TestMetrics(t *testing.T) {
	l := calm(600)
	l.Capacity = constant(600, 4e6)
	l.Sent = sawtooth(600, 2, 3e6, 0.5)
	for i := range l.Sent {
		l.Sent[i] = []float64{1e6, 1e6, 3e6, 3e6}[i%4]
	}
	l.Recorded.Target = constant(600, 1.5e6)
	l.Totals.PacketsLost = l.Totals.PacketsReceived / 3
	l.Totals.Jitter = new(0.0025)
	l.Totals.PacketsUnreported, l.Totals.ResultsUnknown = l.Totals.PacketsSent/50, (l.Totals.PacketsReceived+l.Totals.PacketsLost)/4
	copy(l.Silence, constant(60, 0.6))
	l.Marks = []timeline.Mark{{Kind: timeline.FrameDrop, Count: 3}, {Kind: timeline.Freeze, Count: 1}, {Kind: timeline.Reconnect, Count: 9}}
	m := session.Analyze(l, session.Default()).Metrics
	require.Equal(t, 2*bwe.Mbps, *m.Sent)
	require.Equal(t, 2*bwe.Mbps, *m.Received)
	require.Equal(t, 2*bwe.Mbps, *m.EstimateMean)
	require.Equal(t, 1500*bwe.Kbps, *m.TargetMean)
	for name, figure := range map[string]struct {
		want float64
		got  *float64
	}{
		"utilisation": {0.5, m.Utilisation}, "delay": {2, m.Delay95}, "round trip": {50, m.RTT}, "jitter": {2.5, m.Jitter}, "loss": {0.25, m.Loss},
		"crossings, once in 400 ms": {150, m.Crossings}, "variation": {0, m.EstimateCV}, "target's": {0, m.TargetCV}, "falls": {0, m.Falls},
		"feedback": {100, m.FeedbackInterval}, "silent": {0.1, m.FeedbackSilent}, "unreported": {0.02, m.FeedbackUnreported},
		"never sent": {0.2, m.FeedbackNeverSent}, "drops": {3, m.FrameDrops}, "freezes": {1, m.Freezes},
	} {
		require.NotNil(t, figure.got, name)
		require.InDelta(t, figure.want, *figure.got, 1e-3, name)
	}
}

// What a recording does not tell is left out of the JSON, what it tells to be nothing is not.
func TestUnknownFiguresAreNone(t *testing.T) {
	unknown := func(change func(*timeline.Timeline)) []string {
		l := calm(600)
		change(l)
		s := session.Analyze(l, session.Default())
		text, err := json.Marshal(s.Metrics)
		require.NoError(t, err)
		var have map[string]any
		require.NoError(t, json.Unmarshal(text, &have))
		var none []string
		for i, of := 0, reflect.TypeFor[session.Metrics](); i < of.NumField(); i++ {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			if _, ok := have[name]; !ok {
				none = append(none, name)
			}
		}

		return none
	}
	all := func(l *timeline.Timeline) {
		l.Capacity, l.Recorded.Target, l.Totals.Jitter = constant(600, 4e6), constant(600, 1e6), new(0.0)
		l.FrameDropsKnown, l.FreezesKnown = true, true
	}
	require.Empty(t, unknown(all))
	require.Equal(t, []string{"target_bps", "utilisation", "jitter_ms", "target_cv", "frame_drops_per_min", "freezes_per_min"}, unknown(func(*timeline.Timeline) {}))
	require.Equal(t, []string{"estimate_bps", "target_bps", "estimate_cv", "target_cv", "falls_per_min"}, unknown(func(l *timeline.Timeline) {
		all(l)
		l.Recorded = nil
	}))
	require.Equal(t, []string{"estimate_bps", "estimate_cv", "falls_per_min"}, unknown(func(l *timeline.Timeline) {
		all(l)
		l.Recorded.Estimate = constant(600, math.NaN())
	}))
	require.Equal(t, []string{
		"received_bps", "utilisation", "delay_p50_ms", "delay_p95_ms", "delay_p99_ms", "rtt_ms", "jitter_ms", "loss",
		"feedback_interval_ms", "feedback_silent", "feedback_unreported", "feedback_never_sent",
	}, unknown(func(l *timeline.Timeline) {
		all(l)
		l.Delay, l.RTT, l.Loss = constant(600, math.NaN()), constant(600, math.NaN()), constant(600, math.NaN())
		l.Totals = timeline.Totals{PacketsSent: 1, BytesSent: 1}
	}), "without feedback")
	require.Equal(t, []string{"sent_bps", "crossings_per_min", "feedback_interval_ms", "feedback_silent", "feedback_unreported", "feedback_never_sent"},
		unknown(func(l *timeline.Timeline) {
			all(l)
			l.Totals.PacketsSent = 0
		}), "without what was sent")
}
