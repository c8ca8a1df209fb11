// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package compare

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/internal/netsim/campaign"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// short is a plan over short runs.
func short(t *testing.T, pattern string, flows ...string) *Plan {
	t.Helper()
	found, err := netsim.Select(pattern)
	require.NoError(t, err)
	p := &Plan{Campaign: campaign.Plan{Scenarios: found, Seed: 1, Seeds: 3, Duration: 5 * time.Second}, Config: Default()}
	for _, name := range flows {
		c, err := netsim.ParseChoice(name)
		require.NoError(t, err)
		p.Campaign.Flows = append(p.Campaign.Flows, c)
	}

	return p
}

func run(t *testing.T, p *Plan) *Result {
	t.Helper()
	r, err := Run(context.Background(), p)
	require.NoError(t, err)

	return r
}

func lines(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, write(&b))

	return b.String()
}

func TestTheSameControllerTwiceIsAlike(t *testing.T) {
	file := filepath.Join(t.TempDir(), "same.json")
	require.NoError(t, os.WriteFile(file, []byte("{}"), 0o600))
	r := run(t, short(t, "steady-[28]m", "config:"+file, "default"))
	c := r.Families[0].Contrasts[0]
	require.Equal(t, Alike, c.Verdict.Outcome, c.Verdict.Words)
	require.Equal(t, 6, c.Pairs)
	for m, d := range c.Metrics {
		require.InDelta(t, 0, d.Difference.Mean, 0, m)
		require.InDelta(t, d.Baseline, d.Controller, 0, m)
	}
}

func TestAnOracleIsBetterThanHalfTheRate(t *testing.T) {
	p := short(t, "steady-[28]m", "fixed:1Mbps", "oracle")
	p.Baseline = "fixed:1Mbps"
	r := run(t, p)
	require.Equal(t, "fixed:1Mbps", r.Baseline)
	require.Len(t, r.Families, 1)
	c := r.Families[0].Contrasts[0]
	require.Equal(t, "oracle", c.Controller)
	require.Equal(t, Better, c.Verdict.Outcome, c.Verdict.Words)
	require.Contains(t, c.Verdict.Gains, Utilisation)
	p.Baseline = "oracle"
	c = run(t, p).Families[0].Contrasts[0]
	require.Equal(t, "fixed:1Mbps", c.Controller)
	require.Equal(t, Worse, c.Verdict.Outcome, c.Verdict.Words)
}

func TestTheSamePlanGivesTheSameOutput(t *testing.T) {
	p := short(t, "jitter-*", "default", "gcc")
	p.Campaign.Duration, p.Campaign.Workers = 3*time.Second, 1
	a := run(t, p)
	p.Campaign.Workers = 3
	b := run(t, p)
	require.Equal(t, a, b)
	require.Equal(t, Scenarios, a.Families[0].Contrasts[0].Metrics[Utilisation].Difference.Over)
	require.Equal(t, lines(t, a.WriteTable), lines(t, b.WriteTable))
	// What else is compared does not change a figure.
	p.Campaign.Scenarios = append(short(t, "drop-half", "gcc").Campaign.Scenarios, p.Campaign.Scenarios...)
	c := run(t, p)
	require.Equal(t, a.Families[0].Contrasts[0].Metrics[TimeTo90], c.Families[1].Contrasts[0].Metrics[TimeTo90])
	require.Equal(t, a.Scenarios, c.Scenarios[1:])
}

func TestProgress(t *testing.T) {
	p := short(t, "steady-[28]m", "oracle", "exec:false")
	p.Campaign.Seeds, p.Campaign.Duration = 2, time.Second
	var seen []Progress
	p.Progress = func(d Progress) { seen = append(seen, d) }
	run(t, p)
	require.Len(t, seen, 8)
	for i, d := range seen {
		require.Equal(t, i+1, d.Runs)
		require.Equal(t, 8, d.Total)
		require.InDelta(t, float64(i+1)/8, d.Share, 1e-9)
	}
	require.Equal(t, "steady-2m", seen[3].Scenario)
	require.Equal(t, "steady-8m", seen[4].Scenario)
	require.Equal(t, 2, seen[4].Failed)
	require.Equal(t, 4, seen[7].Failed)
}

func TestAControllerThatDiesEndsItsRunsOnly(t *testing.T) {
	p := short(t, "steady-2m", "exec:false", "oracle", "fixed:1Mbps")
	r := run(t, p)
	require.Equal(t, 9, r.Runs)
	require.Equal(t, 3, r.Failed)
	s := &r.Scenarios[0]
	require.Len(t, s.Cells[0].Failures, 3)
	require.Contains(t, s.Cells[0].Failures[0].Error, "ended instead of answering")
	require.Zero(t, s.Cells[0].Runs)
	require.Equal(t, NoData, s.Contrasts[0].Verdict.Outcome)
	require.Equal(t, Better, s.Contrasts[1].Verdict.Outcome)
	require.True(t, r.Compared())
	require.NotEmpty(t, lines(t, r.WriteCSV))
	_, err := json.Marshal(r)
	require.NoError(t, err)

	p.FailFast = true
	_, err = Run(context.Background(), p)
	require.ErrorContains(t, err, "ended instead of answering")

	none := run(t, short(t, "steady-2m", "exec:false", "oracle"))
	require.False(t, none.Compared())
	require.Contains(t, lines(t, none.WriteTable), "no pair of runs has a result")
}

func TestCancellation(t *testing.T) {
	p := short(t, "steady-*", "oracle", "gcc")
	p.Campaign.Duration = time.Hour
	ctx, cancel := context.WithCancel(context.Background())
	p.Campaign.Workers = 2
	go cancel()
	_, err := Run(ctx, p)
	require.ErrorIs(t, err, context.Canceled)
}

func TestPlansThatMakeNoSense(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Plan)
		is     error
		want   string
	}{
		"one controller":     {func(p *Plan) { p.Campaign.Flows = p.Campaign.Flows[:1] }, ErrPlan, "a second --flow"},
		"the same one twice": {func(p *Plan) { p.Campaign.Flows[1] = p.Campaign.Flows[0] }, ErrPlan, "twice"},
		"unknown baseline":   {func(p *Plan) { p.Baseline = "bbr" }, ErrPlan, "give it as a --flow too"},
		"no scenario":        {func(p *Plan) { p.Campaign.Scenarios = nil }, campaign.ErrPlan, "no scenario"},
		"no seed":            {func(p *Plan) { p.Campaign.Seeds = 0 }, campaign.ErrPlan, "0 seeds"},
		"less than no seed":  {func(p *Plan) { p.Campaign.Seeds = -1 }, campaign.ErrPlan, "-1 seeds"},
		"bad bounds":         {func(p *Plan) { p.Config.Confidence = 1 }, ErrConfig, "confidence"},
	} {
		p := short(t, "steady-2m", "oracle", "gcc")
		tc.change(p)
		_, err := Run(context.Background(), p)
		require.ErrorIs(t, err, tc.is, name)
		require.ErrorContains(t, err, tc.want, name)
	}
}

func TestOutputs(t *testing.T) {
	p := short(t, "selffair-2", "oracle", "gcc")
	p.Campaign.Duration = 15 * time.Second
	p.Campaign.Scenarios = append(p.Campaign.Scenarios, short(t, "outage-*", "gcc").Campaign.Scenarios...)
	r := run(t, p)

	table := strings.Split(lines(t, r.WriteTable), "\n")
	require.Regexp(t, `^scenario +controller +util % +q95 ms +loss % +stalls /min +jain +t90 s +cv +falls /min$`, table[0])
	require.Regexp(t, `^selffair-2 +oracle +\d+\.\d ±`, table[1])
	require.Regexp(t, `^ +gcc +\d+\.\d ±`, table[2])
	for i := range 2 * len(r.Scenarios) {
		require.Equal(t, utf8.RuneCountInString(table[0]), utf8.RuneCountInString(table[1+i]), table[1+i])
	}
	require.Regexp(t, `^outage-2s .* – `, table[3], "no fairness of one flow")

	rows, err := csv.NewReader(strings.NewReader(lines(t, r.WriteCSV))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, csvHead, rows[0])
	// Eight metrics of two controllers with several flows, seven with one; the families
	// and all have one contrast each.
	require.Len(t, rows[1:], 2*8+3*2*7+8+7+8)

	text, err := json.Marshal(r)
	require.NoError(t, err)
	var back struct {
		Scenarios []struct {
			Cells []struct {
				Metrics map[string]struct{ Mean, Low, High float64 }
			}
		}
		Families []struct {
			Family    string
			Contrasts []struct {
				Metrics map[string]struct {
					Controller, Baseline float64
					Difference           struct{ Mean float64 }
				}
				Verdict struct {
					Outcome Outcome
					Gains   []string
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, "outage", back.Families[1].Family)
	for m := range metrics {
		d := back.Families[0].Contrasts[0].Metrics[m.String()]
		require.InDelta(t, d.Controller-d.Baseline, d.Difference.Mean, 1e-9, m)
		require.InDelta(t, r.Scenarios[0].Cells[1].Metrics[m].High, back.Scenarios[0].Cells[1].Metrics[m.String()].High, 1e-9)
	}
}

func TestThePageDrawsTheControllersOverEachOther(t *testing.T) {
	p := short(t, "outage-2s", "exec:false", "default", "gcc")
	p.Campaign.Duration, p.Campaign.Seeds = 35*time.Second, 2
	p.Draw = true
	r := run(t, p)
	page := r.Page()
	require.Equal(t, "2 controllers beside gcc", page.Title)
	require.Contains(t, page.Words[0], "1 scenario, each under 3 controllers from 2 seeds: 6 runs")
	require.Contains(t, page.Words[len(page.Words)-1], "2 runs failed")
	require.Contains(t, strings.Join(page.Words, "\n"), "exec:false is better in 0 of 1 family and worse in 0; 0 trade one thing for another, 0 are alike, and 0 show no difference; in 1 all runs failed.")
	require.Equal(t, "no data", page.Tables[0].Rows[0][3])
	require.Len(t, page.Tables, 2)
	for _, table := range append(page.Tables, page.Sessions[0].Tables...) {
		for _, row := range table.Rows {
			require.Len(t, row, len(table.Head), table.Title)
		}
	}
	require.Len(t, page.Sessions, 1)
	s := page.Sessions[0]
	line := s.Timeline
	require.Equal(t, 350, line.Bins())
	require.Nil(t, line.Recorded, "nothing was recorded")
	require.Len(t, line.Replayed, 2)
	require.Equal(t, "default", line.Replayed[0].Name)
	require.Equal(t, "gcc", line.Replayed[1].Name)
	require.Len(t, r.Overlays[0].Figures, 2)
	require.InDelta(t, 4e6, line.Capacity.At(100), 1)
	require.InDelta(t, 4e6, line.Received.At(200), 1e6)
	require.InDelta(t, 0, line.Replayed[1].Received.At(310), 0, "the outage")
	require.Positive(t, line.Replayed[1].Target.At(200))
	require.InDelta(t, 0.02, line.Delay.At(200), 0.02)
	require.True(t, math.IsNaN(line.Sent.At(0)), "the simulator does not say")
	require.NotEmpty(t, line.Marks, "the picture stood in the outage")
	require.NotEmpty(t, s.Notes)
	require.Contains(t, s.Notes[0].Text, "gcc: the picture stood")
	require.Greater(t, s.Notes[0].To, s.Notes[0].From)
	require.Contains(t, strings.Join(s.Words, "\n"), "default: ")
	require.Contains(t, s.Words[0], "Over 0 pairs of runs: exec:false: no pair of runs", "of which of the two")

	p.Draw = false
	require.Empty(t, run(t, p).Page().Sessions)
}
