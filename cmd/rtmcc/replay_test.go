// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/lab/replay"
)

// simulated writes the trace of a simulated flow and returns its path.
func simulated(t *testing.T, flow string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), strings.ReplaceAll(flow, "+", "-")+".jsonl.gz")
	r := call(t, "", 0, "sim", "drop-8-1-8", "--duration", "40s", "--flow", flow, "--log", path)
	require.Equal(t, exitOK, r.code, r.err.String())

	return path
}

func TestReplayInOpenLoop(t *testing.T) {
	trace := simulated(t, "gcc")
	dir := t.TempDir()
	plot, series, page := filepath.Join(dir, "p.svg"), filepath.Join(dir, "s.csv"), filepath.Join(dir, "r.html")
	r := call(t, "", 0, "replay", trace, "--plot", plot, "--series", series, "--report", page)
	require.Equal(t, exitOK, r.code, r.err.String())
	require.Empty(t, r.err.String())
	out := r.out.String()
	require.Regexp(t, `^default came down \d\.\d s sooner than gcc after the fall of the capacity`, out)
	require.Regexp(t, `(?m)^default is off the recorder's estimate by .*; gcc came out as the recorder did.*\nidentical: \d+ inputs`, out)
	require.Regexp(t, `(?m)^rtmcc trace, 40.0 s: \d+ packets sent, \d+ acknowledged, .* lost, \d+ feedbacks$`, out)
	require.Contains(t, out, "estimates start at 300 kbps, between 30 kbps and 20.00 Mbps")
	require.Regexp(t, `(?m)^rtmcc \(recorded\) +\S+ Mbps .*`, out)
	require.Regexp(t, `(?m)^gcc .* 0.0 % +0.0 % +1.00 `, out)
	require.Regexp(t, `(?m)^default .* s  `, out)
	require.Regexp(t, `(?m)^  0:3\d\.\d-0:3\d\.\d  rtmcc .*, gcc .* over default `, out)
	text, err := os.ReadFile(plot)
	require.NoError(t, err)
	require.Contains(t, string(text), "trend, ms")
	text, err = os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(text), `<div class="lead"><p>default came down`)

	file, err := os.Open(series)
	require.NoError(t, err)
	rows, err := csv.NewReader(file).ReadAll()
	require.NoError(t, file.Close())
	require.NoError(t, err)
	require.InDelta(t, 401, len(rows), 1)
	require.Equal(t, []string{"time_s", "capacity_bps", "sent_bps"}, rows[0][:3])
	require.Contains(t, rows[0], "recorded.estimate_bps")
	require.Contains(t, rows[0], "default.trend_ms")
	require.Equal(t, "8000000", rows[100][1])
	require.Equal(t, "10.0", rows[100][0])
}

func TestReplayOfAWindow(t *testing.T) {
	trace, dir := simulated(t, "gcc"), filepath.Join(t.TempDir(), "new")
	plot, series, page := filepath.Join(dir, "p.svg"), filepath.Join(dir, "s.csv"), filepath.Join(dir, "r.html")
	arguments := []string{"replay", trace, "--json", "--series", series, "--report", page, "--plot", plot}
	results := map[string]*replay.Result{}
	for name, window := range map[string][]string{"all": nil, "window": {"--from", "25s", "--to", "35s"}, "rest": {"--from", "38.05s"}} {
		r := call(t, "", 0, append(arguments, window...)...)
		require.Equal(t, exitOK, r.code, r.err.String())
		var got struct{ Replay replay.Result }
		require.NoError(t, json.Unmarshal([]byte(r.out.String()), &got))
		results[name] = &got.Replay
		if name != "window" {
			continue
		}
		file, err := os.Open(series)
		require.NoError(t, err)
		rows, err := csv.NewReader(file).ReadAll()
		require.NoError(t, file.Close())
		require.NoError(t, err)
		require.Len(t, rows, 101)
		require.Equal(t, "25.1", rows[1][0])
		require.Equal(t, "35.0", rows[100][0])
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		require.Contains(t, string(text), `"start":25,`)
		require.FileExists(t, plot)
	}
	all, window, rest := results["all"], results["window"], results["rest"]
	require.False(t, all.Window.Any())
	require.Equal(t, "0:25.0 to 0:35.0", window.Window.String())
	require.Equal(t, "0:38.0 to 0:40.0", rest.Window.String())
	require.InDelta(t, all.Duration, window.Duration, 0)
	require.Less(t, window.Totals.PacketsSent, all.Totals.PacketsSent/2)
	require.Equal(t, all.Controllers[0].Capacity.Falls, window.Controllers[0].Capacity.Falls, "an estimator has its past")
	require.Zero(t, rest.Controllers[0].Capacity.Falls.Changes)
	require.NotEmpty(t, window.Disagreements)
	for _, d := range window.Disagreements {
		require.GreaterOrEqual(t, d.From.Sub(0).Seconds(), 25.0)
		require.LessOrEqual(t, d.To.Sub(0).Seconds(), 35.0)
	}

	r := call(t, "", 0, "replay", trace, "--from", "40s")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err.String(), "the recording is 0:40.0 long (40.0 s)")
	for _, wrong := range [][]string{{"--from", "2s", "--to", "2s"}, {"--from=-1s"}, {"--report", "r.txt"}, {"--series", "s.txt"}} {
		r := call(t, "", 0, append([]string{"replay", "missing.jsonl"}, wrong...)...)
		require.Equal(t, exitUsage, r.code, wrong)
	}
}

func TestReplayAsJSON(t *testing.T) {
	r := call(t, "", 0, "replay", simulated(t, "default+rc"), "--json", "--with", "default+rc", "--start", "300k", "--max", "20M")
	require.Equal(t, exitOK, r.code, r.err.String())
	var got struct {
		Identical bool
		Inputs    int
		File      string
		Replay    replay.Result
	}
	require.NoError(t, json.Unmarshal([]byte(r.out.String()), &got))
	require.True(t, got.Identical)
	require.Positive(t, got.Inputs)
	require.Contains(t, got.File, "default-rc.jsonl.gz")
	require.Len(t, got.Replay.Controllers, 1)
	c := got.Replay.Controllers[0]
	require.Equal(t, "default+rc", c.Controller)
	require.Zero(t, c.Recorder.P95)
	require.Equal(t, 1, c.Capacity.Falls.Changes)

	r = call(t, "", 0, "replay", simulated(t, "oracle"), "--json", "--no-verify", "--with", "gcc")
	require.Equal(t, exitOK, r.code, r.err.String())
	require.NotContains(t, r.out.String(), "identical")
}

func TestReplayOfSeveralFiles(t *testing.T) {
	one, two, dir := simulated(t, "default"), simulated(t, "oracle"), t.TempDir()
	none := filepath.Join(dir, "none.jsonl")
	require.NoError(t, os.WriteFile(none, []byte(`{"rtmcc_trace":1,"start":"2026-01-01T00:00:00Z"}`+"\n"), 0o600))
	r := call(t, "", 80, "replay", one, filepath.Join(dir, "missing"), two, "--with", "gcc", "--plot", filepath.Join(dir, "p.png"))
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err.String(), "no such file")
	require.Equal(t, 1, strings.Count(r.out.String(), "identical: "), "an oracle's decisions cannot be computed again")
	require.Regexp(t, `(?m)^file +estimate of .*\n.*default.jsonl.gz +rtmcc \(recorded\) .*\n.*default.jsonl.gz +gcc .*\n.*oracle.jsonl.gz +rtmcc .*\n.*oracle.jsonl.gz +gcc `, r.out.String())
	require.FileExists(t, filepath.Join(dir, "p.default.png"))
	require.FileExists(t, filepath.Join(dir, "p.oracle.png"))

	r = call(t, "", 0, "replay", none)
	require.Equal(t, exitOK, r.code, "it is verified")
	require.Contains(t, r.err.String(), "no feedback is in it")
	r = call(t, "", 0, "replay", none, "--no-verify")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err.String(), "no feedback is in it")
}

func TestReplayOfADamagedTrace(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "t.jsonl")
	r := call(t, "", 0, "sim", "steady-2m", "--duration", "5s", "--flow", "gcc", "--log", trace)
	require.Equal(t, exitOK, r.code, r.err.String())
	whole, err := os.ReadFile(trace)
	require.NoError(t, err)
	lines := strings.SplitAfter(string(whole), "\n")
	lines[len(lines)/2] = "gibberish\n"
	require.NoError(t, os.WriteFile(trace, []byte(strings.Join(lines, "")), 0o600))

	r = call(t, "", 0, "replay", trace, "--with", "gcc")
	require.Equal(t, exitFailed, r.code)
	require.Regexp(t, `(?m)^gcc `, r.out.String(), "what can be read is replayed")
	require.NotContains(t, r.out.String(), "identical")
	require.Contains(t, r.err.String(), "is damaged: 1 records, 10 bytes, could not be read")
	require.Contains(t, r.err.String(), "its decisions cannot be verified")
	r = call(t, "", 0, "replay", trace, "--with", "gcc", "--no-verify")
	require.Equal(t, exitOK, r.code, r.err.String())

	require.NoError(t, os.WriteFile(trace, whole[:2*len(whole)/3], 0o600))
	r = call(t, "", 0, "replay", trace, "--with", "gcc")
	require.Equal(t, exitOK, r.code, r.err.String())
	require.Equal(t, 1, strings.Count(r.err.String(), "cut off"), "it is said once")
	require.Contains(t, r.out.String(), "identical: ")
}

func TestReplayWithWrongNames(t *testing.T) {
	r := call(t, "", 0, "replay", "missing.jsonl", "--plot", "p.pdf")
	require.Equal(t, exitUsage, r.code, "before anything is read")
	require.Contains(t, r.err.String(), "ends in .svg or .png")
	r = call(t, "", 0, "replay", t.TempDir())
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err.String(), "is a directory, give a file in it")
}

func TestReplayWithWrongControllers(t *testing.T) {
	trace := simulated(t, "gcc")
	for with, want := range map[string]struct {
		code int
		text string
	}{
		"oracle":            {exitUsage, "only plays in a simulation"},
		"fixed:2M":          {exitUsage, "only plays in a simulation"},
		"bbr":               {exitUsage, "unknown controller"},
		"config:/none.json": {exitUsage, "no such file"},
		"exec:exit 3":       {exitFailed, "ended instead of answering"},
	} {
		r := call(t, "", 0, "replay", trace, "--with", with)
		require.Equal(t, want.code, r.code, with)
		require.Contains(t, r.err.String(), want.text)
	}
	for _, bounds := range [][]string{{"--start", "2M", "--max", "1M"}, {"--min", "2M", "--start", "1M"}, {"--min", "2M", "--max", "1M"}} {
		r := call(t, "", 0, append([]string{"replay", trace}, bounds...)...)
		require.Equal(t, exitUsage, r.code)
		require.Contains(t, r.err.String(), bounds[0]+" 2.00 Mbps is above "+bounds[2]+" 1.00 Mbps")
		require.Empty(t, r.out.String(), "before anything is read")
	}
}

// TestReplayOfAPipe replays what can be read but once as it does the file.
func TestReplayOfAPipe(t *testing.T) {
	trace, folder := simulated(t, "gcc"), t.TempDir()
	t.Setenv("TMPDIR", folder)
	whole, err := os.ReadFile(trace)
	require.NoError(t, err)
	want := call(t, "", 0, "replay", trace)
	require.Equal(t, exitOK, want.code, want.err.String())
	got := call(t, string(whole), 0, "replay", "-")
	require.Equal(t, exitOK, got.code, got.err.String())
	require.Equal(t, want.out.String(), got.out.String())

	// An outside recorder's first estimate is where the replay starts, of a pipe as well.
	const other = `{"rtmcc_trace":1,"start":"2026-01-01T00:00:00Z","converted_from":"RTC event log V2"}
{"d":"delay_based","t":0,"bps":700000,"state":"normal"}
{"e":"sent","t":1000000,"seq":1,"size":1000,"kind":"video"}
{"e":"feedback","t":51000000,"results":[[1,30000000]]}
`
	r := call(t, strings.Replace(other, `{"d":`, `{"x":`, 1), 0, "replay", "-", "--with", "gcc")
	require.Equal(t, exitOK, r.code, r.err.String())
	require.Contains(t, r.out.String(), "estimates start at 700 kbps")

	r = call(t, "0 2640000\n100 1680000\n200 880000\n", 0, "replay", "-")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err.String(), "-: only what the path could carry is in it")
	r = call(t, "hello", 0, "replay", "-")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err.String(), `-: recording: unknown format, it begins with the text "hello"`)
	r = call(t, string(whole[:len(whole)/2]), 0, "replay", "-", "--with", "gcc")
	require.Contains(t, r.err.String(), "- is damaged: ", r.err.String())
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Empty(t, left, "copies are taken away")

	t.Setenv("TMPDIR", filepath.Join(folder, "none"))
	r = call(t, string(whole), 0, "replay", "-")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err.String(), "- can be read but once and is copied to read it again")
}

func TestDocumentationNamesEveryFieldOfAReplay(t *testing.T) {
	page, err := os.ReadFile("../../docs/replay.md")
	require.NoError(t, err)
	names := make(map[string]bool)
	fields(reflect.TypeFor[replay.Result](), names)
	require.Greater(t, len(names), 30)
	for name := range names {
		require.Contains(t, string(page), "`"+name+"`")
	}
	for _, column := range replay.TableHead {
		require.Contains(t, string(page), "| "+column+" |")
	}
}

// fields collects the JSON names of the replay's own types.
func fields(of reflect.Type, names map[string]bool) {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || of.PkgPath() != reflect.TypeFor[replay.Result]().PkgPath() {
		return
	}
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			names[name] = true
			fields(of.Field(i).Type, names)
		}
	}
}
