// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package campaign

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/internal/trace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func plan(t *testing.T, scenario string, flows ...string) *Plan {
	t.Helper()
	found, err := netsim.Select(scenario)
	require.NoError(t, err)
	p := &Plan{Scenarios: found, Seed: 1, Seeds: 1, Duration: 5 * time.Second}
	for _, name := range flows {
		c, err := netsim.ParseChoice(name)
		require.NoError(t, err)
		p.Flows = append(p.Flows, c)
	}

	return p
}

func collect(t *testing.T, p *Plan) []Run {
	t.Helper()
	var runs []Run
	require.NoError(t, p.Run(context.Background(), func(r Run) error {
		runs = append(runs, r)

		return nil
	}))

	return runs
}

func TestRunsComeInOrder(t *testing.T) {
	p := plan(t, "steady-*", "oracle", "gcc")
	p.Compare, p.Seeds, p.Workers = true, 3, 4
	runs := collect(t, p)
	require.Len(t, runs, len(p.Scenarios)*2*3)
	i := 0
	for _, s := range p.Scenarios {
		for _, flow := range []string{"oracle", "gcc"} {
			for seed := uint64(1); seed <= 3; seed++ {
				require.Equal(t, s.Name, runs[i].Scenario)
				require.Equal(t, flow, runs[i].LineUp)
				require.Equal(t, seed, runs[i].Seed)
				require.Len(t, runs[i].Flows, 1)
				require.InDelta(t, 5, runs[i].Duration, 0)
				i++
			}
		}
	}
	// However many run at a time, the figures are the same.
	p.Workers = 1
	for i, r := range collect(t, p) {
		require.Equal(t, runs[i].Result, r.Result)
	}
}

func TestFlowsShareARunWithoutCompare(t *testing.T) {
	runs := collect(t, plan(t, "steady-2m", "oracle", "gcc"))
	require.Len(t, runs, 1)
	require.Equal(t, "oracle, gcc", runs[0].LineUp)
	require.Equal(t, "oracle", runs[0].Flows[0].Controller)
	require.Equal(t, "gcc", runs[0].Flows[1].Controller)
}

func TestPlansThatCannotBePlayed(t *testing.T) {
	nothing := func(Run) error { return nil }
	for name, change := range map[string]func(*Plan){
		"no scenario":   func(p *Plan) { p.Scenarios = nil },
		"no controller": func(p *Plan) { p.Flows = nil },
		"no seed":       func(p *Plan) { p.Seeds = 0 },
		"many seeds":    func(p *Plan) { p.Seeds = mostSeeds + 1 },
		"backwards":     func(p *Plan) { p.Duration = -1 },
	} {
		p := plan(t, "steady-2m", "oracle")
		change(p)
		require.ErrorIs(t, p.Run(context.Background(), nothing), ErrPlan, name)
	}
	short := plan(t, "rfc8867-5.4", "oracle")
	require.ErrorIs(t, short.Run(context.Background(), nothing), netsim.ErrScenario, "the third flow would never start")
}

func TestTheFirstErrorEndsThePlan(t *testing.T) {
	p := plan(t, "steady-*", "exec:false")
	require.ErrorContains(t, p.Run(context.Background(), func(Run) error { return nil }), "ended instead of answering")
	full := errors.New("full")
	p = plan(t, "steady-*", "oracle")
	calls := 0
	require.ErrorIs(t, p.Run(context.Background(), func(Run) error {
		calls++

		return full
	}), full)
	require.Equal(t, 1, calls)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, p.Run(ctx, func(Run) error { return nil }), context.Canceled)
}

func TestAPlanThatKeepsGoingShowsWhatFailed(t *testing.T) {
	p := plan(t, "steady-2m", "exec:false", "oracle")
	p.Compare, p.KeepGoing, p.Seeds = true, true, 2
	p.Plot, p.Overlays = filepath.Join(t.TempDir(), "plots"), true
	runs := collect(t, p)
	require.Len(t, runs, 4)
	for i, r := range runs {
		if i < 2 {
			require.ErrorContains(t, r.Err, "ended instead of answering")
			require.Nil(t, r.Result)
		} else {
			require.NoError(t, r.Err)
			require.Equal(t, uint64(i-1), r.Seed)
		}
	}
	files, err := filepath.Glob(filepath.Join(p.Plot, "*"))
	require.NoError(t, err)
	require.Len(t, files, 2, "the comparison in two formats, of what ran")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, p.Run(ctx, func(Run) error { return nil }), context.Canceled)
}

func TestPlots(t *testing.T) {
	one := plan(t, "steady-2m", "oracle", "gcc")
	one.Plot = filepath.Join(t.TempDir(), "new", "one.svg")
	collect(t, one)
	text, err := os.ReadFile(one.Plot)
	require.NoError(t, err)
	for _, want := range []string{"steady-2m — oracle, gcc", "capacity", "oracle (1) delivered", "gcc (2) target", "rate, Mbps", "queue, ms", "time, s"} {
		require.Contains(t, string(text), want)
	}
	many := plan(t, "steady-[28]m", "oracle", "gcc")
	many.Plot, many.Compare, many.Seeds = filepath.Join(t.TempDir(), "plots"), true, 2
	collect(t, many)
	files, err := filepath.Glob(filepath.Join(many.Plot, "*"))
	require.NoError(t, err)
	require.Len(t, files, 2*(2*2*2+2), "two formats; scenarios, controllers and seeds, and a comparison each")
	require.FileExists(t, filepath.Join(many.Plot, "steady-2m.compare.png"))
	require.FileExists(t, filepath.Join(many.Plot, "steady-8m.2-gcc.seed2.svg"))
	many.Plot = "one.png"
	require.ErrorIs(t, many.Run(context.Background(), func(Run) error { return nil }), ErrPlan)
}

func TestPlotsOfCompetitors(t *testing.T) {
	p := plan(t, "rfc8867-5.2-cbr", "oracle")
	p.Duration = 40 * time.Second
	p.Scenarios[0].TCP = []netsim.TCP{{}}
	r := collect(t, p)[0]
	var names []string
	for _, s := range Figure(r.Result, r.LineUp).Panels[0].Series {
		names = append(names, s.Name)
	}
	require.Equal(t, []string{"capacity", "left for media", "oracle (1) delivered", "oracle (1) target", "oracle (2) delivered", "oracle (2) target", "TCP", "cross traffic"}, names)
}

func TestLogsReplayToTheSameDecisions(t *testing.T) {
	folder := t.TempDir()
	for _, flow := range []string{"default", "gcc+rc"} {
		p := plan(t, "jitter-rfc8868", flow)
		p.Log = filepath.Join(folder, "one.jsonl")
		collect(t, p)
		reader, file, err := trace.Open(p.Log)
		require.NoError(t, err)
		result, err := trace.Replay(reader, nil)
		require.NoError(t, err)
		require.NoError(t, file.Close())
		require.True(t, result.Identical(), "%+v", result.First)
		require.Greater(t, result.Inputs, 500)
	}
	several := plan(t, "selffair-2", "default", "oracle")
	several.Duration, several.Seeds, several.Log = 12*time.Second, 2, filepath.Join(folder, "run.jsonl.gz")
	collect(t, several)
	for _, name := range []string{"seed1.flow1", "seed1.flow2", "seed2.flow1", "seed2.flow2"} {
		require.FileExists(t, filepath.Join(folder, "run.selffair-2.default__oracle."+name+".jsonl.gz"))
	}
	nowhere := plan(t, "steady-2m", "default")
	nowhere.Log = filepath.Join(folder, "none", "one.jsonl")
	collect(t, nowhere)
	require.FileExists(t, nowhere.Log, "missing folders are made")
	nowhere.Log = filepath.Join(nowhere.Log, "one.jsonl")
	require.Error(t, nowhere.Run(context.Background(), func(Run) error { return nil }), "a file is no folder")
}

func TestSafeNames(t *testing.T) {
	require.Equal(t, "exec_.._other_--flag_x", safe("exec:../other --flag=x"))
	require.Equal(t, "_etc_passwd", safe("../etc/passwd"))
	require.Len(t, safe(strings.Repeat("ä", 300)), longestName)
}

func result(scenario string, util, to90 float64) Run {
	return Run{LineUp: "exec:./a-long-command --with flags", Result: &netsim.Result{
		Scenario: scenario, Duration: 60, Utilisation: util, Delivered: bwe.Mbps, Target: 2 * bwe.Mbps, Queue50: 1.25, Queue95: 20, Queue99: 30,
		Loss: 0.012, TimeTo90: to90, TargetCV: 0.1, Falls: 2, Jain: 1, Stalls: 0.5, Still: 0.0123, Flows: []netsim.FlowResult{{}},
	}}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	table := NewTable(&out, 2)
	for _, r := range []Run{result("a-1", 0.5, 2), result("a-1", 0.7, 4), result("a-2", 0.8, 2), result("a-2", 0.8, -1), result("b-1", 0.2, -1), result("b-1", 0.2, -1)} {
		require.NoError(t, table.Add(r))
	}
	require.NoError(t, table.Summary())
	want, err := os.ReadFile("testdata/table.txt")
	require.NoError(t, err)
	require.Equal(t, string(want), out.String())
}

func TestSeriesAreWrittenForEveryFlowAndBin(t *testing.T) {
	folder := t.TempDir()
	p := plan(t, "live-strong", "default", "default+rc")
	p.Series = filepath.Join(folder, "run.csv")
	runs := collect(t, p)
	file, err := os.Open(p.Series)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	require.Equal(t, strings.Split(seriesHead, ","), rows[0])
	require.Len(t, rows, 1+2*50)
	for i, row := range rows[1:] {
		bin, flow := i/2, i%2
		series := &runs[0].Series.Flows[flow]
		require.Equal(t, fmt.Sprintf("%.1f", float64(bin+1)/10), row[0])
		require.Equal(t, strconv.Itoa(flow+1), row[1])
		require.Equal(t, []string{"8000000", "8000000"}, row[2:4])
		for k, want := range []bwe.Bitrate{series.Estimate[bin], series.Target[bin], series.Encoder[bin]} {
			require.Equal(t, strconv.FormatInt(int64(want), 10), row[4+k])
		}
		require.LessOrEqual(t, series.Encoder[bin], series.Target[bin])
		require.Equal(t, flow == 0, row[7] == "", "only rate control knows tiers")
	}
	several := plan(t, "steady-2m", "oracle")
	several.Seeds, several.Series = 2, p.Series
	collect(t, several)
	require.FileExists(t, filepath.Join(folder, "run.steady-2m.oracle.seed1.csv"))
	require.FileExists(t, filepath.Join(folder, "run.steady-2m.oracle.seed2.csv"))
	several.Series = filepath.Join(folder, "none", "run.csv")
	collect(t, several)
	require.FileExists(t, filepath.Join(folder, "none", "run.steady-2m.oracle.seed1.csv"), "missing folders are made")
	several.Series = filepath.Join(p.Series, "run.csv")
	require.Error(t, several.Run(context.Background(), func(Run) error { return nil }), "a file is no folder")
}

func TestLiveEncodersForAnyScenario(t *testing.T) {
	p := plan(t, "steady-2m", "fixed:1Mbps")
	p.Live, p.Duration = true, 10*time.Second
	live := collect(t, p)[0].Flows[0]
	require.Greater(t, live.Pacer95, 2*collect(t, plan(t, "steady-2m", "fixed:1Mbps"))[0].Flows[0].Pacer95, "key frames wait")
}

func TestTableOfSharedRuns(t *testing.T) {
	var out bytes.Buffer
	table := NewTable(&out, 1)
	for _, r := range collect(t, plan(t, "steady-2m", "oracle", "fixed:500kbps")) {
		require.NoError(t, table.Add(r))
	}
	require.Contains(t, out.String(), "  flow 1               oracle")
	require.Contains(t, out.String(), "  flow 2               fixed:500kbps")
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestATableThatCannotBeWritten(t *testing.T) {
	require.ErrorIs(t, NewTable(failing{}, 1).Add(result("a-1", 1, 1)), os.ErrClosed)
}

func TestRunsAsJSON(t *testing.T) {
	r := collect(t, plan(t, "rfc8867-5.2-cbr", "oracle"))[0]
	text, err := json.Marshal(r)
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(text, &fields))
	for _, name := range []string{"line_up", "scenario", "seed", "utilisation", "queue_p95_ms", "time_to_90_s", "falls_per_min", "fairness", "feedback_overhead", "flows"} {
		require.Contains(t, fields, name)
	}
	require.Equal(t, "oracle", fmt.Sprint(fields["line_up"]))
	require.Len(t, fields["flows"], 2)
}
