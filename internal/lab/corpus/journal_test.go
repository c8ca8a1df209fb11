// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package corpus

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/internal/lab/session"
)

// result is all that a run shows.
type result struct {
	rows  []string
	tally string
	last  Progress
}

func analyse(ctx context.Context, t require.TestingT, o Options) (result, error) {
	var r result
	var got rows
	row := o.Row
	o.Row = func(s *session.Summary) error {
		var err error
		if row != nil {
			err = row(s)
		}

		return errors.Join(err, got.add(s))
	}
	o.Progress = func(p Progress) { r.last = p }
	if o.Config == (session.Config{}) {
		o.Config = session.Default()
	}
	tally, err := Run(ctx, o)
	r.rows, r.tally = got.lines, asJSON(t, tally)

	return r, err
}

// cutJournal keeps so many bytes, as a machine that went down would.
func cutJournal(t require.TestingT, whole []byte, path string, kept int) (entries int64) {
	require.NoError(t, os.WriteFile(path, whole[:kept], 0o600))

	return max(int64(bytes.Count(whole[:kept], []byte("\n")))-1, 0)
}

func TestResumingComesToTheSameResult(t *testing.T) {
	folder, journal := corpusOf(t), filepath.Join(t.TempDir(), "journal")
	want, err := analyse(t.Context(), t, Options{Paths: []string{folder}})
	require.NoError(t, err)
	require.Contains(t, want.tally, `"sessions"`, "some are judged")
	o := Options{Paths: []string{folder}, Journal: journal, Workers: 2}
	first, err := analyse(t.Context(), t, o)
	require.NoError(t, err)
	require.Equal(t, want.rows, first.rows)
	whole, err := os.ReadFile(journal)
	require.NoError(t, err)

	check := func(kept int) {
		entries := cutJournal(t, whole, journal, kept)
		again, err := analyse(context.Background(), t, o)
		require.NoError(t, err)
		require.Equal(t, want.rows, again.rows)
		require.Equal(t, want.tally, again.tally)
		require.Equal(t, entries, again.last.Resumed, "what is in the journal is not read again")
	}
	for i, b := range whole {
		if b == '\n' {
			check(i)
			check(i + 1)
		}
	}
	const cuts = 29
	for i := range cuts {
		check(len(whole) * i / cuts)
	}
}

func TestInterruptingAnywhereLosesNothing(t *testing.T) {
	folder := filepath.Join(corpusOf(t), "day-1")
	want, err := analyse(t.Context(), t, Options{Paths: []string{folder}})
	require.NoError(t, err)
	rapid.Check(t, func(rt *rapid.T) {
		o := Options{
			Paths: []string{folder}, Workers: rapid.IntRange(1, 4).Draw(rt, "workers"), Journal: filepath.Join(t.TempDir(), "journal"),
		}
		for _, after := range rapid.SliceOfN(rapid.IntRange(0, len(want.rows)), 0, 3).Draw(rt, "interruptions") {
			ctx, cancel := context.WithCancel(context.Background())
			seen := 0
			o.Row = func(*session.Summary) error {
				if seen++; seen > after {
					cancel()
				}

				return nil
			}
			interrupted, err := analyse(ctx, rt, o)
			cancel()
			if err != nil {
				require.ErrorIs(rt, err, context.Canceled)
			}
			require.Equal(rt, want.rows[:len(interrupted.rows)], interrupted.rows)
		}
		o.Row = nil
		got, err := analyse(context.Background(), rt, o)
		require.NoError(rt, err)
		require.Equal(rt, want.rows, got.rows)
		require.Equal(rt, want.tally, got.tally)
	})
}

func TestFilesThatChangedAreReadAnew(t *testing.T) {
	folder := corpusOf(t)
	o := Options{Paths: []string{folder}, Journal: filepath.Join(t.TempDir(), "journal")}
	_, err := analyse(t.Context(), t, o)
	require.NoError(t, err)

	longer, touched := filepath.Join(folder, "day-0", "s06.jsonl"), filepath.Join(folder, "day-1", "s01.jsonl.gz")
	record(t, longer, 900)
	require.NoError(t, os.Chtimes(touched, time.Time{}, time.Now().Add(time.Hour)))
	got, err := analyse(t.Context(), t, o)
	require.NoError(t, err)
	require.EqualValues(t, 12, got.last.Resumed)
	want, err := analyse(t.Context(), t, Options{Paths: []string{folder}})
	require.NoError(t, err)
	require.Equal(t, want.rows, got.rows)
	again, err := analyse(t.Context(), t, o)
	require.NoError(t, err)
	require.EqualValues(t, 14, again.last.Resumed, "the last entry about a file counts")
	require.Equal(t, want.rows, again.rows)

	named := o
	named.Paths = []string{filepath.Join(folder, "README")}
	got, err = analyse(t.Context(), t, named)
	require.NoError(t, err)
	require.Len(t, got.rows, 1, "what was passed over in its folder is a row where it is named")
}

func TestJournalsThatDoNotFit(t *testing.T) {
	folder := corpusOf(t)
	o := Options{Paths: []string{folder}, Journal: filepath.Join(t.TempDir(), "journal"), Tool: "1"}
	_, err := analyse(t.Context(), t, o)
	require.NoError(t, err)
	for name, change := range map[string]func(*Options){
		"another version":       func(o *Options) { o.Tool = "2" },
		"another configuration": func(o *Options) { o.Config = session.Default(); o.Config.Swing.Cycles++ },
	} {
		other := o
		change(&other)
		_, err := analyse(t.Context(), t, other)
		require.ErrorIs(t, err, ErrJournal, name)
		require.ErrorContains(t, err, "remove it to begin anew", name)
	}
	for name, content := range map[string]string{
		"a text":                "some text\nof several lines\n",
		"an unfinished text":    "some text",
		"another JSON":          `{"name":"x"}` + "\n",
		"a line without an end": strings.Repeat("x", mostLine+1),
	} {
		o.Journal = filepath.Join(t.TempDir(), "precious")
		require.NoError(t, os.WriteFile(o.Journal, []byte(content), 0o600))
		_, err := analyse(t.Context(), t, o)
		require.ErrorIs(t, err, ErrJournal, name)
		require.ErrorContains(t, err, "no journal", name)
		kept, err := os.ReadFile(o.Journal)
		require.NoError(t, err)
		require.Equal(t, content, string(kept), "%s is left as it is", name)
	}
	o.Journal = filepath.Join(folder, "none", "journal")
	_, err = analyse(t.Context(), t, o)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func FuzzJournal(f *testing.F) {
	want := journalHeader{Version: journalVersion, Tool: "1", Config: "c"}
	head := `{"rtmcc_journal":1,"tool":"1","config":"c"}` + "\n"
	for _, text := range []string{
		"", head, head[:20], head + `{"path":"a","size":1,"modified_ns":2,"session":{}}` + "\n", head + `{"path":"a","skip":"unknown_format"}` + "\n{\n",
		head + "\x00\n" + `{"path":"a","skip":"no_file"}` + "\n" + `{"path":"b"`, "{}\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		index, end, err := readJournal(bytes.NewReader(text), want)
		if err != nil {
			require.Empty(t, index)

			return
		}
		require.True(t, end >= 0 && end <= int64(len(text)))
		require.True(t, end == 0 || text[end-1] == '\n')
		require.NotContains(t, string(text[end:]), "\n", "every whole line is kept")
		for _, place := range index {
			line := text[place.offset : place.offset+int64(place.length)]
			require.Equal(t, 1, bytes.Count(line, []byte("\n")))
			require.Equal(t, byte('{'), bytes.TrimSpace(line)[0])
		}
		// What is kept reads the same.
		again, same, err := readJournal(bytes.NewReader(text[:end]), want)
		require.NoError(t, err)
		require.Equal(t, end, same)
		require.Equal(t, index, again)
	})
}
