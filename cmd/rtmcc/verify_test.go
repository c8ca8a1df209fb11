// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/dump"
)

// TestVerifyEndToEnd dumps a push over real UDP on loopback, compares its stages, and
// compares them again after a byte was changed.
func TestVerifyEndToEnd(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dump")
	push := []string{"push", "--duration", "1s", "--dump", dir, "--config", "testdata/patient.json"}
	r := call(t, "", 0, push...)
	require.Equal(t, exitOK, r.code, r.err.String())
	r = call(t, "", 0, "verify", dir)
	require.Equal(t, exitOK, r.code, r.out.String()+r.err.String())
	require.Contains(t, r.out.String(), "track 0 (H264): 30 frames, 30 equal")
	require.Contains(t, r.out.String(), "\nequal: ")

	r = call(t, "", 0, push...)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err.String(), "holds one already")

	file := filepath.Join(dir, "ingest-1", "reassembled-0.h264")
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	b[len(b)-1] ^= 1
	require.NoError(t, os.WriteFile(file, b, 0o600))
	r = call(t, "", 0, "verify", filepath.Join(dir, "push"), filepath.Join(dir, "ingest-1"))
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.out.String(), "first difference: reassembled: track 0 (H264), frame 29 at ")
	require.Contains(t, r.err.String(), "differ in 1 frames")
	r = call(t, "", 0, "verify", "--json", dir)
	require.Equal(t, exitFailed, r.code)
	var report dump.Report
	require.NoError(t, json.Unmarshal([]byte(r.out.String()), &report))
	require.False(t, report.Equal)
	require.EqualValues(t, 29, report.First.Frame)

	r = call(t, "", 0, "verify", t.TempDir())
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.err.String(), "index.jsonl")
}
