// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package captrace reads recorded link capacities: `time_ms,capacity_bps` lines
// (commas or blanks between the two) and Mahimahi traces (one line for each
// opportunity to deliver 1500 bytes, in milliseconds).
package captrace

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// ErrFormat is wrapped by every error about a trace's content.
var ErrFormat = errors.New("capacity trace")

// Limits of what a reader accepts, so that a wrong file ends in an error rather
// than in a machine out of memory.
const (
	// MaxPoints is the largest number of changes of capacity.
	MaxPoints = 4 << 20
	// MaxLength is the longest time that a trace may cover.
	MaxLength = 7 * 24 * time.Hour
	// MaxBitrate is the largest capacity.
	MaxBitrate = 100_000 * bwe.Mbps
	// DefaultBin is the window over which delivery opportunities are averaged.
	DefaultBin = 100 * time.Millisecond
	// maxLine bounds one line of text.
	maxLine = 4096
	// opportunity is what one line of a Mahimahi trace delivers, in bits.
	opportunity = 1500 * 8
)

// Point is a change of capacity.
type Point struct {
	// At is the time since the start of the trace.
	At time.Duration
	// Bitrate is the capacity from At on; zero for a link that carries nothing.
	Bitrate bwe.Bitrate
}

// Trace is a recorded capacity. Its first point is at zero, and times grow.
type Trace struct {
	Points []Point
	// Length is the time that the trace covers; it is above the last point's.
	Length time.Duration
}

// Mean returns the mean capacity over the length of the trace.
func (t *Trace) Mean() bwe.Bitrate {
	sum := 0.0
	for i, p := range t.Points {
		end := t.Length
		if i+1 < len(t.Points) {
			end = t.Points[i+1].At
		}
		sum += float64(p.Bitrate) * (end - p.At).Seconds()
	}

	return bwe.Bitrate(sum / t.Length.Seconds())
}

// Read reads a trace of either format, which it tells apart by the number of
// columns of the first line of figures. bin is the window over which delivery
// opportunities are averaged, zero for [DefaultBin]; the other format ignores it.
func Read(r io.Reader, bin time.Duration) (*Trace, error) {
	head := bufio.NewReaderSize(r, 1<<16)
	peeked, err := head.Peek(1 << 16)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, fmt.Errorf("reading a capacity trace: %w", err)
	}
	for line := range bytes.Lines(peeked) {
		words := fields(string(line))
		if len(words) == 0 {
			continue
		}
		if _, err := number(words[0]); err != nil {
			continue
		}
		if len(words) == 1 {
			return ReadMahimahi(head, bin)
		}

		break
	}

	return ReadCSV(head)
}

// ReadCSV reads `time_ms,capacity_bps` lines: two columns apart by a comma, a
// semicolon or blanks, any further columns ignored, lines that start with # and
// one heading line skipped. Times are taken relative to the first.
func ReadCSV(r io.Reader) (*Trace, error) {
	t := &Trace{}
	origin, heading := 0.0, false
	err := eachLine(r, func(n int, words []string) error {
		if len(words) < 2 {
			return fmt.Errorf("%w: line %d: %q has one column, want time_ms,capacity_bps", ErrFormat, n, words[0])
		}
		ms, err1 := number(words[0])
		bps, err2 := number(words[1])
		if err1 != nil && err2 != nil && len(t.Points) == 0 && !heading {
			heading = true

			return nil
		}
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Errorf("%w: line %d: %w", ErrFormat, n, err)
		}
		if len(t.Points) == 0 {
			origin = ms
		}

		return t.add(n, ms-origin, bps)
	})
	if err != nil {
		return nil, err
	}

	return t, t.finish()
}

func (t *Trace) add(n int, ms, bps float64) error {
	switch {
	case bps < 0 || bps > float64(MaxBitrate):
		return fmt.Errorf("%w: line %d: capacity %g bps, want 0 to %d", ErrFormat, n, bps, MaxBitrate)
	case ms < 0:
		return fmt.Errorf("%w: line %d: time goes back to before the first line", ErrFormat, n)
	case ms > float64(MaxLength/time.Millisecond):
		return fmt.Errorf("%w: line %d: time %g ms after the first line, want at most %v", ErrFormat, n, ms, MaxLength)
	case len(t.Points) == MaxPoints:
		return fmt.Errorf("%w: line %d: more than %d lines of figures", ErrFormat, n, MaxPoints)
	}
	p := Point{At: time.Duration(ms * float64(time.Millisecond)), Bitrate: bwe.Bitrate(bps)}
	if last := len(t.Points) - 1; last >= 0 {
		switch {
		case p.At < t.Points[last].At:
			return fmt.Errorf("%w: line %d: time goes back, from %v to %v", ErrFormat, n, t.Points[last].At, p.At)
		case p.At == t.Points[last].At:
			t.Points[last] = p

			return nil
		}
	}
	t.Points = append(t.Points, p)

	return nil
}

// finish sets the length: the last point lasts as long as the one before it, and
// a lone point one second.
func (t *Trace) finish() error {
	n := len(t.Points)
	if n == 0 {
		return fmt.Errorf("%w: no line of figures, want time_ms,capacity_bps or a Mahimahi trace", ErrFormat)
	}
	t.Length = t.Points[n-1].At + time.Second
	if n > 1 {
		t.Length = t.Points[n-1].At + t.Points[n-1].At - t.Points[n-2].At
	}

	return nil
}

// ReadMahimahi reads a trace of Mahimahi's link shell: one line for each
// opportunity to deliver 1500 bytes, the time in whole milliseconds, not falling. The
// capacity is the mean over windows of bin, zero for [DefaultBin]; a window of 1 ms
// keeps every burst.
func ReadMahimahi(r io.Reader, bin time.Duration) (*Trace, error) {
	if bin == 0 {
		bin = DefaultBin
	}
	if bin < time.Millisecond || bin%time.Millisecond != 0 {
		return nil, fmt.Errorf("%w: bin %v, want whole milliseconds", ErrFormat, bin)
	}
	width := int64(bin / time.Millisecond)
	var counts []int64
	last := int64(-1)
	err := eachLine(r, func(n int, words []string) error {
		ms, err := strconv.ParseInt(words[0], 10, 64)
		switch {
		case err != nil || len(words) > 1 || ms < 0:
			return fmt.Errorf("%w: line %d: %q, want one time in whole milliseconds", ErrFormat, n, strings.Join(words, " "))
		case ms < last:
			return fmt.Errorf("%w: line %d: time goes back, from %d to %d ms", ErrFormat, n, last, ms)
		case ms > int64(MaxLength/time.Millisecond) || ms/width >= MaxPoints:
			return fmt.Errorf("%w: line %d: %d ms is too late, want at most %v and %d windows of %v", ErrFormat, n, ms, MaxLength, MaxPoints, bin)
		}
		last = ms
		for int64(len(counts)) <= ms/width {
			counts = append(counts, 0)
		}
		counts[ms/width]++

		return nil
	})
	if err != nil {
		return nil, err
	}
	if last <= 0 {
		return nil, fmt.Errorf("%w: a Mahimahi trace must last at least 1 ms", ErrFormat)
	}

	return fromCounts(counts, bin, last), nil
}

// fromCounts averages over each window. The trace starts over at its last
// opportunity, so that the last window may be short; opportunities at the very end
// count with the window before.
func fromCounts(counts []int64, bin time.Duration, last int64) *Trace {
	t := &Trace{Length: time.Duration(last) * time.Millisecond}
	if n := len(counts) - 1; time.Duration(n)*bin == t.Length {
		counts[n-1] += counts[n]
		counts = counts[:n]
	}
	t.Points = make([]Point, len(counts))
	for i, n := range counts {
		start := time.Duration(i) * bin
		width := min(bin, t.Length-start)
		rate := bwe.Bitrate(math.Round(float64(n*opportunity) / width.Seconds()))
		t.Points[i] = Point{At: start, Bitrate: min(rate, MaxBitrate)}
	}

	return t
}

func eachLine(r io.Reader, use func(n int, words []string) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, maxLine), maxLine)
	n := 0
	for lines.Scan() {
		n++
		words := fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		if err := use(n, words); err != nil {
			return err
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("%w: line %d is longer than %d bytes: this is no capacity trace", ErrFormat, n+1, maxLine)
	}
	if lines.Err() != nil {
		return fmt.Errorf("reading a capacity trace: %w", lines.Err())
	}

	return nil
}

// fields splits a line into columns; a comment has none.
func fields(line string) []string {
	line = strings.TrimPrefix(line, "\ufeff")
	if strings.HasPrefix(strings.TrimSpace(line), "#") {
		return nil
	}

	return strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;", r) })
}

func number(word string) (float64, error) {
	v, err := strconv.ParseFloat(word, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%q is no number", word)
	}

	return v, nil
}
