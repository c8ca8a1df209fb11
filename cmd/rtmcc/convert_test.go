// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/trace/convert"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// TestConvert converts a trace from one form to the next and verifies each.
func TestConvert(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	r := call(t, "", 0, "sim", "steady-2m", "--duration", "5s", "--flow", "default+rc", "--log", path("a.jsonl"))
	require.Equal(t, exitOK, r.code, r.err.String())
	whole, err := os.ReadFile(path("a.jsonl"))
	require.NoError(t, err)

	for _, step := range [][2]string{{"a.jsonl", "b.jsonl.zst"}, {"b.jsonl.zst", "c.jsonl.gz"}, {"c.jsonl.gz", "d.jsonl"}} {
		r = call(t, "", 0, "convert", path(step[0]), path(step[1]))
		require.Equal(t, exitOK, r.code, r.err.String())
		require.Contains(t, r.out.String(), "rtmcc trace of rtmcc sim, 0:04\n")
		require.Regexp(t, `\n +\d+ sent\n`, r.out.String())
		require.NotContains(t, r.out.String(), "damaged")
		require.Empty(t, r.err.String())
		r = call(t, "", 0, "replay", path(step[1]))
		require.Equal(t, exitOK, r.code, r.err.String())
		require.Contains(t, r.out.String(), "identical: ")
	}
	again, err := os.ReadFile(path("d.jsonl"))
	require.NoError(t, err)
	require.Equal(t, string(whole), string(again))

	r = call(t, string(whole)+"gibberish\n"+`{"e":"tim`, 0, "convert", "--json", "-", path("e.jsonl"))
	require.Equal(t, exitOK, r.code, r.err.String())
	var result convert.Result
	require.NoError(t, json.Unmarshal([]byte(r.out.String()), &result))
	require.Equal(t, 1, result.Damage.Records)
	require.True(t, result.Damage.Truncated)
	again, err = os.ReadFile(path("e.jsonl"))
	require.NoError(t, err)
	require.Equal(t, string(whole), string(again))
	r = call(t, string(whole)+"gibberish\n"+`{"e":"tim`, 0, "convert", "-", path("e.jsonl"), "--force")
	require.Contains(t, r.out.String(), "damaged  1 records, 10 bytes, could not be read\ndamaged  the recording was cut off\ndamaged  first: trace: line ")

	r = call(t, "", 0, "convert", path("a.jsonl"), path("f.csv"))
	require.Equal(t, exitOK, r.code, r.err.String())
	require.Regexp(t, `left out \d+ events`, r.out.String())
	capacity, err := os.ReadFile(path("f.csv"))
	require.NoError(t, err)
	require.Regexp(t, `^time_ms,capacity_bps\n\d+,2000000\n$`, string(capacity))
}

func TestConvertLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out.jsonl")
	const tiny = `{"rtmcc_trace":1}` + "\n" + `{"e":"timer","t":1}` + "\n"
	for name, tc := range map[string]struct {
		in, target, want string
	}{
		"unknown":     {"hello", out, `begins with the text "hello"; known are rtmcc trace`},
		"empty":       {"", out, "there is nothing in it"},
		"no capacity": {tiny, filepath.Join(dir, "out.csv.gz"), "does not say what the path carried"},
		"no folder":   {tiny, "convert_test.go/no/out", "not a directory"},
		"a folder":    {tiny, dir, "is a directory"},
		"a device":    {tiny, "/dev/null", "no regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			r := call(t, tc.in, 0, "convert", "-", tc.target, "--force")
			require.Equal(t, exitFailed, r.code)
			require.Contains(t, r.err.String(), tc.want)
			require.Empty(t, r.out.String())
		})
	}
	r := call(t, tiny, 0, "convert", "-", "-")
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.err.String(), "name one in place of -")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, done := start(ctx, tiny, 0, "convert", "-", out)
	<-done
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err.String(), "interrupted, "+out+" was not written")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)

	require.NoError(t, os.WriteFile(out, []byte("precious"), 0o600))
	r = call(t, tiny, 0, "convert", "-", out)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err.String(), "is there already, --force replaces it")
	r = call(t, "hello", 0, "convert", "-", out, "--force")
	require.Equal(t, exitFailed, r.code)
	kept, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, "precious", string(kept))
	r = call(t, tiny, 0, "convert", "-", out, "--force")
	require.Equal(t, exitOK, r.code, r.err.String())
	left, err = os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
}

func TestDocumentationNamesEveryFieldOfAConversion(t *testing.T) {
	page, err := os.ReadFile("../../docs/cli.md")
	require.NoError(t, err)
	text, err := json.Marshal(convert.Result{
		Source: recording.Info{Format: "x", ConvertedFrom: "x", Tool: "x", Start: time.Now(), Recorder: "x"},
		Damage: recording.Damage{Truncated: true, Records: 1, Bytes: 1, Encrypted: 1, Unmatched: 1, First: "x"},
	})
	require.NoError(t, err)
	names := regexp.MustCompile(`"(\w+)":`).FindAllStringSubmatch(string(text), -1)
	require.Len(t, names, 17)
	for _, name := range names {
		require.Contains(t, string(page), "`"+name[1]+"`")
	}
}
