// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/rtmcc/rtmcc/internal/trace/compressed"
	"github.com/rtmcc/rtmcc/internal/trace/convert"
	"github.com/rtmcc/rtmcc/internal/trace/formats"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// Conversion is what Convert is asked for.
type Conversion struct {
	// In is the path of the recording, "-" for the standard input, Out that of what is made
	// of it.
	In, Out string
	// Force replaces Out where it is there.
	Force bool
	// JSON prints the result as JSON.
	JSON bool
	// Flow says what of a capture is converted.
	Flow Flow
}

// Convert writes a recording as a trace, or its capacity as a capacity trace where the
// name of Out ends in .csv, and prints what was read and what was left out. Out appears
// only when it is whole.
func Convert(ctx context.Context, c Conversion, s Streams) error {
	if c.Out == formats.Stdin {
		return fmt.Errorf("%w: OUT is a file, which appears when it is whole: name one in place of -", ErrUsage)
	}
	if err := checkTarget(c.Out, c.Force); err != nil {
		return err
	}
	progress := newReadProgress(s, formats.Interruptible(ctx, s.In), 0)
	if c.In != formats.Stdin {
		file, err := formats.OpenFile(ctx, c.In)
		if err != nil {
			return c.interrupted(err)
		}
		defer func() { _ = file.Close() }() // was only read
		progress = newReadProgress(s, file, file.Size())
	}
	source, err := formats.ReadWith(progress, c.Flow.options())
	if err != nil {
		return c.interrupted(fmt.Errorf("%s: %w", c.In, err))
	}
	defer func() { _ = source.Close() }() // was only read
	var result convert.Result
	err = saveCompressed(c.Out, func(out io.Writer) error {
		var err error
		if capacityName(c.Out) {
			result, err = convert.ToCapacity(ctx, source, out)
		} else {
			result, err = convert.ToTrace(ctx, source, out)
		}

		return err
	})
	progress.end()
	if err != nil {
		return c.interrupted(fmt.Errorf("%s: %w", c.In, err))
	}
	if c.JSON {
		return json.NewEncoder(s.Out).Encode(result)
	}

	return printConversion(s, c, &result)
}

// interrupted says in plain words that the user ended the conversion, where err is that.
func (c *Conversion) interrupted(err error) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("interrupted, %s was not written", c.Out)
	}

	return err
}

// capacityName tells whether a capacity trace is wanted, which may be compressed.
func capacityName(path string) bool {
	path = strings.ToLower(path)
	path = strings.TrimSuffix(strings.TrimSuffix(path, ".gz"), ".zst")

	return strings.HasSuffix(path, ".csv")
}

func checkTarget(path string, force bool) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a directory, give the name of a file in it", path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file, which is all that can be written", path)
	case !force:
		return fmt.Errorf("%s is there already, --force replaces it", path)
	default:
		return nil
	}
}

// saveCompressed is [save] for a file that is compressed as the path's end tells.
func saveCompressed(path string, fill func(io.Writer) error) error {
	return save(path, func(w io.Writer) error {
		out, err := compressed.NewWriter(w, path)
		if err != nil {
			return err
		}

		return errors.Join(fill(out), out.Close())
	})
}

func printConversion(s Streams, c Conversion, r *convert.Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "read     %s: %s", c.In, r.Source.Format)
	if r.Source.Tool != "" {
		fmt.Fprintf(&b, " of %s", r.Source.Tool)
	}
	fmt.Fprintf(&b, ", %s\n", clock(r.Duration))
	for _, name := range slices.Sorted(maps.Keys(r.Events)) {
		fmt.Fprintf(&b, "         %9d %s\n", r.Events[name], name)
	}
	fmt.Fprintf(&b, "wrote    %s: %d events\n", c.Out, r.Written)
	if r.LeftOut > 0 {
		fmt.Fprintf(&b, "left out %d events that a capacity trace has no place for\n", r.LeftOut)
	}
	for _, line := range damageLines(r.Damage) {
		fmt.Fprintf(&b, "damaged  %s\n", line)
	}
	_, err := io.WriteString(s.Out, b.String())

	return err
}

// damageLines says in words what of a recording could not be read.
func damageLines(d recording.Damage) (lines []string) {
	if d.Records > 0 || d.Bytes > 0 {
		lines = append(lines, fmt.Sprintf("%d records, %d bytes, could not be read", d.Records, d.Bytes))
	}
	if d.Encrypted > 0 {
		lines = append(lines, fmt.Sprintf("%d RTCP packets are encrypted", d.Encrypted))
	}
	if d.Unmatched > 0 {
		lines = append(lines, fmt.Sprintf("%d results of feedback are for packets that are not there", d.Unmatched))
	}
	if d.Truncated {
		lines = append(lines, "the recording was cut off")
	}
	if d.First != "" {
		lines = append(lines, "first: "+d.First)
	}

	return lines
}
