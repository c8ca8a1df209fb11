// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCompareTable(t *testing.T) {
	arguments := []string{"compare", "steady-2m", "--flow", "oracle", "--flow", "fixed:1Mbps", "--seeds", "2", "--duration", "5s"}
	r := call(t, "", 0, arguments...)
	require.Equal(t, exitOK, r.code, r.err.String())
	require.Contains(t, r.out.String(), "steady  oracle is better: ")
	require.Empty(t, r.err.String(), "progress is for terminals")
	require.Equal(t, r.out.String(), call(t, "", 0, arguments...).out.String())

	r = call(t, "", 80, arguments...)
	require.Contains(t, r.err.String(), "100 %  0:00 left  4/4 runs  steady-2m")
}

func TestCompareDefaults(t *testing.T) {
	r := call(t, "", 0, "compare", "steady-2m", "--duration", "1s", "--seeds", "1")
	require.Equal(t, exitOK, r.code)
	require.Regexp(t, `(?m)^steady-2m +default .*\n +gcc `, r.out.String())
	require.Contains(t, r.out.String(), "less gcc", "the last one is the baseline")
}

func TestCompareFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))

		return path
	}
	up := write("up.csv", "0,1000000\n4000,3000000\n")
	scenario := write("mine.json", `{"duration":"5s","forward":[{"capacity":{"constant":"1Mbps"}}]}`)
	rules := write("rules.json", `{"least":{"utilisation":1,"queue_p95_ms":9999,"loss":1,"stalls_per_min":60}}`)
	csv, page, plots := filepath.Join(dir, "out.csv"), filepath.Join(dir, "out.html"), filepath.Join(dir, "plots")
	r := call(t, "", 0, "compare", "--trace-file", up, "--scenario-file", scenario, "--flow", "oracle", "--flow", "fixed:300kbps", "--seeds", "2",
		"--rules", rules, "--csv", csv, "--report", page, "--plot", plots, "--live")
	require.Equal(t, exitOK, r.code, r.err.String())
	require.Contains(t, r.out.String(), "alike", "by these rules nothing counts")
	require.FileExists(t, csv)
	require.FileExists(t, page)
	for _, name := range []string{"trace-up.compare.svg", "mine.compare.png"} {
		require.FileExists(t, filepath.Join(plots, name))
	}
	files, err := filepath.Glob(filepath.Join(plots, "*"))
	require.NoError(t, err)
	require.Len(t, files, 4)
}

func TestCompareLeavesOutWhatFailed(t *testing.T) {
	arguments := []string{"compare", "steady-2m", "--flow", "exec:false", "--flow", "oracle", "--flow", "fixed:1Mbps", "--seeds", "2", "--duration", "1s"}
	r := call(t, "", 0, arguments...)
	require.Equal(t, exitOK, r.code)
	require.Contains(t, r.out.String(), "failed: exec:false, seed 2: ")
	r = call(t, "", 0, append(arguments, "--fail-fast")...)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err.String(), "ended instead of answering")
	r = call(t, "", 0, "compare", "steady-2m", "--flow", "exec:false", "--flow", "oracle", "--seeds", "2", "--duration", "1s")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err.String(), "nothing could be compared")
}

func TestCompareInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	csv := filepath.Join(t.TempDir(), "out.csv")
	r, done := start(ctx, "", 0, "compare", "steady-2m", "--csv", csv)
	<-done
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err.String(), "interrupted (context canceled) after 0 of ")
	require.Empty(t, r.out.String())
	require.NoFileExists(t, csv)
}

func TestCompareRefuses(t *testing.T) {
	dir := t.TempDir()
	wrong := filepath.Join(dir, "wrong.json")
	require.NoError(t, os.WriteFile(wrong, []byte(`{"confidence":2}`), 0o600))
	for want, tc := range map[string]struct {
		arguments string
		code      int
	}{
		"a second --flow":             {"--flow gcc", exitUsage},
		"given twice":                 {"--flow gcc --flow gcc", exitUsage},
		"none of the":                 {"--baseline oracle", exitUsage},
		"unknown controller":          {"--flow bbr", exitUsage},
		"no such scenario":            {"nonsense", exitUsage},
		"0 seeds":                     {"--seeds 0", exitUsage},
		"confidence is 2":             {"--rules " + wrong, exitUsage},
		"a folder for":                {"--plot one.svg", exitUsage},
		"cannot write " + wrong:       {"--csv " + wrong + "/out.csv", exitFailed},
		"give a name that ends in .h": {"--report " + dir + "/out.txt", exitUsage},
		"give a name that ends in .c": {"--csv " + dir + "/out.txt", exitUsage},
	} {
		r := call(t, "", 0, append([]string{"compare", "--duration", "1s"}, strings.Fields(tc.arguments)...)...)
		require.Equal(t, tc.code, r.code, want)
		require.Contains(t, r.err.String(), want)
		require.Empty(t, r.out.String())
	}
}

func TestTheDocumentationOfCompareIsComplete(t *testing.T) {
	text, err := os.ReadFile("../../docs/cli.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## compare\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	for _, flag := range regexp.MustCompile(`(?m)^ +(--[a-z-]+)`).FindAllStringSubmatch(call(t, "", 0, "compare", "--help").out.String(), -1) {
		require.Contains(t, section, "`"+flag[1], flag[1])
	}

	r := call(t, "", 0, "compare", "steady-2m", "selffair-2", "--flow", "oracle", "--flow", "fixed:1Mbps", "--flow", "exec:false", "--seeds", "2", "--duration", "15s",
		"--baseline", "fixed:1Mbps", "--json")
	require.Equal(t, exitOK, r.code, r.err.String())
	var result any
	require.NoError(t, json.Unmarshal([]byte(r.out.String()), &result))
	fields := map[string]bool{"left_out": true, "leans": true, "harms": true}
	collect(result, fields)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		require.Contains(t, section, "`"+name+"`")
	}
}

// collect adds the names of all fields of a JSON value.
func collect(value any, fields map[string]bool) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			fields[name] = true
			collect(inner, fields)
		}
	case []any:
		for _, inner := range v {
			collect(inner, fields)
		}
	}
}
