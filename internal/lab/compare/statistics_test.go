// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const confidence = 0.95

func TestStudentsInterval(t *testing.T) {
	// Tables: t is 2.776445 for 0.975 and four degrees of freedom.
	i, p := acrossSeeds(grouped([]float64{1, 2, 3, 4, 5}), confidence)
	require.Equal(t, Seeds, i.Over)
	require.InDelta(t, 3, i.Mean, 1e-12)
	require.InDelta(t, 3-2.776445*math.Sqrt(0.5), i.Low, 1e-5)
	require.InDelta(t, 3+2.776445*math.Sqrt(0.5), i.High, 1e-5)
	require.InDelta(t, 0.0132356, p, 1e-6)

	// The seeds' means are 3.5, 3.5 and 7, of mean 14/3 and variance 49/12. For two degrees
	// of freedom, t is 4.302653 for 0.975, and P(|t| > x) is 1-x/√(x²+2).
	i, p = acrossSeeds(grouped([]float64{1, 1, 2}, []float64{6, 6, 12}), confidence)
	require.InDelta(t, 14.0/3, i.Mean, 1e-12)
	require.InDelta(t, 4.302653*math.Sqrt(49.0/36), i.High-i.Mean, 1e-5)
	require.InDelta(t, 1-4/math.Sqrt(18), p, 1e-9)

	// What one seed adds to one scenario and takes from the other is no chance of the mean.
	i, p = acrossSeeds(grouped([]float64{1, 2, 3}, []float64{3, 2, 1}), confidence)
	require.InDelta(t, 2, i.Low, 1e-12)
	require.InDelta(t, 2, i.High, 1e-12)
	require.InDelta(t, 0.25, p, 0)

	// Two seeds have both scenarios, one more only the second: by hand, the shares are
	// -1/8-1/2, 1/8 and 1/2; for one degree of freedom t is 12.706205.
	i, _ = acrossSeeds([]group{
		{seeds: []int{0, 1}, values: []float64{1, 2}},
		{seeds: []int{0, 1, 2}, values: []float64{3, 6, 9}},
	}, confidence)
	require.InDelta(t, (1.5+6)/2, i.Mean, 1e-12)
	require.InDelta(t, 12.706205*math.Sqrt(2*(0.625*0.625+0.125*0.125+0.5*0.5)), i.High-i.Mean, 1e-4)
}

// grouped are scenarios that have a value under each of the same seeds.
func grouped(scenarios ...[]float64) []group {
	out := make([]group, len(scenarios))
	for i, values := range scenarios {
		for seed, v := range values {
			out[i].add(seed, v)
		}
	}

	return out
}

func TestIntervalsOfWhatNeverVaries(t *testing.T) {
	for name, tc := range map[string]struct {
		groups [][]float64
		mean   float64
		over   Sample
		p      float64
	}{
		"one value":            {[][]float64{{4}}, 4, "", 1},
		"a group of one value": {[][]float64{{4, 5}, {6}}, 5.25, "", 1},
		"all alike":            {[][]float64{{0.1, 0.1, 0.1}}, 0.1, Seeds, 0.25},
		"ten alike":            {[][]float64{{4, 4, 4, 4, 4, 4, 4, 4, 4, 4}}, 4, Seeds, 1.0 / 512},
		"the same in sum":      {[][]float64{{0.1, 0.3}, {0.3, 0.1}, {0.7, 0.7}}, 1.1 / 3, Seeds, 0.5},
		"all zero":             {[][]float64{{0, 0}, {0, 0}}, 0, Seeds, 1},
	} {
		i, p := acrossSeeds(grouped(tc.groups...), confidence)
		require.InDelta(t, tc.mean, i.Mean, 1e-12, name)
		require.Equal(t, tc.over, i.Over, name)
		require.InDelta(t, tc.p, p, 0, name)
		require.Equal(t, tc.over != "" && tc.mean != 0, i.Excludes(0), name)
		if tc.over != "" {
			require.InDelta(t, tc.mean, i.Low, 1e-12, name)
			require.InDelta(t, tc.mean, i.High, 1e-12, name)
		}
	}
}

func TestCountsThatComeOutTheSame(t *testing.T) {
	// One stall in each run of half a minute, in one scenario of two: one more in one of the
	// three runs would add a third to the mean; t is 4.302653 for two degrees of freedom.
	groups := grouped([]float64{2, 2, 2}, []float64{0, 0, 0})
	groups[0].step, groups[1].step = 2, 1
	i, p := acrossSeeds(groups, confidence)
	require.InDelta(t, 1, i.Mean, 1e-12)
	require.InDelta(t, 4.302653/3, i.High-i.Mean, 1e-5)
	require.InDelta(t, 1-3/math.Sqrt(11), p, 1e-9)

	groups = grouped([]float64{0, 0, 0})
	groups[0].step = 2
	i, p = acrossSeeds(groups, confidence)
	require.Equal(t, Interval{Over: Seeds}, i, "what never happens is no count")
	require.InDelta(t, 1, p, 0)
	// What varies by more than a count is as sure as it varies.
	groups = grouped([]float64{2, 4, 9})
	want, _ := acrossSeeds(groups, confidence)
	groups[0].step = 2
	i, _ = acrossSeeds(groups, confidence)
	require.Equal(t, want, i)
}

func TestScenariosAreTheSample(t *testing.T) {
	random := func() *rand.Rand { return rand.New(rand.NewPCG(7, 7)) }
	values := []float64{1, 2, 3, 4, 5, 6, 7, 8}
	i := acrossScenarios(values, 9999, confidence, random())
	require.Equal(t, i, acrossScenarios(values, 9999, confidence, random()))
	require.Equal(t, Scenarios, i.Over)
	require.InDelta(t, 4.5, i.Mean, 1e-12)
	// Student's t would have 2.05 to either side.
	require.InDelta(t, 2.05, i.High-i.Mean, 0.2)
	require.InDelta(t, 2.05, i.Mean-i.Low, 0.2)
	i = acrossScenarios([]float64{0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, 999, confidence, random())
	require.InDelta(t, 0.1, i.Low, 1e-12)
	require.InDelta(t, 0.1, i.High, 1e-12)
	require.True(t, i.Excludes(0))
}

func TestIntervalsFollowTheirData(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-100, 100), 2, 12).Draw(t, "values")
		shift, scale := rapid.Float64Range(-50, 50).Draw(t, "shift"), rapid.Float64Range(0.5, 4).Draw(t, "scale")
		moved := make([]float64, len(values))
		least, most := math.Inf(1), math.Inf(-1)
		for i, v := range values {
			moved[i] = shift + scale*v
			least, most = min(least, v), max(most, v)
		}
		for name, interval := range map[string]func([]float64) Interval{
			"seeds": func(v []float64) Interval {
				i, p := acrossSeeds(grouped(v), confidence)
				require.True(t, p >= 0 && p <= 1)

				return i
			},
			"scenarios": func(v []float64) Interval {
				return acrossScenarios(v, 999, confidence, rand.New(rand.NewPCG(1, 2)))
			},
		} {
			a, b := interval(values), interval(moved)
			require.LessOrEqual(t, a.Low, a.Mean+1e-9, name)
			require.GreaterOrEqual(t, a.High, a.Mean-1e-9, name)
			require.InDelta(t, shift+scale*a.Low, b.Low, 1e-6*(1+math.Abs(b.Low)), name)
			require.InDelta(t, shift+scale*a.High, b.High, 1e-6*(1+math.Abs(b.High)), name)
			if name == "scenarios" {
				require.GreaterOrEqual(t, a.Low, least-1e-9)
				require.LessOrEqual(t, a.High, most+1e-9)
			}
		}
	})
}

// TestIntervalsHoldTheTruthAsOftenAsTheySay plays experiments whose truth is known.
func TestIntervalsHoldTheTruthAsOftenAsTheySay(t *testing.T) {
	const trials, truth = 2000, 3.0
	for name, tc := range map[string]struct {
		scenarios, seeds int
		// between and within are the deviations of scenarios and of runs, shared is that of
		// what a seed does to all scenarios alike.
		between, within, shared float64
		interval                func([]group, *rand.Rand) Interval
	}{
		"five seeds of one scenario": {1, 5, 0, 1, 0, overSeedsOf},
		"three seeds of three":       {3, 3, 0, 1, 0, overSeedsOf},
		"ten seeds of four":          {4, 10, 0, 1, 0, overSeedsOf},
		"ten seeds that four share":  {4, 10, 0, 0.3, 1, overSeedsOf},
		"five seeds of all alike":    {5, 5, 0, 0, 1, overSeedsOf},
		"eight scenarios":            {8, 3, 2, 1, 0, overScenariosOf},
		"fifteen that differ little": {15, 5, 0.3, 1, 0, overScenariosOf},
	} {
		random := rand.New(rand.NewPCG(11, uint64(tc.scenarios)))
		held := 0
		for range trials {
			alike := make([]float64, tc.seeds)
			for seed := range alike {
				alike[seed] = tc.shared * random.NormFloat64()
			}
			groups := make([]group, tc.scenarios)
			for i := range groups {
				own := truth + tc.between*random.NormFloat64()
				for seed := range alike {
					groups[i].add(seed, own+alike[seed]+tc.within*random.NormFloat64())
				}
			}
			if i := tc.interval(groups, random); !i.Excludes(truth) {
				held++
			}
		}
		share := float64(held) / trials
		require.Greater(t, share, 0.93, name)
		require.Less(t, share, 0.97, name)
	}
}

func overSeedsOf(groups []group, _ *rand.Rand) Interval {
	i, _ := acrossSeeds(groups, confidence)

	return i
}

func overScenariosOf(groups []group, random *rand.Rand) Interval {
	return acrossScenarios(means(groups), 999, confidence, random)
}

func TestHolm(t *testing.T) {
	require.InDeltaSlice(t, []float64{0.03, 0.06, 0.06, 0.02}, holm([]float64{0.01, 0.04, 0.03, 0.005}), 1e-12)
	require.InDeltaSlice(t, []float64{1, 1}, holm([]float64{0.6, 0.9}), 1e-12)
	require.Empty(t, holm(nil))
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOf(rapid.Float64Range(0, 1)).Draw(t, "p")
		corrected := holm(p)
		for i := range p {
			require.GreaterOrEqual(t, corrected[i], p[i])
			require.LessOrEqual(t, corrected[i], min(1, p[i]*float64(len(p))))
			for k := range p {
				if p[i] < p[k] {
					require.LessOrEqual(t, corrected[i], corrected[k], "the order stays")
				}
			}
		}
	})
}
