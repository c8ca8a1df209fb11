// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package corpus_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/lab/corpus"
	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// What is true of Chromium's logs is known from the paths that they were recorded over
// (testdata/eventlogs/README.md): GoogCC's estimate climbs or falls once and then stays.
func TestChromiumLogsAreJudgedByTheirPaths(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		loss, rtt float64
		lossy     bool
		// capped tells that the camera needs far less than the path carries.
		capped bool
	}{
		"constant-2m.log":    {rtt: 100, capped: true},
		"drop-to-700k.log":   {rtt: 80},
		"loss-5-rtt-100.log": {rtt: 100, loss: 0.05, lossy: true, capped: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, line, err := corpus.JudgeFile(t.Context(), filepath.Join("../../../testdata/eventlogs", name), session.Default(), timeline.Window{})
			require.NoError(t, err)
			require.Empty(t, s.Error)
			require.NotNil(t, line)
			require.Equal(t, "RTC event log V2", s.Format)
			require.Equal(t, "GoogCC", s.Recorder)
			require.False(t, s.Damage.Any())
			require.Equal(t, []string{"target"}, s.Unknown)
			require.InDelta(t, 36, s.Duration, 4)
			require.False(t, s.Estimate.Oscillates)
			require.False(t, s.Target.Oscillates)
			require.Equal(t, want.lossy, s.Path.Lossy)
			require.InDelta(t, want.loss, *s.Metrics.Loss, 0.015)
			require.False(t, s.Path.FeedbackTrouble)
			require.False(t, s.Path.LowBandwidth)
			require.InDelta(t, want.rtt, *s.Metrics.RTT, 25, "twice the delay of the path, and what feedback waits for")
			require.Equal(t, want.capped, s.Capped.Present)
			require.Equal(t, want.capped, s.Capped.Inferred, "the log names no ceiling")
			require.Nil(t, s.Metrics.Utilisation, "the log does not know the capacity")
			require.Nil(t, s.Metrics.FrameDrops, "nor what became of frames")
			require.Nil(t, s.Metrics.Freezes)
			require.Equal(t, !want.capped, s.Healthy())
		})
	}
}
