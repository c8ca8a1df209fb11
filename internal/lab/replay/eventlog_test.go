// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/formats"
)

// The preset of GoogCC is fed what Chromium's own was fed. The bounds leave room for
// changes of the preset that mean nothing, and are far below the distance of an estimator
// that misses the recorder's probes.
func TestReplaysOfChromiumLogs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		seconds, packets float64
		off              float64
	}{
		"constant-2m.log":    {35.2, 3619, 0.05},
		"drop-to-700k.log":   {36.3, 3788, 0.08},
		"loss-5-rtt-100.log": {35.3, 4156, 0.15},
	} {
		src, err := formats.Open(filepath.Join("../../../testdata/eventlogs", name))
		require.NoError(t, err)
		r := play(t, src, "gcc")
		require.NoError(t, src.Close())
		require.Equal(t, "GoogCC", r.Recorder.Controller)
		require.Nil(t, r.Recorder.Capacity, "the log does not know it")
		require.InDelta(t, tc.seconds, r.Duration, 0.2, name)
		require.InDelta(t, tc.packets, float64(r.Totals.PacketsSent), 50, name)
		require.Equal(t, 300*bwe.Kbps, r.Limits.Start)
		got := r.Controllers[0].RecorderDelayBased
		require.NotNil(t, got)
		t.Logf("%s: delay-based %.4f, estimate %.4f", name, got.Median, r.Controllers[0].Recorder.Median)
		require.Less(t, got.Median, tc.off, name)
	}
}
