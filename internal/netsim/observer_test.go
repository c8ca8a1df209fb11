// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

func TestObserversSeeWhatTheControllerSaw(t *testing.T) {
	for _, name := range []string{"default", "default+rc", "oracle"} {
		counts := map[string]int64{}
		s := selected(t, "steady-2m")
		r, err := Run(context.Background(), s, Options{Flows: []Choice{fixed(t, name)}, Seed: 1, Observe: func(flow int) bwe.Observer {
			require.Zero(t, flow)

			return func(ev bwe.Event) { counts[ev.EventName()]++ }
		}})
		require.NoError(t, err)
		require.Equal(t, r.Flows[0].PacketsSent, counts["sent"], name)
		require.GreaterOrEqual(t, counts["estimate"], counts["feedback"], name)
		require.Positive(t, counts["feedback"], name)
		for _, event := range []string{"frame", "decision", "verdict"} {
			require.Equal(t, name == "default+rc", counts[event] > 0, "%s: %s: what nobody follows is not told", name, event)
		}
	}
}

func TestLookingOnChangesNothing(t *testing.T) {
	for _, tc := range []struct{ scenario, flow string }{
		{"steady-2m", "default"},
		// It has a ladder, above which a rate controller would ask for probes.
		{"live-weak-0", "gcc"},
		{"live-weak-0", "gcc+rc"},
	} {
		watched, err := Run(context.Background(), selected(t, tc.scenario), Options{
			Flows: []Choice{fixed(t, tc.flow)}, Seed: 1, Observe: func(int) bwe.Observer { return func(bwe.Event) {} },
		})
		require.NoError(t, err)
		require.Equal(t, play(t, selected(t, tc.scenario), 1, tc.flow), watched, tc)
	}
}
