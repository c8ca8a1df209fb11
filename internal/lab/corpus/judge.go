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
	"path/filepath"
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
	s, _, _ := judge(context.Background(), src, name, cfg, timeline.Window{})

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

// JudgeFile is [Judge] for a window of the file at path, of which it returns the timeline
// as well; that is nil where the file could not be read. The error wraps [formats.ErrUnknown]
// where the file is no recording, or is that of the context; all else that may be wrong
// with the file is in the summary. Calls may run concurrently.
func JudgeFile(ctx context.Context, path string, cfg session.Config, w timeline.Window) (session.Summary, *timeline.Timeline, error) {
	s, t, err := judgeFile(ctx, path, cfg, w)
	if err != nil && (errors.Is(err, formats.ErrUnknown) || ctx.Err() != nil) {
		return session.Summary{}, nil, err
	}

	return s, t, nil
}

// judgeFile returns the error that is in the summary's words too.
func judgeFile(ctx context.Context, path string, cfg session.Config, w timeline.Window) (session.Summary, *timeline.Timeline, error) {
	return judgeSource(ctx, path, cfg, w, func() (recording.Source, error) {
		file := path
		if file == formats.Stdin {
			// In a folder it is a file of that name.
			file = "." + string(filepath.Separator) + file
		}

		return formats.OpenContext(ctx, file, formats.Options{})
	})
}

// judgeSource is judgeFile for what open opens.
func judgeSource(
	ctx context.Context, path string, cfg session.Config, w timeline.Window, open func() (recording.Source, error),
) (session.Summary, *timeline.Timeline, error) {
	src, err := open()
	if err != nil {
		return session.Summary{Name: path, Error: withoutPath(path, err)}, nil, err
	}
	s, t, err := judge(ctx, src, path, cfg, w)
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

func judge(ctx context.Context, src recording.Source, name string, cfg session.Config, w timeline.Window) (session.Summary, *timeline.Timeline, error) {
	t, err := read(ctx, src, w)
	s := session.Summary{}
	if err == nil {
		s = analyze(t, cfg)
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

// analyze is [session.Analyze], with words on the window where that is why a session could
// not be judged.
func analyze(t *timeline.Timeline, cfg session.Config) session.Summary {
	s := session.Analyze(t, cfg)
	if err := t.CheckWindow(); err != nil {
		s.Error = err.Error()
	} else if s.Error != "" && s.Window.Any() {
		s.Error = s.Window.String() + ": " + s.Error
	}

	return s
}

// read reduces a window of a recording to its signals.
func read(ctx context.Context, src recording.Source, w timeline.Window) (*timeline.Timeline, error) {
	b := timeline.NewBuilder("")
	b.Window(w)
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
