// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whatever a simulated controller answered, one of the same configuration answers again
// where it is fed the record.
func TestAReplayOfTheSameControllerGivesItsEstimates(t *testing.T) {
	t.Parallel()
	for i, scenario := range []string{
		"steady-2m", "jitter-ou", "loss-10", "drop-brief", "live-strong", "feedback-coarse", "jitter-reorder", "outage-2s", "feedback-duplicate",
	} {
		for _, flow := range []string{"default", "gcc", "default+rc", "gcc+rc"} {
			other := "gcc"
			if strings.HasPrefix(flow, "gcc") {
				other = "default"
			}
			r := play(t, source(t, simulated(t, scenario, flow, uint64(i+1), 8*time.Second)), flow, other)
			recorded, again := r.Timeline.Recorded, r.Timeline.Replayed[0]
			compared := 0
			for bin, v := range recorded.Estimate {
				if math.IsNaN(v) {
					continue
				}
				compared++
				require.InDelta(t, v, again.Estimate[bin], 0, "%s %s bin %d", scenario, flow, bin)
				require.InDelta(t, recorded.Queue[bin], again.Queue[bin], 0)
				if again.Target != nil {
					require.InDelta(t, recorded.Target[bin], again.Target[bin], 0, "%s %s bin %d", scenario, flow, bin)
				}
			}
			require.Greater(t, compared, 70)
			require.Zero(t, r.Controllers[0].Recorder.Median)
			require.InDelta(t, 1, *r.Controllers[0].Recorder.Correlation, 1e-9)
			require.Positive(t, r.Controllers[1].Recorder.P95, "%s %s", scenario, flow)
			require.NotNil(t, r.Controllers[0].Capacity)
			require.Equal(t, 1, r.Connections)
			require.Equal(t, flow == "default+rc" || flow == "gcc+rc", again.Target != nil)
		}
	}
}
