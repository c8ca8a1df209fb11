// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/rtmcc/rtmcc/internal/jsonfile"
	"github.com/rtmcc/rtmcc/internal/lab/corpus"
	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
	"github.com/rtmcc/rtmcc/internal/trace/formats"
)

// AnalyzeOptions say what to analyse and what to make of it.
type AnalyzeOptions struct {
	// Paths are files and folders. FilesFrom is a file with further ones, one a line, "-"
	// for the standard input, empty for none.
	Paths     []string
	FilesFrom string
	// JSON prints the result as one object.
	JSON bool
	// JSONL, Parquet, Report and Plot are the files to write, empty for none; Plot may be
	// a folder.
	JSONL, Parquet, Report, Plot string
	// Resume is the journal that an interrupted analysis goes on from, empty for one
	// beside the first file of rows that lasts until that is whole.
	Resume string
	// Workers is how many recordings are read at a time, zero for one a processor.
	Workers int
	// Window is the stretch of each recording that is judged.
	Window timeline.Window
	// ConfigFile is a JSON file with fields of [session.Config], empty for none.
	ConfigFile string
}

const (
	// fewSessions are described each for itself, and drawn in a report.
	fewSessions = 6
	// fewErrors are said as they come.
	fewErrors = 5
)

// journalEnding follows the name of a file of rows.
const journalEnding = ".journal"

var errNothing = errors.New("nothing to analyse")

// Analyze says what was wrong with the sessions of recordings, and how often.
func Analyze(ctx context.Context, o AnalyzeOptions, s Streams) error {
	a := &analysis{options: o, streams: s, worst: corpus.Worst{Keep: fewSessions}}
	var err error
	if a.config, err = sessionConfig(o.ConfigFile); err != nil {
		return err
	}
	if a.paths, err = o.paths(s.In); err != nil {
		return err
	}
	if err := a.check(); err != nil {
		return err
	}
	if err := a.create(); err != nil {
		a.abandon()

		return err
	}
	if err := a.run(ctx); err != nil {
		a.abandon()
		a.clearJournal(err)

		return err
	}
	if err := a.finish(); err != nil {
		return err
	}
	if err := a.draw(ctx); err != nil {
		return err
	}
	if o.JSON {
		return a.printJSON()
	}

	return a.printTable()
}

// sessionConfig returns the recommended bounds, with those replaced that file names,
// which may be empty.
func sessionConfig(file string) (session.Config, error) {
	cfg := session.Default()
	if err := jsonfile.Load(file, &cfg); err != nil {
		return cfg, err
	}
	if err := cfg.Validate(); err != nil {
		return cfg, fmt.Errorf("%w: %s: %w", ErrUsage, file, err)
	}

	return cfg, nil
}

// paths returns what to analyse.
func (o *AnalyzeOptions) paths(in io.Reader) ([]string, error) {
	paths := o.Paths
	stdins := 0
	if o.FilesFrom == formats.Stdin {
		stdins++
	}
	for _, path := range paths {
		if path == formats.Stdin {
			stdins++

			continue
		}
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUsage, err)
		}
	}
	if stdins > 1 {
		return nil, fmt.Errorf("%w: the standard input can be read but once: name - once, as a recording or for --files-from", ErrUsage)
	}
	if o.FilesFrom != "" {
		if o.FilesFrom != formats.Stdin {
			file, err := os.Open(o.FilesFrom)
			if err != nil {
				return nil, fmt.Errorf("%w: --files-from: %w", ErrUsage, err)
			}
			defer func() { _ = file.Close() }()
			in = file
		}
		lines := bufio.NewScanner(in)
		for lines.Scan() {
			line := strings.TrimRight(lines.Text(), "\r")
			if line == formats.Stdin {
				return nil, fmt.Errorf("%w: --files-from lists -, which stands for the standard input: give it as an argument, or a file of that name as ./-", ErrUsage)
			}
			if line != "" {
				paths = append(paths, line)
			}
		}
		if err := lines.Err(); err != nil {
			return nil, fmt.Errorf("--files-from: %w", err)
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%w: %w: name files or folders, or a list of them by --files-from", ErrUsage, errNothing)
	}

	return paths, nil
}

// analysis is one run of the command.
type analysis struct {
	options AnalyzeOptions
	streams Streams
	config  session.Config
	paths   []string
	journal string
	sinks   []rowSink

	tally *corpus.Tally
	last  corpus.Progress
	// first are the sessions as long as they are few.
	first  []session.Summary
	worst  corpus.Worst
	rows   int64
	errors int64
}

// rowSink takes in a row a session.
type rowSink struct {
	file  *resultFile
	add   func(*session.Summary) error
	close func() error
}

// create begins the files of rows.
func (a *analysis) create() error {
	a.journal = a.options.Resume
	for _, out := range []struct {
		path string
		sink func(*resultFile) rowSink
	}{{a.options.JSONL, jsonlSink}, {a.options.Parquet, parquetSink}} {
		if out.path == "" {
			continue
		}
		file, err := createResult(out.path)
		if err != nil {
			return err
		}
		a.sinks = append(a.sinks, out.sink(file))
		if a.journal == "" && !file.direct {
			a.journal = out.path + journalEnding
		}
	}

	return nil
}

func jsonlSink(f *resultFile) rowSink {
	out := json.NewEncoder(f)

	return rowSink{file: f, add: func(s *session.Summary) error { return out.Encode(s) }, close: func() error { return nil }}
}

func parquetSink(f *resultFile) rowSink {
	out := corpus.NewParquet(f)

	return rowSink{file: f, add: out.Add, close: out.Close}
}

// abandon removes the files of rows.
func (a *analysis) abandon() {
	for _, sink := range a.sinks {
		sink.file.abandon()
	}
}

// clearJournal removes a journal that nothing can go on from: one that says of no file
// what came of it, and where nothing was found, the one that is kept only until something
// is.
func (a *analysis) clearJournal(why error) {
	if a.journal == "" {
		return
	}
	if corpus.EmptyJournal(a.journal) || a.journal != a.options.Resume && errors.Is(why, errNothing) {
		_ = os.Remove(a.journal) // where it stays, it does no harm
	}
}

// finish completes the files of rows.
func (a *analysis) finish() error {
	var err error
	for _, sink := range a.sinks {
		if failed := sink.close(); failed != nil {
			sink.file.abandon()
			err = errors.Join(err, failed)

			continue
		}
		err = errors.Join(err, sink.file.finish())
	}
	if err == nil && a.journal != a.options.Resume {
		if err = os.Remove(a.journal); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}

	return err
}

// run analyses all recordings.
func (a *analysis) run(ctx context.Context) error {
	progress := newProgress(a.streams)
	var err error
	a.tally, err = corpus.Run(ctx, corpus.Options{
		Paths: a.paths, Except: a.own(), Stdin: a.streams.In, Window: a.options.Window, Config: a.config, Workers: a.options.Workers, Journal: a.journal, Tool: Version(),
		Row: func(s *session.Summary) error {
			if s.Error != "" && a.errors < fewErrors {
				progress.end()
				Say(a.streams.Err, "%s: %s\n", s.Name, s.Error)
			}

			return a.row(s)
		},
		Progress: func(p corpus.Progress) {
			a.last = p
			progress.showAnalysis(p)
		},
	})
	progress.end()
	switch {
	case err != nil && ctx.Err() != nil:
		return a.interrupted(ctx.Err())
	case err != nil:
		return err
	case a.rows == 0:
		return a.nothing()
	case a.errors == a.rows:
		return fmt.Errorf("%w: none of %d recordings could be judged", errNothing, a.rows)
	}
	if a.errors > fewErrors {
		Say(a.streams.Err, "%d further recordings could not be judged; the rows of --jsonl say why\n", a.errors-fewErrors)
	}

	return nil
}

func (a *analysis) nothing() error {
	err := fmt.Errorf("%w: no recording among %d files; docs/recordings.md names the formats that are read", errNothing, a.last.Files)
	if note := a.tally.SkippedNote(); note != "" {
		err = fmt.Errorf("%w; %s", err, note)
	}

	return err
}

func (a *analysis) interrupted(why error) error {
	how := "with --resume FILE an analysis goes on where it stopped"
	if a.journal != "" {
		how = "the same command goes on from there"
	}

	return fmt.Errorf("interrupted (%w) after %d of %d files; %s", why, a.last.Files, a.last.AllFiles, how)
}

// row takes in what came of a recording.
func (a *analysis) row(s *session.Summary) error {
	a.rows++
	if s.Error != "" {
		a.errors++
	}
	if len(a.first) <= fewSessions {
		a.first = append(a.first, *s)
	}
	a.worst.Add(s)
	for _, sink := range a.sinks {
		if err := sink.add(s); err != nil {
			return err
		}
	}

	return nil
}

// few tells whether there are so few sessions that each is described.
func (a *analysis) few() bool { return len(a.first) <= fewSessions }
