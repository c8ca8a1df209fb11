// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package corpus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
	"github.com/rtmcc/rtmcc/internal/trace/formats"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// askEvery is after how many events a reader asks whether it is still wanted.
const askEvery = 4096

// Judge reads a recording to its end, which it does not close, and says what was wrong
// with the session. Where the recording fails, [session.Summary.Error] says why.
func Judge(src recording.Source, name string, cfg session.Config) session.Summary {
	s, _, _ := judge(context.Background(), src, name, cfg)

	return s
}

// JudgeReader is [Judge] for the recording that in holds, compressed or not. The error
// wraps [formats.ErrUnknown] where it holds no recording; all else that may be wrong with
// it is in the summary.
func JudgeReader(in io.Reader, name string, cfg session.Config) (session.Summary, error) {
	src, err := formats.Read(in)
	if errors.Is(err, formats.ErrUnknown) {
		return session.Summary{}, err
	}
	if err != nil {
		return session.Summary{Name: name, Error: err.Error()}, nil //nolint:nilerr // the summary has it
	}
	s := Judge(src, name, cfg)
	_ = src.Close() // was only read

	return s, nil
}

// JudgeFile is [Judge] for the file at path, of which it returns the timeline as well;
// that is nil where the file could not be read. The error wraps [formats.ErrUnknown]
// where the file is no recording, or is that of the context; all else that may be wrong
// with the file is in the summary. Calls may run concurrently.
func JudgeFile(ctx context.Context, path string, cfg session.Config) (session.Summary, *timeline.Timeline, error) {
	s, t, err := judgeFile(ctx, path, cfg)
	if err != nil && (errors.Is(err, formats.ErrUnknown) || ctx.Err() != nil) {
		return session.Summary{}, nil, err
	}

	return s, t, nil
}

// judgeFile returns the error that is in the summary's words too.
func judgeFile(ctx context.Context, path string, cfg session.Config) (session.Summary, *timeline.Timeline, error) {
	src, err := formats.OpenContext(ctx, path, formats.Options{})
	if err != nil {
		return session.Summary{Name: path, Error: withoutPath(path, err)}, nil, err
	}
	s, t, err := judge(ctx, src, path, cfg)
	_ = src.Close() // was only read

	return s, t, err
}

// withoutPath says an error about a file whose path the summary has already.
func withoutPath(path string, err error) string {
	var failed *fs.PathError
	if errors.As(err, &failed) && failed.Path == path {
		return fmt.Sprintf("cannot %s it: %v", failed.Op, failed.Err)
	}

	return strings.TrimPrefix(err.Error(), path+": ")
}

func judge(ctx context.Context, src recording.Source, name string, cfg session.Config) (session.Summary, *timeline.Timeline, error) {
	t, err := read(ctx, src)
	s := session.Summary{}
	if err == nil {
		s = session.Analyze(t, cfg)
	} else {
		s.Error = err.Error()
	}
	info := src.Info()
	s.Name, s.Format, s.Recorder, s.Start, s.Damage = name, info.Format, info.Recorder, info.Start, src.Damage()
	if _, unfit := json.Marshal(&s); unfit != nil {
		// A recording may claim a year that no date has.
		err = fmt.Errorf("the figures cannot be written down: %w", unfit)
		s = session.Summary{Name: name, Format: info.Format, Error: err.Error()}
	}

	return s, t, err
}

// read reduces a recording to its signals.
func read(ctx context.Context, src recording.Source) (*timeline.Timeline, error) {
	b := timeline.NewBuilder("")
	for n := 0; ; n++ {
		if n%askEvery == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		ev, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		b.Observe(ev)
	}
	t := b.Build()
	t.FreezesKnown = t.FreezesKnown || src.Info().Freezes
	if t.Recorded != nil {
		// Some formats tell who recorded only on the way.
		t.Recorded.Name = src.Info().Recorder
	}

	return t, nil
}
