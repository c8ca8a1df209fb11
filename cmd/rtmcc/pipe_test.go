// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

//go:build unix

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o600))

	return path
}

// TestPipeThatNobodyWritesInto ends each command by Ctrl-C while it waits.
func TestPipeThatNobodyWritesInto(t *testing.T) {
	for command, want := range map[string]string{
		"analyze": "interrupted (context canceled)",
		"replay":  "context canceled",
		"convert": "interrupted, ",
	} {
		t.Run(command, func(t *testing.T) {
			path := pipe(t)
			arguments := []string{command, path}
			if command == "convert" {
				arguments = append(arguments, filepath.Join(t.TempDir(), "out.jsonl"))
			}
			ctx, cancel := context.WithCancel(t.Context())
			r, ended := start(ctx, "", 0, arguments...)
			// This waits for the command to open it.
			out, err := os.OpenFile(path, os.O_WRONLY, 0)
			require.NoError(t, err)
			cancel()
			<-ended
			require.NoError(t, out.Close())
			require.Equal(t, exitFailed, r.code)
			require.Contains(t, r.err.String(), want)
		})
	}
}

func TestPipesThatAreWrittenInto(t *testing.T) {
	trace := simulated(t, "default")
	text, err := os.ReadFile(trace)
	require.NoError(t, err)
	for _, arguments := range [][]string{{"analyze"}, {"replay", "--no-verify"}, {"convert"}} {
		path := pipe(t)
		given := append(arguments, path)
		if arguments[0] == "convert" {
			given = append(given, filepath.Join(t.TempDir(), "out.jsonl"))
		}
		r, ended := start(t.Context(), "", 0, given...)
		out, err := os.OpenFile(path, os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = out.Write(text)
		require.NoError(t, err)
		require.NoError(t, out.Close())
		<-ended
		require.Equal(t, exitOK, r.code, r.err.String())
		require.Contains(t, r.out.String(), "rtmcc trace", arguments[0])
		if arguments[0] != "convert" {
			again := call(t, "", 0, append(arguments, trace)...)
			require.Equal(t, strings.ReplaceAll(again.out.String(), trace, path), r.out.String())
		}
	}
	path := pipe(t)
	r := call(t, "", 0, "analyze", path, "--report", filepath.Join(t.TempDir(), "r.html"))
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.err.String(), "save it to a file first")
}

func TestAnalyzePassesOverPipesInFolders(t *testing.T) {
	folder := recordings(t, 1)
	require.NoError(t, syscall.Mkfifo(filepath.Join(folder, "pipe"), 0o600))
	r := call(t, "", 0, "analyze", folder)
	require.Equal(t, exitOK, r.code, r.err.String())
	require.Equal(t, "passed over: 1 (no recording), 1 (no file, but a pipe, socket or device)\n", r.err.String())
	require.Contains(t, r.out.String(), "s00.jsonl.gz")

	require.NoError(t, os.Remove(filepath.Join(folder, "s00.jsonl.gz")))
	r = call(t, "", 0, "analyze", folder)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err.String(), "passed over: 1 (no recording), 1 (no file, but a pipe, socket or device)")
}
