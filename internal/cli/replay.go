// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/replay"
	"github.com/rtmcc/rtmcc/internal/lab/report"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/internal/trace"
	"github.com/rtmcc/rtmcc/internal/trace/formats"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// errNoFeedback is what a replay of a recording ends with that tells nothing of arrivals.
var errNoFeedback = errors.New("no feedback is in it, and without it there is nothing to estimate from")

// errCapacityOnly is it of one that tells of the path alone.
var errCapacityOnly = errors.New("only what the path could carry is in it, and no session: \"rtmcc sim --trace-file\" plays one over it")

// ReplayOptions says what "rtmcc replay" does with its files.
type ReplayOptions struct {
	// With names the controllers.
	With            []string
	NoVerify        bool
	Start, Min, Max bwe.Bitrate
	// Window is the stretch of each recording that figures and drawings are of.
	Window           timeline.Window
	JSON             bool
	Report           string
	Plot, SeriesFile string
	// Flow says what of captures is replayed.
	Flow Flow
}

// replayed is what came of one file.
type replayed struct {
	File string `json:"file"`
	*verification
	// Replay is nil where the recording could not be replayed.
	Replay *replay.Result `json:"replay,omitempty"`
	Error  string         `json:"error,omitempty"`
	// name stands for File in the names of what is written of several files.
	name string
	// page is the session as reports and figures show it; nil where neither is wanted.
	page *report.Session
}

// verification is what a trace's own decisions, computed again, came to.
type verification struct {
	Identical bool `json:"identical"`
	trace.Result
}

// Replay feeds recordings to controllers and prints what came of it. The decisions of an
// own trace are computed again and compared before. The error wraps [ErrDiffers] where
// one differs. A file that fails does not keep the others from being replayed.
func Replay(ctx context.Context, files []string, o *ReplayOptions, s Streams) error {
	if err := o.Window.Validate(); err != nil {
		return fmt.Errorf("%w: --from, --to: %w", ErrUsage, err)
	}
	if err := checkOutputs(
		output{"--report", o.Report, pageEndings}, output{"--plot", o.Plot, figureEndings}, output{"--series", o.SeriesFile, tableEndings},
	); err != nil {
		return err
	}
	r := &replayer{options: o, streams: s, several: len(files) > 1}
	r.limits = netsim.Limits{Start: o.Start, Min: o.Min, Max: o.Max}
	if err := ordered(&r.limits); err != nil {
		return err
	}
	for _, name := range o.With {
		c, err := netsim.ParseChoice(name)
		if err == nil {
			_, err = c.Open(netsim.Setting{Limits: replay.DefaultLimits})
		}
		if err != nil {
			return fmt.Errorf("%w: --with: %w", ErrUsage, err)
		}
		r.controllers = append(r.controllers, c)
	}
	var failed error
	names := ownNames(files)
	for i, file := range files {
		out := &replayed{File: file, name: names[i]}
		err := r.file(ctx, out)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			out.Error = err.Error()
			failed = errors.Join(failed, err)
		}
		r.done = append(r.done, out)
		if o.JSON {
			err = json.NewEncoder(s.Out).Encode(out)
		} else {
			err = r.print(out)
		}
		if err != nil {
			return err
		}
	}
	if r.several && !o.JSON {
		failed = errors.Join(failed, r.printSummary())
	}

	return errors.Join(failed, r.writeReport())
}

// ordered refuses bounds that contradict each other; zero stands for one not given.
func ordered(l *netsim.Limits) error {
	for _, pair := range []struct {
		low, high         bwe.Bitrate
		lowName, highName string
	}{
		{l.Min, l.Max, "--min", "--max"},
		{l.Min, l.Start, "--min", "--start"},
		{l.Start, l.Max, "--start", "--max"},
	} {
		if pair.high > 0 && pair.low > pair.high {
			return fmt.Errorf("%w: %s %v is above %s %v", ErrUsage, pair.lowName, pair.low, pair.highName, pair.high)
		}
	}

	return nil
}

// replayer replays files one after the other.
type replayer struct {
	options     *ReplayOptions
	streams     Streams
	controllers []netsim.Choice
	limits      netsim.Limits
	several     bool
	done        []*replayed
}

func (r *replayer) file(ctx context.Context, out *replayed) error {
	path, done, err := readable(ctx, out.File, r.streams.In)
	if err != nil {
		return err
	}
	defer done()
	var different error
	if !r.options.NoVerify {
		out.verification, different = verify(out.File, path)
	}
	if len(r.controllers) == 0 {
		return different
	}
	result, err := r.replay(ctx, out.File, path)
	if err != nil {
		return errors.Join(different, err)
	}
	if !result.Heard {
		err := withoutFeedback(out.File, result)
		if out.verification != nil {
			// It is verified, which is something.
			Say(r.streams.Err, "%v\n", err)

			return different
		}

		return errors.Join(different, err)
	}
	out.Replay = result

	return errors.Join(different, failures(out.File, result), r.draw(out))
}

// withoutFeedback says why there is nothing to replay, which damage may explain.
func withoutFeedback(file string, result *replay.Result) error {
	if t := result.Timeline; t != nil && t.Totals.PacketsSent == 0 && len(t.Capacity) > 0 {
		return fmt.Errorf("%s: %w", file, errCapacityOnly)
	}
	err := fmt.Errorf("%s: %w", file, errNoFeedback)
	if lines := damageLines(result.Damage); len(lines) > 0 {
		err = fmt.Errorf("%w: %s", err, strings.Join(lines, ", "))
	}

	return err
}

// failures are those of controllers on the way.
func failures(file string, result *replay.Result) error {
	var out error
	for i := range result.Controllers {
		if c := &result.Controllers[i]; c.Error != "" {
			out = errors.Join(out, fmt.Errorf("%s: %s: %s", file, c.Controller, c.Error))
		}
	}

	return out
}

// verify computes the decisions of an own trace, to be read at path, again. It returns nil for recordings of
// others, and for traces of controllers that are not this module's; what cannot be
// opened is left to the replay, which says so. The error wraps [ErrDiffers] where a
// decision differs; a trace that is damaged on the way may still be replayed.
func verify(file, path string) (*verification, error) {
	r, closer, err := trace.Open(path)
	if err != nil {
		return nil, nil //nolint:nilerr // see above
	}
	result, err := trace.Replay(r, nil)
	_ = closer.Close() // was only read
	if errors.Is(err, trace.ErrNoLoop) {
		// There is nothing to compare with.
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: its decisions cannot be verified, --no-verify does without: %w", file, err)
	}
	v := &verification{Identical: result.Identical(), Result: result}
	if !v.Identical {
		return v, fmt.Errorf("%s: %w in %d of %d decisions", file, ErrDiffers, v.Differences, v.Decisions)
	}

	return v, nil
}

// replay reads the file, which is at path, twice: up to where it tells its limits, and
// all of it.
func (r *replayer) replay(ctx context.Context, file, path string) (*replay.Result, error) {
	o := replay.Options{Controllers: r.controllers, Limits: r.limits, Window: r.options.Window}
	err := r.reading(ctx, file, path, func(src recording.Source) (err error) {
		o.Found, err = replay.FirstLimits(src)

		return err
	})
	if err != nil {
		return nil, err
	}
	progress := newProgress(r.streams)
	defer progress.end()
	o.Progress = func(at bwe.Time) {
		progress.show(-1, fmt.Sprintf("%s: %s replayed", file, clock(at.Sub(0).Seconds())))
	}
	var result *replay.Result
	err = r.reading(ctx, file, path, func(src recording.Source) (err error) {
		result, err = replay.Run(ctx, src, o)

		return err
	})

	return result, err
}

// reading opens a recording for do.
func (r *replayer) reading(ctx context.Context, file, path string, do func(recording.Source) error) error {
	in, err := formats.OpenFile(ctx, path)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // was only read
	src, err := formats.ReadWith(in, r.options.Flow.options())
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}

	if err := errors.Join(do(src), src.Close()); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}

	return nil
}
