// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package fleet

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/rtmcc/rtmcc/internal/lab/session"
)

func init() {
	register.Function3x1(match)
	register.DoFn2x2[context.Context, string, Outcome, error](&judgeFile{})
}

// FromFiles judges the recordings whose paths match any of the patterns, which may be on
// any file system that the program knows, and returns what came of each.
func FromFiles(s beam.Scope, patterns []string, cfg session.Config) beam.PCollection {
	s = s.Scope("FromFiles")
	globs := beam.CreateList(s, patterns)
	// Spread over the workers: a match is one small bundle.
	files := beam.Reshuffle(s, beam.ParDo(s, match, globs))

	return beam.ParDo(s, &judgeFile{Config: cfg}, files)
}

// match lists the files that a pattern names. It does not look at them, as Beam's own
// matching does, for one that cannot be read must not stop the others.
func match(ctx context.Context, pattern string, emit func(string)) error {
	fs, err := filesystem.New(ctx, pattern)
	if err != nil {
		return err
	}
	defer func() { _ = fs.Close() }()
	paths, err := fs.List(ctx, pattern)
	if err != nil {
		return fmt.Errorf("%s: %w", pattern, err)
	}
	for _, path := range paths {
		emit(path)
	}

	return nil
}

// judgeFile turns a file into its outcome.
type judgeFile struct {
	Config session.Config `json:"config"`
}

// ProcessElement is called by Beam.
func (j *judgeFile) ProcessElement(ctx context.Context, path string) (Outcome, error) {
	fs, err := filesystem.New(ctx, path)
	if err != nil {
		return Outcome{}, err
	}
	defer func() { _ = fs.Close() }()
	in, err := fs.OpenRead(ctx, path)
	if ctx.Err() != nil {
		return Outcome{}, ctx.Err()
	}
	if err != nil {
		return Outcome{Session: session.Summary{Name: path, Error: err.Error()}}, nil
	}
	defer func() { _ = in.Close() }()

	return judge(in, path, j.Config), nil
}
