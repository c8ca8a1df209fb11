// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package corpus

import (
	"cmp"
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/session"
)

// summaries draws sessions of all sorts.
func summaries() *rapid.Generator[session.Summary] {
	return rapid.Custom(func(t *rapid.T) session.Summary {
		flip := func(name string) bool { return rapid.Bool().Draw(t, name) }
		s := session.Summary{
			Duration: rapid.Float64Range(0, 1e5).Draw(t, "duration"),
			Class:    rapid.SampledFrom(session.Classes).Draw(t, "class"),
			Path:     session.Path{LowBandwidth: flip("low"), Lossy: flip("lossy"), Jittery: flip("jittery"), FeedbackTrouble: flip("feedback")},
		}
		if flip("estimate oscillates") {
			s.Estimate.Oscillates = true
			s.Estimate.Cause = rapid.SampledFrom([]session.Cause{session.Overuse, session.Congestion, session.Loss}).Draw(t, "cause")
		}
		s.Target.Oscillates = flip("target oscillates")
		s.Target.Alone = s.Target.Oscillates && !s.Estimate.Oscillates
		s.Capped.Present = flip("capped")
		s.Unknown = rapid.SampledFrom([][]string{nil, {noEstimate}, {noEstimate, noTarget}}).Draw(t, "unknown")
		if flip("failed") && flip("really") {
			s.Error = "broken"
		}

		return s
	})
}

func tallyOf(all []session.Summary) *Tally {
	var t Tally
	for i := range all {
		t.Add(&all[i])
	}

	return &t
}

func asJSON(t require.TestingT, v any) string {
	text, err := json.Marshal(v)
	require.NoError(t, err)

	return string(text)
}

// However a corpus is split, the tallies of the parts add up to that of the whole.
func TestTalliesOfPartsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(summaries(), 0, 30).Draw(t, "sessions")
		parts := make([][]session.Summary, rapid.IntRange(1, 5).Draw(t, "parts"))
		for _, s := range all {
			i := rapid.IntRange(0, len(parts)-1).Draw(t, "part")
			parts[i] = append(parts[i], s)
		}
		want := tallyOf(all)
		want.Skip(UnknownFormat)
		want.Skip(UnknownFormat)
		var got Tally
		for i := len(parts) - 1; i >= 0; i-- {
			part := tallyOf(parts[i])
			before := asJSON(t, part)
			got.Merge(part)
			require.Equal(t, before, asJSON(t, part))
		}
		for range 2 {
			var one Tally
			one.Skip(UnknownFormat)
			got.Merge(&one)
		}
		require.Equal(t, asJSON(t, want), asJSON(t, &got))
	})
}

func TestSharesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sessions := rapid.SliceOfN(summaries(), 0, 30).Draw(t, "sessions")
		tally := tallyOf(sessions)
		all := tally.All().Shares()
		require.EqualValues(t, len(sessions), all.Sessions+tally.Failed)
		var perClass, causes, healthy int64
		for _, c := range tally.Classes {
			perClass += c.Sessions
		}
		for _, n := range all.ByCause {
			causes += n.Count
		}
		for i := range sessions {
			if sessions[i].Healthy() {
				healthy++
			}
		}
		require.Equal(t, all.Sessions, perClass)
		require.Equal(t, all.EstimateOscillates.Count, causes)
		require.Equal(t, all.Healthy.Count, healthy)
		require.LessOrEqual(t, all.TargetAlone.Count, all.TargetOscillates.Count)
		for _, s := range []Share{all.Healthy, all.EstimateOscillates, all.TargetOscillates, all.Capped, all.Lossy, all.EstimateUnknown} {
			require.True(t, s.Share >= 0 && s.Share <= 1)
			require.InDelta(t, float64(s.Count), s.Share*float64(all.Sessions), 1e-9)
		}
	})
}

func TestTheWorstAreKeptInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		depths := rapid.SliceOfN(rapid.Float64Range(0, 1), 0, 20).Draw(t, "depths")
		w := Worst{Keep: 3}
		for _, d := range depths {
			w.Add(&session.Summary{Estimate: session.EstimateSwing{Oscillates: d > 0.5, Depth: d, Share: 1}})
		}
		var kept []float64
		for _, s := range w.Sessions() {
			kept = append(kept, s.Estimate.Depth)
		}
		depths = slices.DeleteFunc(depths, func(d float64) bool { return d <= 0.5 })
		slices.SortFunc(depths, func(a, b float64) int { return cmp.Compare(b, a) })
		require.Equal(t, append([]float64(nil), depths[:min(len(depths), 3)]...), kept)
	})
}

func TestBadness(t *testing.T) {
	capped := func(ceiling, estimate bwe.Bitrate) *session.Summary {
		return &session.Summary{Capped: session.Capped{Present: true, Ceiling: ceiling, Estimate: estimate, Share: 1}}
	}
	require.Zero(t, Badness(&session.Summary{}))
	require.Zero(t, Badness(&session.Summary{Error: "broken", Capped: capped(1, 2).Capped}))
	require.Greater(t, Badness(capped(1, 4)), Badness(capped(1, 2)))
	require.Positive(t, Badness(capped(1, 0)), "an unknown estimate is no division by zero")
	require.Positive(t, Badness(&session.Summary{Estimate: session.EstimateSwing{Oscillates: true}}))
	require.Positive(t, Badness(&session.Summary{Target: session.TargetSwing{Oscillates: true}}))
}
