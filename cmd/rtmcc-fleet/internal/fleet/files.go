// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package fleet

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/fileio"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/rtmcc/rtmcc/internal/lab/session"
)

func init() {
	register.DoFn2x2[context.Context, fileio.FileMetadata, Outcome, error](&judgeFile{})
}

// FromFiles judges the recordings whose paths match any of the patterns, which may be on
// any file system that the program knows, and returns what came of each.
func FromFiles(s beam.Scope, patterns []string, cfg session.Config) beam.PCollection {
	s = s.Scope("FromFiles")
	globs := beam.CreateList(s, patterns)
	// Spread over the workers: a match is one small bundle.
	files := beam.Reshuffle(s, fileio.MatchAll(s, globs, fileio.MatchEmptyAllow()))

	return beam.ParDo(s, &judgeFile{Config: cfg}, files)
}

// judgeFile turns a file into its outcome.
type judgeFile struct {
	Config session.Config `json:"config"`
}

// ProcessElement is called by Beam.
func (j *judgeFile) ProcessElement(ctx context.Context, file fileio.FileMetadata) (Outcome, error) {
	fs, err := filesystem.New(ctx, file.Path)
	if err != nil {
		return Outcome{}, err
	}
	defer func() { _ = fs.Close() }()
	in, err := fs.OpenRead(ctx, file.Path)
	if err != nil {
		return Outcome{}, fmt.Errorf("cannot open the recording: %w", err)
	}
	defer func() { _ = in.Close() }()

	return judge(in, file.Path, j.Config), nil
}
