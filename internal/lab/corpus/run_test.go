// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package corpus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/trace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// record writes a trace of so many packets, 100 ms apart, of which every fourth is lost.
func record(t *testing.T, path string, packets int) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
	f, err := trace.Create(path, trace.Header{Tool: "test", Start: time.Unix(1_700_000_000, 0).UTC()})
	require.NoError(t, err)
	for i := range packets {
		at := bwe.Time(i) * bwe.Time(100*time.Millisecond)
		f.Observe(&bwe.SentPacket{At: at, Seq: int64(i), Size: 1000})
		f.Observe(&bwe.Feedback{At: at.Add(5 * time.Millisecond), Results: []bwe.PacketResult{
			{Seq: int64(i), Received: i%4 != 0, ReceivedAt: at.Add(2 * time.Millisecond)},
		}})
	}
	require.NoError(t, f.Close())
}

// corpusOf makes a folder of recordings and of what is none.
func corpusOf(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for i := range 12 {
		ending := []string{".jsonl", ".jsonl.gz"}[i%2]
		record(t, filepath.Join(folder, fmt.Sprintf("day-%d", i%3), fmt.Sprintf("s%02d%s", i, ending)), 50*i)
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "README"), []byte("not a recording\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "empty"), nil, 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(folder, "nothing"), 0o750))

	return folder
}

// rows collects what a run finds.
type rows struct{ lines []string }

func (r *rows) add(s *session.Summary) error {
	line, err := json.Marshal(s)
	r.lines = append(r.lines, string(line))

	return err
}

func TestRunFindsEveryRecordingInOrder(t *testing.T) {
	folder := corpusOf(t)
	var want *rows
	for _, workers := range []int{1, 4} {
		var got rows
		var last Progress
		tally, err := Run(t.Context(), Options{
			Paths: []string{folder}, Workers: workers, Row: got.add, Progress: func(p Progress) { last = p },
		})
		require.NoError(t, err)
		require.Len(t, got.lines, 12)
		require.Equal(t, map[Reason]int64{UnknownFormat: 2}, tally.Skipped)
		require.EqualValues(t, 14, last.Files)
		require.Equal(t, last.AllFiles, last.Files)
		require.Equal(t, last.AllBytes, last.Bytes)
		require.Zero(t, last.Resumed)
		if want != nil {
			require.Equal(t, want.lines, got.lines)
		}
		want = &got
	}
	require.Contains(t, want.lines[0], "day-0/s00.jsonl")
	require.Contains(t, want.lines[11], "day-2/s11.jsonl.gz")
}

func TestNamedFilesThatAreNoRecordingsAreRows(t *testing.T) {
	folder := corpusOf(t)
	var got rows
	tally, err := Run(t.Context(), Options{
		Paths: []string{filepath.Join(folder, "README"), filepath.Join(folder, "gone"), filepath.Join(folder, "nothing")}, Row: got.add,
	})
	require.NoError(t, err)
	require.Len(t, got.lines, 2)
	require.Contains(t, got.lines[0], "unknown format")
	require.Contains(t, got.lines[1], "no such file")
	require.EqualValues(t, 2, tally.Failed)
	require.Empty(t, tally.Skipped)
}

func TestRunEndsWithItsContext(t *testing.T) {
	folder := corpusOf(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := 0
	_, err := Run(ctx, Options{Paths: []string{folder}, Workers: 2, Row: func(*session.Summary) error {
		if seen++; seen == 3 {
			cancel()
		}

		return nil
	}})
	require.ErrorIs(t, err, context.Canceled)
	require.GreaterOrEqual(t, seen, 3)

	full := errors.New("full")
	_, err = Run(t.Context(), Options{Paths: []string{folder}, Row: func(*session.Summary) error { return full }})
	require.ErrorIs(t, err, full)
}
