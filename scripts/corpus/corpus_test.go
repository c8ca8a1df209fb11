// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/lab/corpus"
	"github.com/rtmcc/rtmcc/internal/lab/session"
)

func TestTheSameFlagsGiveTheSameSessions(t *testing.T) {
	var rows [2][]string
	for i := range rows {
		o := options{sessions: 3, workers: 1 + i, length: 21 * time.Second, seed: 5, ending: ".jsonl.zst", folder: t.TempDir()}
		require.NoError(t, run(t.Context(), &o))
		tally, err := corpus.Run(t.Context(), corpus.Options{
			Paths: []string{o.folder}, Config: session.Default(), Row: func(s *session.Summary) error {
				require.InDelta(t, 21, s.Duration, 1)
				s.Name, s.Start = filepath.Base(s.Name), time.Time{}
				text, err := json.Marshal(s)
				rows[i] = append(rows[i], string(text))

				return err
			},
		})
		require.NoError(t, err)
		require.Zero(t, tally.Failed)
	}
	require.Len(t, rows[0], 3)
	require.Equal(t, rows[0], rows[1])
}

func TestLabels(t *testing.T) {
	o := options{sessions: 2, workers: 2, length: time.Minute, seed: 5, ending: ".jsonl", labelled: true, folder: t.TempDir()}
	require.NoError(t, run(t.Context(), &o))
	text, err := os.ReadFile(filepath.Join(o.folder, "labels.jsonl"))
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	require.Len(t, lines, 2)
	for _, line := range lines {
		var l label
		require.NoError(t, json.Unmarshal([]byte(line), &l))
		require.FileExists(t, l.Name)
		require.Contains(t, []string{"yes", "no", "unclear"}, l.Estimate)
	}
}

func TestFlagsThatMakeNoCorpus(t *testing.T) {
	good := options{sessions: 1, workers: 1, length: time.Minute, ending: ".jsonl", folder: t.TempDir()}
	for name, change := range map[string]func(*options){
		"no folder":   func(o *options) { o.folder = "" },
		"no sessions": func(o *options) { o.sessions = 0 },
		"no workers":  func(o *options) { o.workers = 0 },
		"no length":   func(o *options) { o.length = 0 },
	} {
		o := good
		change(&o)
		require.ErrorIs(t, run(t.Context(), &o), errUsage, name)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, run(ctx, &good), context.Canceled)
}
