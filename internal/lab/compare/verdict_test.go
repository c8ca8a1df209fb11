// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package compare

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/internal/netsim/campaign"
)

// planted is a matrix of made-up runs: families have so many scenarios each, and run says
// what "new" (0) and "old" (1), the baseline, come to.
func planted(t *testing.T, families map[string]int, seeds, flows int, run func(family string, scenario, controller, seed int) sample) *Result {
	t.Helper()
	plan := &Plan{Config: Default(), Campaign: campaign.Plan{Flows: []netsim.Choice{{Name: "new"}, {Name: "old"}}, Seed: 1, Seeds: seeds}}
	plan.Config.Resamples = 999
	for _, family := range []string{"a", "b", "c"} {
		for n := range families[family] {
			plan.Campaign.Scenarios = append(plan.Campaign.Scenarios, netsim.Scenario{Name: fmt.Sprintf("%s-%d", family, n), Flows: make([]netsim.Flow, flows)})
		}
	}
	m, err := newMatrix(plan)
	require.NoError(t, err)
	for i := range plan.Campaign.Scenarios {
		var n int
		family := netsim.Family(plan.Campaign.Scenarios[i].Name)
		_, err := fmt.Sscanf(plan.Campaign.Scenarios[i].Name, family+"-%d", &n)
		require.NoError(t, err)
		for controller := range 2 {
			for seed := range seeds {
				m.samples[i][controller] = append(m.samples[i][controller], run(family, n, controller, seed))
			}
		}
	}

	return m.result()
}

// noisy is a run that is usual but for what is planted under the first controller.
func noisy(random *rand.Rand, controller int, plant Figures) sample {
	s := sample{figures: Figures{
		Utilisation: 0.6 + 0.01*random.NormFloat64(), Queue: 50 + random.NormFloat64(), Loss: 0.02 + 0.001*random.NormFloat64(),
		Stalls: 2 + 0.05*random.NormFloat64(), Jain: 0.8 + 0.005*random.NormFloat64(),
	}}
	if controller == 0 {
		for m, v := range plant {
			s.figures[m] += v
		}
	}

	return s
}

func TestPlantedDifferencesAreFound(t *testing.T) {
	for name, tc := range map[string]struct {
		plant Figures
		flows int
		want  Outcome
		words string
	}{
		"nothing":                      {Figures{}, 2, Alike, "alike, at "},
		"more utilisation":             {Figures{Utilisation: 0.1}, 1, Better, "new is better: "},
		"less utilisation":             {Figures{Utilisation: -0.1}, 1, Worse, "new is worse: "},
		"too little to count":          {Figures{Utilisation: 0.005, Queue: 1}, 1, Alike, "alike"},
		"a shorter queue":              {Figures{Queue: -10}, 1, Better, "ms less queue"},
		"a longer queue":               {Figures{Queue: 10}, 1, Worse, "ms more queue"},
		"a queue that is worth it":     {Figures{Utilisation: 0.1, Queue: 10}, 1, Better, "ms more queue"},
		"a queue that is not":          {Figures{Utilisation: 0.1, Queue: 40}, 1, Trade, "trade: "},
		"a queue that is given up for": {Figures{Utilisation: -0.1, Queue: -10}, 1, Worse, "ms less queue"},
		"less loss":                    {Figures{Loss: -0.015}, 1, Better, "points less loss"},
		"more stalls":                  {Figures{Stalls: 1}, 1, Worse, "more stalls a minute"},
		"stalls for utilisation":       {Figures{Utilisation: 0.1, Stalls: 1}, 1, Trade, "more stalls a minute"},
		"unfair":                       {Figures{Jain: -0.1}, 2, Worse, "less of Jain's index"},
		"unfair to nobody":             {Figures{Jain: -0.1}, 1, Alike, "alike"},
		"what decides nothing":         {Figures{TimeTo90: 30, Variation: 2, Falls: 9}, 1, Alike, "alike"},
	} {
		for _, scenarios := range []int{1, 3, 8} {
			random := rand.New(rand.NewPCG(3, uint64(scenarios)))
			r := planted(t, map[string]int{"a": scenarios}, 10, tc.flows, func(_ string, _, controller, _ int) sample {
				return noisy(random, controller, tc.plant)
			})
			require.Len(t, r.Families, 1)
			v := r.Families[0].Contrasts[0].Verdict
			require.Equal(t, tc.want, v.Outcome, "%s, %d scenarios: %s", name, scenarios, v.Words)
			require.Contains(t, v.Words, tc.words, name)
		}
	}
}

// TestTheOtherWayRoundTheVerdictIsTheOpposite swaps controller and baseline.
func TestTheOtherWayRoundTheVerdictIsTheOpposite(t *testing.T) {
	opposite := map[Outcome]Outcome{Better: Worse, Worse: Better, Trade: Trade, Alike: Alike, NotShown: NotShown}
	draw := rand.New(rand.NewPCG(5, 5))
	seen := map[Outcome]int{}
	for range 100 {
		plant := Figures{
			Utilisation: 0.1 * float64(draw.IntN(3)-1), Queue: 15 * float64(draw.IntN(5)-2),
			Loss: 0.015 * float64(draw.IntN(3)-1), Stalls: float64(draw.IntN(3) - 1),
		}
		verdict := func(first int) Verdict {
			random := rand.New(rand.NewPCG(6, 6))
			r := planted(t, map[string]int{"a": 3}, 5, 1, func(_ string, _, controller, _ int) sample {
				return noisy(random, controller^first, plant)
			})

			return r.Families[0].Contrasts[0].Verdict
		}
		a, b := verdict(0), verdict(1)
		require.Equal(t, opposite[a.Outcome], b.Outcome, "%s / %s", a.Words, b.Words)
		require.Equal(t, a.Gains, b.Harms)
		seen[a.Outcome]++
	}
	for _, o := range []Outcome{Better, Worse, Trade} {
		require.Positive(t, seen[o], o)
	}
}

// TestChanceIsRarelyTakenForADifference counts the reports with any verdict but "alike" and
// "not shown" where controllers do not differ.
func TestChanceIsRarelyTakenForADifference(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8))
	alarms := 0
	const reports = 300
	for range reports {
		r := planted(t, map[string]int{"a": 1, "b": 2, "c": 2}, 4, 1, func(string, int, int, int) sample {
			// So much noise that chance alone often makes a difference that counts.
			return sample{figures: Figures{Utilisation: 0.5 + 0.1*random.NormFloat64(), Queue: 80 + 20*random.NormFloat64()}}
		})
		for i := range r.Families {
			if v := r.Families[i].Contrasts[0].Verdict; v.Outcome != Alike && v.Outcome != NotShown {
				alarms++

				break
			}
		}
	}
	require.LessOrEqual(t, float64(alarms)/reports, 0.08)
}

func TestADifferenceThatDependsOnTheScenarioIsNotOneOfTheFamily(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 9))
	r := planted(t, map[string]int{"a": 8}, 10, 1, func(_ string, scenario, controller, _ int) sample {
		plant := Figures{Utilisation: 0.2}
		if scenario%2 == 0 {
			plant[Utilisation] = -0.12
		}

		return noisy(random, controller, plant)
	})
	v := r.Families[0].Contrasts[0].Verdict
	require.Equal(t, NotShown, v.Outcome)
	require.Equal(t, []Metric{Utilisation}, v.Leans)
	require.Contains(t, v.Words, "no difference shown, at ")
	require.Contains(t, v.Words, "; perhaps ")
	require.Equal(t, map[Outcome]int{Better: 4, Worse: 4}, v.Outcomes)
	require.Equal(t, "4 better, 4 worse", v.count())
}

func TestOneSeedShowsNothing(t *testing.T) {
	r := planted(t, map[string]int{"a": 7, "b": 1}, 1, 1, func(_ string, _, controller, _ int) sample {
		return sample{figures: Figures{Utilisation: 0.9 - 0.3*float64(controller)}}
	})
	require.Len(t, r.Families, 3)
	require.Zero(t, r.Tests)
	for _, f := range r.Families {
		v := f.Contrasts[0].Verdict
		require.Equal(t, NotShown, v.Outcome)
		require.Contains(t, v.Words, "play several")
		require.Contains(t, v.Words, "50.0 % more utilisation")
	}
}

func TestWhatFailedIsLeftOut(t *testing.T) {
	random := rand.New(rand.NewPCG(10, 10))
	died := errors.New("died")
	r := planted(t, map[string]int{"a": 3, "b": 1}, 5, 1, func(family string, scenario, controller, seed int) sample {
		if family == "b" && controller == 0 || family == "a" && scenario == 1 && controller == 1 || family == "a" && scenario == 0 && seed == 2 && controller == 0 {
			return sample{err: died}
		}

		return noisy(random, controller, Figures{Utilisation: 0.1})
	})
	a, b, all := r.Families[0].Contrasts[0], r.Families[1].Contrasts[0], r.Families[2].Contrasts[0]
	require.Equal(t, Better, a.Verdict.Outcome)
	require.Equal(t, 2, a.Scenarios)
	require.Equal(t, 9, a.Pairs)
	require.Equal(t, 1, a.LeftOut)
	require.Contains(t, a.Verdict.Words, "(without 6 of 15 pairs of runs, which failed, and so without 1 of 3 scenarios)")
	require.Equal(t, 6, a.PairsLeftOut)
	require.Contains(t, r.Scenarios[0].Contrasts[0].Verdict.Words, "(without 1 of 5 pairs of runs, which failed)")
	require.Equal(t, map[Outcome]int{Better: 2, NoData: 1}, a.Verdict.Outcomes)
	require.Equal(t, NoData, b.Verdict.Outcome)
	require.Empty(t, b.Metrics)
	require.Equal(t, Everything, r.Families[2].Name)
	require.Equal(t, 2, all.Scenarios)
	require.Equal(t, 4, r.Scenarios[0].Cells[0].Runs)
	require.Equal(t, []Failure{{Seed: 3, Error: "died"}}, r.Scenarios[0].Cells[0].Failures)
	require.True(t, r.Compared())
	require.Contains(t, lines(t, r.WriteTable), "failed: new, seed 3: died")
}

func TestOnePairOfAScenarioTellsNothingOfChance(t *testing.T) {
	random := rand.New(rand.NewPCG(12, 12))
	r := planted(t, map[string]int{"a": 2}, 5, 1, func(_ string, scenario, controller, seed int) sample {
		if scenario == 1 && controller == 0 && seed > 0 {
			return sample{err: errors.New("died")}
		}

		return noisy(random, controller, Figures{Utilisation: 0.1})
	})
	v := r.Families[0].Contrasts[0].Verdict
	require.Equal(t, NotShown, v.Outcome)
	require.Contains(t, v.Words, "one pair of runs of a scenario tells nothing of chance")
	require.Contains(t, v.Words, "(without 4 of 10 pairs of runs, which failed)")
	require.NotContains(t, v.Words, "play several", "there were several")
	require.Equal(t, Better, r.Scenarios[0].Contrasts[0].Verdict.Outcome)
}

func TestNotEveryFailureIsListed(t *testing.T) {
	for seeds, more := range map[int]string{mostFailures: "", mostFailures + 1: "and 1 run failed too", mostFailures + 2: "and 2 runs failed too"} {
		r := planted(t, map[string]int{"a": 1}, seeds, 1, func(_ string, _, controller, _ int) sample {
			if controller == 1 {
				return sample{err: errors.New("died")}
			}

			return sample{}
		})
		text := lines(t, r.WriteTable)
		require.Equal(t, mostFailures, strings.Count(text, "failed: old"))
		require.Contains(t, text, more)
		require.Equal(t, more == "", !strings.Contains(text, "failed too"))
	}
}

func TestPhrases(t *testing.T) {
	for want, tc := range map[string]struct {
		metric Metric
		d      Difference
	}{
		"18.0 % more utilisation [15.0, 21.0]":     {Utilisation, Difference{Baseline: 0.5, Difference: Interval{0.09, 0.075, 0.105, Seeds}}},
		"10.0 % more utilisation":                  {Utilisation, Difference{Difference: Interval{Mean: 0.1}}},
		"4.0 ms less queue [2.0, 6.0]":             {Queue, Difference{Baseline: 30, Difference: Interval{-4, -6, -2, Scenarios}}},
		"1.00 points more loss [0.00, 2.50]":       {Loss, Difference{Difference: Interval{0.01, -0.00001, 0.025, Seeds}}},
		"0.50 fewer stalls a minute [-0.10, 1.10]": {Stalls, Difference{Difference: Interval{-0.5, -1.1, 0.1, Seeds}}},
	} {
		require.Equal(t, want, tc.metric.phrase(&tc.d))
	}
}

func TestConfigBounds(t *testing.T) {
	good := Default()
	require.NoError(t, good.Validate())
	for name, tc := range map[string]struct {
		field     func(*Config) *float64
		low, high float64
	}{
		"confidence":                {func(c *Config) *float64 { return &c.Confidence }, 0.5, 0.999},
		"least.utilisation":         {func(c *Config) *float64 { return &c.Least.Utilisation }, 0, 1},
		"least.queue_p95_ms":        {func(c *Config) *float64 { return &c.Least.Queue }, 0, 10_000},
		"least.queue_p95_share":     {func(c *Config) *float64 { return &c.Least.QueueShare }, 0, 1},
		"least.queue_p95_traded_ms": {func(c *Config) *float64 { return &c.Least.QueueTraded }, 0, 10_000},
		"least.loss":                {func(c *Config) *float64 { return &c.Least.Loss }, 0, 1},
		"least.stalls_per_min":      {func(c *Config) *float64 { return &c.Least.Stalls }, 0, 60},
		"least.jain":                {func(c *Config) *float64 { return &c.Least.Jain }, 0, 1},
	} {
		c := Default()
		for v, ok := range map[float64]bool{tc.low: true, tc.high: true, tc.low - 0.001: false, tc.high + 0.001: false} {
			*tc.field(&c) = v
			if ok {
				require.NoError(t, c.Validate(), name)
			} else {
				require.ErrorIs(t, c.Validate(), ErrConfig, name)
				require.ErrorContains(t, c.Validate(), name)
			}
		}
	}
	for _, tc := range []struct{ resamples, scenarios int }{{998, 6}, {1_000_001, 6}, {9999, 2}, {9999, 1001}} {
		c := Default()
		c.Resamples, c.LeastScenarios = tc.resamples, tc.scenarios
		require.ErrorIs(t, c.Validate(), ErrConfig)
	}
}
