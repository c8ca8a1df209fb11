// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

func TestVerdicts(t *testing.T) {
	for name, test := range map[string]struct {
		summary session.Summary
		want    []verdict
	}{
		"healthy": {want: []verdict{{"good", "healthy"}}},
		"error":   {summary: session.Summary{Error: "nothing was sent", Estimate: session.EstimateSwing{Oscillates: true}}, want: []verdict{{"bad", "not judged: nothing was sent"}}},
		"all": {
			summary: session.Summary{
				Estimate: session.EstimateSwing{Oscillates: true, Cause: session.Loss}, Target: session.TargetSwing{Oscillates: true, Alone: true},
				Capped: session.Capped{Present: true, Ceiling: 2 * bwe.Mbps, Estimate: 6 * bwe.Mbps},
				Path:   session.Path{LowBandwidth: true, Lossy: true, Jittery: true, FeedbackTrouble: true},
				Damage: recording.Damage{Truncated: true, Records: 3}, Unknown: []string{"target"},
			},
			want: []verdict{
				{"bad", "estimate oscillates by loss"}, {"bad", "target oscillates, the estimate does not"},
				{"bad", "held at 2.00 Mbps, with an estimate of 6.00 Mbps"},
				{"note", "feedback trouble"}, {"note", "lossy path"}, {"note", "jittery path"}, {"note", "low bandwidth"},
				{"note", "no target in the recording"}, {"note", "the recording is cut off"}, {"note", "3 records could not be read"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, verdicts(&test.summary)) })
	}
}

func TestFiguresLeaveOutWhatIsUnknown(t *testing.T) {
	value := func(s *session.Summary, name string) string {
		for _, f := range figures(s) {
			if f.Name == name {
				require.NotEmpty(t, f.Help)

				return f.Value
			}
		}

		return ""
	}
	s := &session.Summary{Metrics: session.Metrics{Utilisation: -1, Loss: 0.0123}}
	require.Empty(t, value(s, "utilisation"))
	require.Empty(t, value(s, "estimate, mean"))
	require.Empty(t, value(s, "round trip, median"))
	require.Empty(t, value(s, "dropped frames"))
	require.Empty(t, value(s, "freezes"))
	require.Equal(t, "1.23 %", value(s, "loss"))
	s.Metrics = session.Metrics{Utilisation: 0.5, EstimateMean: 1500 * bwe.Kbps, RTT: 40, Delay50: 1, Delay95: 20, Delay99: 300}
	require.Equal(t, "50 %", value(s, "utilisation"))
	require.Equal(t, "1.50 Mbps", value(s, "estimate, mean"))
	require.Equal(t, "40 ms", value(s, "round trip, median"))
	require.Equal(t, "1 / 20 / 300 ms", value(s, "one-way delay p50 / p95 / p99"))
	s.Metrics = session.Metrics{TargetMean: bwe.Mbps, Freezes: 2}
	require.Equal(t, "0.0 /min", value(s, "dropped frames"))
	require.Equal(t, "2.0 /min", value(s, "freezes"))
	s.Metrics = session.Metrics{FrameDrops: 3}
	require.Equal(t, "3.0 /min", value(s, "dropped frames"), "known, since there are some")
}
