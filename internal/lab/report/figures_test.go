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
		"episodes": {
			summary: session.Summary{Episodes: session.Episodes{
				SendingStalls: session.Episode{Count: new(int64(1))}, FrozenPictures: session.Episode{Count: new(int64(3))},
				StandingQueues: session.Episode{Count: new(int64(0))}, LossBursts: session.Episode{Count: new(int64(2))},
			}},
			want: []verdict{{"note", "episodes: 1 sending stall, 3 freezes, 2 bursts of loss"}},
		},
		"no episodes": {
			summary: session.Summary{Episodes: session.Episodes{FrozenPictures: session.Episode{Count: new(int64(0))}}},
			want:    []verdict{{"good", "healthy"}},
		},
		"error": {summary: session.Summary{Error: "nothing was sent", Estimate: session.EstimateSwing{Oscillates: true}}, want: []verdict{{"bad", "not judged: nothing was sent"}}},
		"all": {
			summary: session.Summary{
				Estimate: session.EstimateSwing{Oscillates: true, Cause: session.Loss}, Target: session.TargetSwing{Oscillates: true, Alone: true},
				Capped: session.Capped{Present: true, Ceiling: 2 * bwe.Mbps, Estimate: 6 * bwe.Mbps},
				Path:   session.Path{LowBandwidth: true, Lossy: true, Jittery: true, FeedbackTrouble: true, FeedbackReasons: []session.FeedbackReason{session.Silent, session.NeverSent}},
				Damage: recording.Damage{Truncated: true, Records: 3}, Unknown: []string{"target"}, Ignored: 7,
			},
			want: []verdict{
				{"bad", "estimate oscillates by loss"}, {"bad", "target oscillates, the estimate does not"},
				{"bad", "held at 2.00 Mbps, with an estimate of 6.00 Mbps"},
				{"note", "feedback trouble: silent, never sent"}, {"note", "lossy path"}, {"note", "jittery path"}, {"note", "low bandwidth"},
				{"note", "no target in the recording"}, {"note", "7 events left out for their time"}, {"note", "the recording is cut off"}, {"note", "3 records could not be read"},
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
	s := &session.Summary{Metrics: session.Metrics{Loss: new(0.0123), Delay50: new(1.0)}}
	require.Empty(t, value(s, "utilisation"))
	require.Empty(t, value(s, "estimate, mean"))
	require.Empty(t, value(s, "round trip, median"))
	require.Empty(t, value(s, "dropped frames"))
	require.Empty(t, value(s, "freezes"))
	require.Empty(t, value(s, "one-way delay p50 / p95 / p99"))
	require.Equal(t, "1.23 %", value(s, "loss"))
	s.Metrics = session.Metrics{
		Utilisation: new(0.5), EstimateMean: new(1500 * bwe.Kbps), RTT: new(40.0), Delay50: new(1.0), Delay95: new(20.0), Delay99: new(300.0),
	}
	require.Equal(t, "50 %", value(s, "utilisation"))
	require.Equal(t, "1.50 Mbps", value(s, "estimate, mean"))
	require.Equal(t, "40 ms", value(s, "round trip, median"))
	require.Equal(t, "1 / 20 / 300 ms", value(s, "one-way delay p50 / p95 / p99"))
	s.Metrics = session.Metrics{FrameDrops: new(0.0), Freezes: new(2.0)}
	require.Equal(t, "0.0 /min", value(s, "dropped frames"), "known to be none")
	require.Equal(t, "2.0 /min", value(s, "freezes"))
}
