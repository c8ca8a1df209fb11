// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/lab/corpus"
	"github.com/rtmcc/rtmcc/internal/lab/session"
)

// recordings makes a folder of short sessions.
func recordings(t *testing.T, sessions int) string {
	t.Helper()
	folder := t.TempDir()
	log := filepath.Join(folder, "s.jsonl.gz")
	for i := range sessions {
		r := call(t, "", 0, "sim", "steady-500k", "--duration", "25s", "--seed", fmt.Sprint(i+1), "--log", log)
		require.Equal(t, exitOK, r.code, r.err.String())
		require.NoError(t, os.Rename(log, filepath.Join(folder, fmt.Sprintf("s%02d.jsonl.gz", i))))
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "notes.txt"), []byte("none of them\n"), 0o600))

	return folder
}

func TestAnalyzeTellsOfOneSession(t *testing.T) {
	path := filepath.Join(recordings(t, 1), "s00.jsonl.gz")
	r := call(t, "", 0, "analyze", path)
	require.Equal(t, exitOK, r.code, r.err.String())
	require.Contains(t, r.out.String(), path+"\n  rtmcc trace")
	require.Regexp(t, `sent \d+ kbps, received \d+ kbps, loss 0.0 %`, r.out.String())
	require.NotContains(t, r.out.String(), "sessions", "a session alone has no shares")
	require.Empty(t, r.err.String())
}

func TestAnalyzeOutputs(t *testing.T) {
	folder, out := recordings(t, 8), t.TempDir()
	rows, table, page := filepath.Join(out, "rows.jsonl"), filepath.Join(out, "rows.parquet"), filepath.Join(out, "page.html")
	r := call(t, "", 0, "analyze", folder, "--jsonl", rows, "--parquet", table, "--report", page)
	require.Equal(t, exitOK, r.code, r.err.String())
	require.Regexp(t, `(?m)^path +all +\S`, r.out.String())
	require.Regexp(t, `(?m)^sessions +8 `, r.out.String())
	require.Equal(t, "passed over: 1 (no recording)\n", r.err.String())

	text, err := os.ReadFile(rows)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	require.Len(t, lines, 8)
	for i, line := range lines {
		var s session.Summary
		require.NoError(t, json.Unmarshal([]byte(line), &s))
		require.Equal(t, filepath.Join(folder, fmt.Sprintf("s%02d.jsonl.gz", i)), s.Name)
		require.Empty(t, s.Error)
		require.InDelta(t, 25, s.Duration, 1)
	}
	text, err = os.ReadFile(table)
	require.NoError(t, err)
	file, err := parquet.OpenFile(bytes.NewReader(text), int64(len(text)))
	require.NoError(t, err)
	require.EqualValues(t, 8, file.NumRows())
	text, err = os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(text), "8 sessions")
	entries, err := os.ReadDir(out)
	require.NoError(t, err)
	require.Len(t, entries, 3, "no journal and nothing unfinished is left")
}

func TestAnalyzeDraws(t *testing.T) {
	folder, out := recordings(t, 2), filepath.Join(t.TempDir(), "new")
	one := filepath.Join(out, "one.svg")
	r := call(t, "", 0, "analyze", filepath.Join(folder, "s00.jsonl.gz"), "--plot", one)
	require.Equal(t, exitOK, r.code, r.err.String())
	text, err := os.ReadFile(one)
	require.NoError(t, err)
	require.Contains(t, string(text), "</svg>")
	r = call(t, "", 0, "analyze", folder, "--plot", one)
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.err.String(), "name a folder")
	r = call(t, "", 0, "analyze", folder, "--plot", out)
	require.Equal(t, exitOK, r.code, r.err.String())
	for _, name := range []string{"1-s00.jsonl.gz.svg", "1-s00.jsonl.gz.png", "2-s01.jsonl.gz.svg", "2-s01.jsonl.gz.png"} {
		require.FileExists(t, filepath.Join(out, name))
	}
}

func TestAnalyzeAsJSON(t *testing.T) {
	folder := recordings(t, 2)
	list := filepath.Join(folder, "s00.jsonl.gz") + "\r\n\n" + filepath.Join(folder, "s01.jsonl.gz")
	type result struct {
		Recordings, Failed int64
		Skipped            map[corpus.Reason]int64
		All                corpus.Shares
		Classes            map[session.Class]corpus.Shares
		Sessions           []session.Summary
	}
	var results [2]result
	for i, r := range []*struct {
		in        string
		arguments []string
	}{{"", []string{folder}}, {list, []string{"--files-from", "-"}}} {
		r := call(t, r.in, 80, append([]string{"analyze", "--json"}, r.arguments...)...)
		require.Equal(t, exitOK, r.code, r.err.String())
		require.NoError(t, json.Unmarshal([]byte(r.out.String()), &results[i]))
		require.Contains(t, r.err.String(), " files", "a terminal shows progress")
	}
	require.EqualValues(t, 2, results[0].All.Sessions)
	require.Equal(t, results[0].Sessions, results[1].Sessions)
	require.EqualValues(t, 1, results[0].Skipped[corpus.UnknownFormat])
	require.Empty(t, results[1].Skipped)
}

func TestAnalyzeSaysWhatIsUnknown(t *testing.T) {
	for flow, want := range map[string]struct{ drops, target bool }{"default": {}, "default+rc": {drops: true, target: true}} {
		r := call(t, "", 0, "analyze", "--json", simulated(t, flow))
		require.Equal(t, exitOK, r.code, r.err.String())
		var result struct {
			Sessions []struct {
				Metrics map[string]float64
				Unknown []string
			}
		}
		require.NoError(t, json.Unmarshal([]byte(r.out.String()), &result))
		metrics := result.Sessions[0].Metrics
		require.Contains(t, metrics, "freezes_per_min", "the simulated player tells")
		require.Contains(t, metrics, "utilisation")
		for _, name := range []string{"frame_drops_per_min", "target_bps", "target_cv"} {
			_, known := metrics[name]
			require.Equal(t, want.drops, known, "%s: %s", flow, name)
		}
		require.Equal(t, want.target, len(result.Sessions[0].Unknown) == 0)
	}
	r := call(t, "", 0, "analyze", "--json", "../../testdata/eventlogs/constant-2m.log")
	require.Equal(t, exitOK, r.code, r.err.String())
	for _, name := range []string{"freezes_per_min", "frame_drops_per_min", "utilisation", "target_bps"} {
		require.NotContains(t, r.out.String(), name)
	}
}

func TestAnalyzeGoesOn(t *testing.T) {
	folder, out := recordings(t, 2), t.TempDir()
	journal := filepath.Join(out, "journal")
	arguments := []string{"analyze", folder, "--json", "--resume", journal}
	first := call(t, "", 0, arguments...)
	require.Equal(t, exitOK, first.code, first.err.String())
	kept, err := os.ReadFile(journal)
	require.NoError(t, err)
	again := call(t, "", 0, arguments...)
	require.Equal(t, first.out.String(), again.out.String())
	after, err := os.ReadFile(journal)
	require.NoError(t, err)
	require.Equal(t, string(kept), string(after), "nothing was read again")

	bounds := filepath.Join(out, "bounds.json")
	require.NoError(t, os.WriteFile(bounds, []byte(`{"swing":{"cycles":5}}`), 0o600))
	other := call(t, "", 0, append(arguments, "--config", bounds)...)
	require.Equal(t, exitFailed, other.code)
	require.Contains(t, other.err.String(), "remove it to begin anew")
}

func TestAnalyzeInterrupted(t *testing.T) {
	folder, out := recordings(t, 1), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rows := filepath.Join(out, "rows.jsonl")
	for arguments, want := range map[string]string{"": "with --resume FILE", "--jsonl " + rows: "the same command goes on"} {
		r, done := start(ctx, "", 0, append([]string{"analyze", folder}, strings.Fields(arguments)...)...)
		<-done
		require.Equal(t, exitFailed, r.code)
		require.Contains(t, r.err.String(), want)
		require.NoFileExists(t, rows)
	}
}

func TestAnalyzeOfTheStandardInput(t *testing.T) {
	path := filepath.Join(recordings(t, 1), "s00.jsonl.gz")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	want := call(t, "", 0, "analyze", path)
	require.Equal(t, exitOK, want.code, want.err.String())
	got := call(t, string(text), 0, "analyze", "-")
	require.Equal(t, exitOK, got.code, got.err.String())
	require.Equal(t, strings.Replace(want.out.String(), path, "-", 1), got.out.String())
	got = call(t, "hello", 0, "analyze", "-")
	require.Equal(t, exitFailed, got.code)
	require.Contains(t, got.err.String(), "unknown format")

	// A file of that name is no standard input.
	t.Chdir(filepath.Dir(path))
	require.NoError(t, os.Rename(path, "-"))
	for _, name := range []string{"./-", "."} {
		got = call(t, "hello", 0, "analyze", name)
		require.Equal(t, exitOK, got.code, got.err.String())
	}
	got = call(t, "-", 0, "analyze", "--files-from", "-")
	require.Equal(t, exitUsage, got.code)
	require.Contains(t, got.err.String(), "./-")
}

func TestAnalyzeLeavesNoEmptyJournal(t *testing.T) {
	out, notes := t.TempDir(), filepath.Join(recordings(t, 1), "notes.txt")
	rows, journal := filepath.Join(out, "new", "rows.jsonl"), filepath.Join(out, "journal")
	r := call(t, "", 0, "analyze", notes, "--jsonl", rows)
	require.Equal(t, exitFailed, r.code)
	left, err := os.ReadDir(filepath.Dir(rows))
	require.NoError(t, err)
	require.Empty(t, left)
	r = call(t, "", 0, "analyze", t.TempDir(), "--resume", journal)
	require.Equal(t, exitFailed, r.code)
	require.NoFileExists(t, journal, "it says of no file what came of it")
	require.NoError(t, os.WriteFile(journal, []byte("mine\n"), 0o600))
	r = call(t, "", 0, "analyze", t.TempDir(), "--resume", journal)
	require.Equal(t, exitFailed, r.code)
	require.FileExists(t, journal, "what is no journal is left alone")
}

func TestAnalyzeOfAWindow(t *testing.T) {
	trace, out := simulated(t, "default+rc"), t.TempDir()
	journal, rows := filepath.Join(out, "journal"), filepath.Join(out, "rows.jsonl")
	arguments := []string{"analyze", trace, "--from", "5s", "--to", "28.01s", "--json"}
	r := call(t, "", 0, append(arguments, "--resume", journal, "--jsonl", rows, "--report", filepath.Join(out, "page.html"))...)
	require.Equal(t, exitOK, r.code, r.err.String())
	var got struct {
		Window   map[string]float64
		Sessions []session.Summary
	}
	require.NoError(t, json.Unmarshal([]byte(r.out.String()), &got))
	require.Equal(t, map[string]float64{"from_s": 5, "to_s": 28.01}, got.Window)
	s := got.Sessions[0]
	require.Equal(t, "0:05.0 to 0:28.1", s.Window.String())
	require.InDelta(t, 23.1, s.Duration, 1e-6)
	page, err := os.ReadFile(filepath.Join(out, "page.html"))
	require.NoError(t, err)
	require.Contains(t, string(page), "of 0:05.0 to 0:28.1 alone")
	require.Contains(t, string(page), `"start":5,`)

	// The journal of one window is not that of another.
	r = call(t, "", 0, "analyze", trace, "--resume", journal)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err.String(), "another configuration or window")
	whole := call(t, "", 0, "analyze", trace, "--json")
	require.Equal(t, exitOK, whole.code)
	require.NotContains(t, whole.out.String(), "window")
	require.Contains(t, call(t, "", 0, "analyze", trace, "--from", "15s").out.String(), "0:15.0 to 0:40.0 alone")
}

func TestAnalyzeIntoTheFolderThatItReads(t *testing.T) {
	folder := recordings(t, 2)
	t.Chdir(folder)
	arguments := []string{"analyze", folder, ".", "--json", "--jsonl", "rows.jsonl", "--parquet", filepath.Join(folder, "rows.parquet"), "--report", "./page.html"}
	first := call(t, "", 0, arguments...)
	require.Equal(t, exitOK, first.code, first.err.String())
	require.FileExists(t, "page.html")
	// What it wrote the first time is no stranger the second time.
	second := call(t, "", 0, arguments...)
	require.Equal(t, first.out.String(), second.out.String())
}

func TestAnalyzeWritesOverNoRecording(t *testing.T) {
	folder := recordings(t, 1)
	found, err := filepath.Glob(filepath.Join(folder, "s*.gz"))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	before, err := os.ReadFile(found[0])
	require.NoError(t, err)
	for _, flag := range []string{"--jsonl", "--parquet", "--report"} {
		r := call(t, "", 0, "analyze", folder, flag, found[0])
		require.Equal(t, exitUsage, r.code, flag)
		require.Contains(t, r.err.String(), "name another file")
		after, err := os.ReadFile(found[0])
		require.NoError(t, err)
		require.Equal(t, before, after)
	}
	rows := filepath.Join(t.TempDir(), "rows.jsonl")
	for range 2 {
		require.Equal(t, exitOK, call(t, "", 0, "analyze", folder, "--jsonl", rows).code, "its own output is replaced")
	}
}

func TestAnalyzeSaysWhatToDo(t *testing.T) {
	folder := recordings(t, 1)
	empty, notes := t.TempDir(), filepath.Join(folder, "notes.txt")
	bounds := filepath.Join(t.TempDir(), "bounds.json")
	require.NoError(t, os.WriteFile(bounds, []byte(`{"swing":{"cycles":1}}`), 0o600))
	for name, tc := range map[string]struct {
		arguments []string
		code      int
		want      string
	}{
		"nothing":       {nil, exitUsage, "name files or folders"},
		"no such file":  {[]string{filepath.Join(folder, "gone")}, exitUsage, "no such file"},
		"no such list":  {[]string{"--files-from", filepath.Join(folder, "gone")}, exitUsage, "no such file"},
		"empty folder":  {[]string{empty}, exitFailed, "no recording among 0 files"},
		"no recording":  {[]string{notes}, exitFailed, "unknown format"},
		"no such place": {[]string{folder, "--jsonl", filepath.Join(notes, "none", "out.jsonl")}, exitFailed, "cannot write"},
		"rows by name":  {[]string{folder, "--jsonl", "rows.txt"}, exitUsage, "rows.txt: give a name that ends in .jsonl or .ndjson or .json"},
		"table by name": {[]string{folder, "--parquet", "rows.csv"}, exitUsage, "ends in .parquet"},
		"page by name":  {[]string{folder, "--report", "page.txt"}, exitUsage, "ends in .html or .htm"},
		"page a folder": {[]string{folder, "--report", empty}, exitUsage, "is a folder"},
		"stdin twice":   {[]string{"-", "-"}, exitUsage, "can be read but once"},
		"stdin as both": {[]string{"-", "--files-from", "-"}, exitUsage, "can be read but once"},
		"stdin drawn":   {[]string{"-", "--report", "page.html"}, exitUsage, "save it to a file first"},
		"empty window":  {[]string{folder, "--from", "5s", "--to", "5s"}, exitUsage, "holds nothing"},
		"late window":   {[]string{folder, "--from", "1h"}, exitFailed, "it begins at 60:00.0, and the recording is 0:25."},
		"short window":  {[]string{folder, "--to", "19s"}, exitFailed, "0:00.0 to 0:19.0: 19.0 s are too short to judge"},
		"bad bounds":    {[]string{folder, "--config", bounds}, exitUsage, "swing.cycles"},
	} {
		r := call(t, "", 0, append([]string{"analyze"}, tc.arguments...)...)
		require.Equal(t, tc.code, r.code, name)
		require.Contains(t, r.err.String(), tc.want, name)
	}
	// One that fails does not take the others with it.
	r := call(t, "", 0, "analyze", notes, folder)
	require.Equal(t, exitOK, r.code)
	require.Contains(t, r.err.String(), "notes.txt")
}

func TestAnalyzeIsDocumented(t *testing.T) {
	help := call(t, "", 0, "analyze", "--help").out.String()
	require.Contains(t, help, "rtmcc analyze recordings --report out.html")
	page, err := os.ReadFile("../../docs/cli.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "\n## analyze\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(help, -1) {
		if flag != "--help" {
			require.Contains(t, section, flag)
		}
	}
	results, err := os.ReadFile("../../docs/analyze.md")
	require.NoError(t, err)
	var tally corpus.Tally
	tally.Add(&session.Summary{Class: session.Plain, Duration: time.Hour.Seconds()})
	text, err := json.Marshal(tally.All().Shares())
	require.NoError(t, err)
	for _, field := range regexp.MustCompile(`"([a-z_]+)":`).FindAllStringSubmatch(string(text), -1) {
		require.Contains(t, string(results), "`"+field[1]+"`")
	}
}
