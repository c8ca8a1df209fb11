// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func selected(t require.TestingT, name string) *Scenario {
	found, err := Select(name)
	require.NoError(t, err)

	return &found[0]
}

func play(t require.TestingT, s *Scenario, seed uint64, flows ...string) *Result {
	var choices []Choice
	for _, name := range flows {
		c, err := ParseChoice(name)
		require.NoError(t, err)
		choices = append(choices, c)
	}
	r, err := Run(context.Background(), s, Options{Flows: choices, Seed: seed})
	require.NoError(t, err)

	return r
}

func TestTheOracleUsesNearlyAll(t *testing.T) {
	for _, name := range []string{"steady-500k", "steady-2m", "steady-8m", "steady-shallow", "jitter-ou", "loss-10", "poisson-4m", "feedback-coarse", "drop-8-1-8", "rfc8867-6.3"} {
		r := play(t, selected(t, name), 1, "oracle")
		require.InDelta(t, 0.97, r.Utilisation, 0.01, name)
		require.Less(t, r.TimeTo90, 2.0, name)
	}
	r := play(t, selected(t, "selffair-3"), 1, "oracle")
	require.InDelta(t, 0.97, r.Utilisation, 0.01)
	require.InDelta(t, 1, r.Jain, 0.001)
	require.InDelta(t, 1, r.Fairness["1s"], 0)
}

func TestEveryScenarioRunsUnderEveryPreset(t *testing.T) {
	for _, s := range Library() {
		last := Duration(0)
		for _, f := range s.Flows {
			last = max(last, f.Start)
		}
		s.Duration, s.Warmup = last+10*second, 0
		for _, flow := range []string{"default", "gcc", "default+rc", "oracle"} {
			r := play(t, &s, 1, flow)
			for _, f := range r.Flows {
				require.Positive(t, f.PacketsSent, "%s under %s", s.Name, flow)
				require.Positive(t, f.FeedbackSent, "%s under %s", s.Name, flow)
			}
			// Above one is what waited in the queue at the end of the warm-up, and what was
			// sent again.
			require.Less(t, r.Utilisation*(1-r.Loss), 1.2, "%s under %s", s.Name, flow)
		}
	}
}

func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	text := func(name string, seed uint64) string {
		r := play(t, selected(t, name), seed, "default", "gcc+rc")
		out, err := json.Marshal(struct {
			*Result
			Series Series
		}{r, r.Series})
		require.NoError(t, err)

		return string(out)
	}
	for _, name := range []string{"cellular-2m", "rfc8867-5.7", "loss-jitter", "feedback-late"} {
		first := text(name, 7)
		require.Equal(t, first, text(name, 7), name)
		require.NotEqual(t, first, text(name, 8), name)
	}
}

func TestAnotherFlowLeavesThePathAsItWas(t *testing.T) {
	one := play(t, selected(t, "cellular-2m"), 3, "oracle")
	two := play(t, selected(t, "cellular-2m"), 3, "oracle", "default")
	require.Equal(t, one.Series.Capacity, two.Series.Capacity)
	require.Len(t, two.Flows, 2)
}

func TestControllersAreDealtInTurn(t *testing.T) {
	names := func(s *Scenario, flows ...string) []string {
		s.Duration, s.Warmup = 50*second, 0
		var out []string
		for _, f := range play(t, s, 1, flows...).Flows {
			out = append(out, f.Controller)
		}

		return out
	}
	require.Equal(t, []string{"oracle", "oracle", "oracle"}, names(selected(t, "selffair-3"), "oracle"))
	require.Equal(t, []string{"oracle", "default", "oracle"}, names(selected(t, "selffair-3"), "oracle", "default"))
	require.Equal(t, []string{"oracle", "default", "gcc"}, names(selected(t, "steady-2m"), "oracle", "default", "gcc"))
}

func TestLossOfTheRunIsThatOfThePath(t *testing.T) {
	s := selected(t, "loss-10-capped")
	s.Flows[0].Player.NoRetransmission = true
	r := play(t, s, 1, "oracle")
	require.InDelta(t, 0.1, r.Loss, 0.01)
	require.InDelta(t, 0.9*float64(r.Available), float64(r.Delivered), 0.02*float64(r.Available))
	require.InDelta(t, 1, r.Utilisation, 0.01, "what is lost behind the link has used it")
}

func TestFixedRateIsWhatArrives(t *testing.T) {
	s := selected(t, "steady-8m")
	s.Flows = []Flow{{Source: Source{Noise: -1}}}
	r := play(t, s, 1, "fixed:3Mbps")
	require.InEpsilon(t, 3e6, float64(r.Delivered), 0.005)
	require.InEpsilon(t, 3.0/8, r.Utilisation, 0.005)
	require.Zero(t, r.Loss)
	require.Zero(t, r.TargetCV)
	require.InDelta(t, -1, r.TimeTo90, 0)
}

func TestPauseAndStop(t *testing.T) {
	s := selected(t, "steady-2m")
	s.Duration = 30 * second
	s.Flows = []Flow{{Start: 2 * second, Stop: 20 * second, Source: Source{Pauses: []Window{{From: 8 * second, To: 12 * second}}}}}
	r := play(t, s, 1, "fixed:1Mbps")
	rate := r.Series.Flows[0].Delivered
	require.Zero(t, meanRate(rate[:20]))
	require.InEpsilon(t, 1e6, float64(meanRate(rate[30:80])), 0.05)
	require.Zero(t, meanRate(rate[85:119]))
	require.InEpsilon(t, 1e6, float64(meanRate(rate[130:200])), 0.05)
	require.Zero(t, meanRate(rate[205:]))
	require.Zero(t, r.Series.Available[100])
}

func TestRunRefuses(t *testing.T) {
	_, err := Run(context.Background(), selected(t, "steady-2m"), Options{})
	require.ErrorIs(t, err, ErrChoice)
	_, err = Run(context.Background(), &Scenario{}, Options{Flows: []Choice{fixed(t, "oracle")}})
	require.ErrorIs(t, err, ErrScenario)
	for _, name := range []string{"", "foo", "default+", "exec:", "exec: ", "fixed:", "fixed:0", "fixed:fast", "config:/does/not/exist", "oracle+rc"} {
		_, err := ParseChoice(name)
		require.Error(t, err, name)
	}
}

func ExampleRun() {
	scenarios, _ := Select("steady-2m")
	oracle, _ := ParseChoice("oracle")
	r, _ := Run(context.Background(), &scenarios[0], Options{Flows: []Choice{oracle}, Seed: 1})
	fmt.Printf("%.2f\n", r.Utilisation)
	// Output: 0.97
}
