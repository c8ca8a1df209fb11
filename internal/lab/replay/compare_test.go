// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

func TestAgainstCapacity(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		estimate, capacity timeline.Signal
		want               *AgainstCapacity
	}{
		"unknown capacity": {signal(1e6, 1), nil, nil},
		"unknown estimate": {nil, signal(1e6, 1), nil},
		"never at once":    {signal(unknown, 1, 1e6, 1), signal(1e6, 1, unknown, 1), nil},
		"nothing carried":  {signal(1e6, 1), signal(0, 1), nil},
		"equal":            {signal(1e6, 1), signal(1e6, 1), &AgainstCapacity{}},
		"at the bound":     {signal(1.05e6, 1), signal(1e6, 1), &AgainstCapacity{Over: 0.05}},
		"over":             {signal(1.06e6, 1), signal(1e6, 1), &AgainstCapacity{Over: 0.06, ShareOver: 1}},
		"both":             {signal(2e6, 1, 0.5e6, 3), signal(1e6, 4), &AgainstCapacity{Over: 0.25, Under: 0.375, ShareOver: 0.25}},
		"part unknown":     {signal(unknown, 5, 2e6, 1, 1e6, 1), signal(1e6, 7), &AgainstCapacity{Over: 0.5, ShareOver: 0.5}},
		"zero":             {signal(0, 1), signal(1e6, 1), &AgainstCapacity{Under: 1}},
	} {
		got := Compare(&timeline.Timeline{Capacity: tc.capacity}, &timeline.Track{Name: "x", Estimate: tc.estimate}).Capacity
		if tc.want == nil {
			require.Nil(t, got, name)

			continue
		}
		require.InDelta(t, tc.want.Over, got.Over, 1e-9, name)
		require.InDelta(t, tc.want.Under, got.Under, 1e-9, name)
		require.InDelta(t, tc.want.ShareOver, got.ShareOver, 1e-9, name)
	}
}

func TestReactions(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		estimate, capacity timeline.Signal
		falls, rises       Reactions
	}{
		"steady": {signal(1e6, 20), signal(1e6, 20), Reactions{}, Reactions{}},
		"a fall": {
			signal(4e6, 12, 1e6, 8), signal(4e6, 10, 1e6, 10),
			Reactions{Changes: 1, Median: 2, Longest: 2}, Reactions{},
		},
		"a rise": {
			signal(1e6, 13, 3.59e6, 1, 3.6e6, 6), signal(1e6, 10, 4e6, 10),
			Reactions{}, Reactions{Changes: 1, Median: 4, Longest: 4},
		},
		"19.9 percent":   {signal(1e6, 20), signal(1e6, 10, 0.801e6, 10), Reactions{}, Reactions{}},
		"20 percent":     {signal(1e6, 20), signal(1e6, 10, 0.8e6, 10), Reactions{Changes: 1, Missed: 1}, Reactions{}},
		"already below":  {signal(0.5e6, 20), signal(2e6, 10, 1e6, 10), Reactions{Changes: 1, Met: 1}, Reactions{}},
		"already above":  {signal(2e6, 20), signal(1e6, 10, 2e6, 10), Reactions{}, Reactions{Changes: 1, Met: 1}},
		"outage":         {signal(1e6, 20), signal(1e6, 10, 0, 5, 1e6, 5), Reactions{}, Reactions{Changes: 1, Met: 1}},
		"not known then": {signal(unknown, 15, 1e6, 5), signal(2e6, 10, 1e6, 10), Reactions{}, Reactions{}},
		"a slow fall": {
			signal(2e6, 25, 0.5e6, 5), signal(2e6, 5, 1.8e6, 5, 1.6e6, 5, 1.4e6, 5, 1.2e6, 10),
			Reactions{Changes: 2, Missed: 1, Median: 5, Longest: 5}, Reactions{},
		},
		"several": {
			signal(4e6, 11, 2e6, 10, 4e6, 12, 2e6, 7, 4e6, 10), signal(4e6, 10, 2e6, 10, 4e6, 10, 2e6, 10, 4e6, 10),
			Reactions{Changes: 2, Median: 3, Longest: 3}, Reactions{Changes: 2, Median: 1, Longest: 1, Met: 1},
		},
	} {
		falls, rises := reactions(tc.estimate, tc.capacity)
		require.Equal(t, tc.falls, falls, "%s: falls", name)
		require.Equal(t, tc.rises, rises, "%s: rises", name)
	}
}

func TestDifference(t *testing.T) {
	t.Parallel()
	require.Nil(t, difference(signal(1, 1), nil))
	require.Nil(t, difference(nil, signal(1, 1)))
	require.Nil(t, difference(signal(1, 1), signal(0, 1)), "no share of nothing")
	for name, tc := range map[string]struct {
		a, b timeline.Signal
		want Difference
	}{
		"equal":        {signal(1e6, 1, 2e6, 1), signal(1e6, 1, 2e6, 1), Difference{Correlation: new(1.0)}},
		"twice":        {signal(2e6, 1, 4e6, 1), signal(1e6, 1, 2e6, 1), Difference{Median: 1, P95: 1, Correlation: new(1.0)}},
		"the reverse":  {signal(1e6, 1, 2e6, 1), signal(2e6, 1, 1e6, 1), Difference{Median: 1, P95: 1, Correlation: new(-1.0)}},
		"constant":     {signal(1e6, 1), signal(2e6, 1), Difference{Median: 0.5, P95: 0.5}},
		"a tail":       {signal(1e6, 9.4, 3e6, 0.6), signal(1e6, 10), Difference{P95: 2}},
		"a short tail": {signal(1e6, 9.6, 3e6, 0.4), signal(1e6, 10), Difference{}},
	} {
		got := difference(tc.a, tc.b)
		require.InDelta(t, tc.want.Median, got.Median, 1e-9, name)
		require.InDelta(t, tc.want.P95, got.P95, 1e-9, name)
		if tc.want.Correlation == nil {
			require.Nil(t, got.Correlation, "%s: what does not move", name)

			continue
		}
		require.InDelta(t, *tc.want.Correlation, *got.Correlation, 1e-9, name)
		require.LessOrEqual(t, math.Abs(*got.Correlation), 1.0, name)
	}
}

func TestAgainstSent(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		estimate, sent timeline.Signal
		above, below   float64
	}{
		"filled":       {signal(1e6, 10), signal(1e6, 10), 0, 0},
		"at the bound": {signal(1.25e6, 10), signal(1e6, 10), 0, 0},
		"above":        {signal(1.26e6, 10), signal(1e6, 10), 1, 0},
		"below":        {signal(1e6, 10), signal(1.26e6, 10), 0, 1},
		"a second's mean": {
			// Frames come in some bins and not in others; only the first ones weigh too much.
			signal(1e6, 2), timeline.Signal{2e6, 0, 2e6, 0, 2e6, 0, 2e6, 0, 2e6, 0, 2e6, 0, 2e6, 0, 2e6, 0, 2e6, 0, 2e6, 0},
			0, 2.0 / 20,
		},
	} {
		above, below := againstSent(tc.estimate, tc.sent)
		require.InDelta(t, tc.above, *above, 1e-9, name)
		require.InDelta(t, tc.below, *below, 1e-9, name)
	}
	above, below := againstSent(signal(unknown, 10), signal(1e6, 10))
	require.Nil(t, above)
	require.Nil(t, below)
}

func TestWhatIsUnknownIsNoFigure(t *testing.T) {
	t.Parallel()
	line := &timeline.Timeline{Sent: signal(0, 10)}
	c := Compare(line, &timeline.Track{Name: "x", Estimate: signal(2e6, 10)})
	require.Equal(t, []string{"x", "2.00 Mbps", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-"}, c.row("x"))
	text, err := json.Marshal(c)
	require.NoError(t, err)
	require.JSONEq(t, `{"controller":"x","estimate_mean_bps":2000000}`, string(text), "what was sent is not in the recording")
	line.Totals.PacketsSent = 1
	require.InDelta(t, 1, *Compare(line, &timeline.Track{Estimate: signal(2e6, 10)}).AboveSent, 0)
	none := Compare(line, &timeline.Track{Estimate: signal(unknown, 10)})
	require.Equal(t, "-", none.row("")[1])
	require.Equal(t, Comparison{}, none)
}

func TestTheRecorderIsNotComparedWithItself(t *testing.T) {
	t.Parallel()
	track := &timeline.Track{Name: "GoogCC", Estimate: signal(1e6, 1), DelayBased: signal(2e6, 1)}
	line := &timeline.Timeline{Recorded: track}
	require.Nil(t, Compare(line, track).Recorder)
	other := Compare(line, &timeline.Track{Name: "x", Estimate: signal(2e6, 1)})
	require.InDelta(t, 1, other.Recorder.Median, 1e-9)
	require.Nil(t, other.RecorderDelayBased)
	require.Equal(t, 2*bwe.Mbps, *other.Mean)
	require.InDelta(t, 0.5, Compare(line, &timeline.Track{DelayBased: signal(1e6, 1)}).RecorderDelayBased.Median, 1e-9)
}
