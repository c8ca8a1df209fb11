// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package report_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/report"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

func labels(s *report.Session) []string {
	var out []string
	for _, p := range report.Figure(s).Panels {
		out = append(out, p.Label)
	}

	return out
}

func TestStillFigure(t *testing.T) {
	s, err := simulate("jitter-ou", "gcc", 20*time.Second, "default")
	require.NoError(t, err)
	require.Equal(t, []string{"rate, Mbps", "state", "delay, ms", "trend, ms"}, labels(s))
	s.Timeline.Totals.PacketsLost = 1
	s.Timeline.Marks = append(s.Timeline.Marks, timeline.Mark{At: 1, To: bwe.Time(time.Second), Kind: timeline.Freeze})
	s.Words = []string{"what came out"}
	require.Equal(t, []string{"rate, Mbps", "state", "delay, ms", "trend, ms", "loss, %"}, labels(s))
	var svg bytes.Buffer
	require.NoError(t, report.Figure(s).Write(&svg, "svg"))
	for _, want := range []string{"what came out", "gcc (recorded) estimate", "default threshold", "overuse", "picture stood", "capacity"} {
		require.True(t, bytes.Contains(svg.Bytes(), []byte(">"+want+"<")), want)
	}
}

func TestStillFiguresOfLongAndEmptySessions(t *testing.T) {
	long := report.Figure(&report.Session{Timeline: noisy(864_000, 0)})
	for _, p := range long.Panels {
		for _, s := range p.Series {
			require.LessOrEqual(t, len(s.Values), 1200)
		}
	}
	require.InDelta(t, 86400, long.Duration, 1e-6)
	var png bytes.Buffer
	if !testing.Short() {
		require.NoError(t, long.Write(&png, "png"))
		require.Less(t, png.Len(), 2_000_000)
	}

	empty := report.Figure(&report.Session{Name: "nothing", Timeline: timeline.NewBuilder("").Build()})
	require.Empty(t, empty.Panels)
	require.NoError(t, empty.Write(&png, "png"))
}
