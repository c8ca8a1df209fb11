// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package captrace

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/rtmcc/rtmcc/internal/netsim/captrace"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// maxLine is the longest line that is looked at.
const maxLine = 4096

// filter reads the lines of a capacity trace that can be read, and counts the others.
type filter struct {
	lines  *bufio.Reader
	damage *recording.Damage
	// columns is 1 for a Mahimahi trace, 2 for the other kind, zero before its first line.
	columns     int
	number      int
	heading     bool
	first, last float64
	// good counts the points of a trace of two columns.
	good    int
	pending []byte
	err     error
}

func newFilter(r io.Reader, damage *recording.Damage) *filter {
	return &filter{lines: bufio.NewReaderSize(r, maxLine), damage: damage}
}

// Read implements [io.Reader].
func (f *filter) Read(p []byte) (int, error) {
	for len(f.pending) == 0 {
		if f.err != nil {
			return 0, f.err
		}
		f.next()
	}
	n := copy(p, f.pending)
	f.pending = f.pending[n:]

	return n, nil
}

// next takes in a line.
func (f *filter) next() {
	f.number++
	line, err := f.lines.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		f.passOver(int64(len(line)))

		return
	}
	f.end(err)
	why := f.check(line)
	switch {
	case why == nil:
		f.pending = line
		if !bytes.HasSuffix(line, []byte{'\n'}) && len(line) > 0 {
			f.pending = append(bytes.Clone(line), '\n')
		}
	case f.columns == 0 && !f.heading:
		f.heading = true
	default:
		f.damage.Note(fmt.Errorf("line %d: %w", f.number, why))
	}
}

func (f *filter) passOver(taken int64) {
	f.damage.Note(fmt.Errorf("line %d is longer than %d bytes", f.number, maxLine))
	for {
		line, err := f.lines.ReadSlice('\n')
		taken += int64(len(line))
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		f.damage.Bytes += taken
		f.end(err)

		return
	}
}

// end takes note of the end of the file, if it is reached.
func (f *filter) end(err error) {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		f.damage.Truncated, err = true, io.EOF
	}
	f.err = err
}

// check tells what is wrong with a line.
func (f *filter) check(line []byte) error {
	words := columns(line)
	if len(words) == 0 {
		return nil
	}
	want := f.columns
	if want == 0 {
		want = min(len(words), 2)
	}
	if len(words) < want || (want == 1 && len(words) != 1) {
		return fmt.Errorf("%d columns where the first line has %d", len(words), want)
	}
	at, err := figure(words[0], want == 1)
	if err != nil {
		return err
	}
	if want == 2 {
		rate, err := figure(words[1], false)
		if err != nil {
			return err
		}
		if rate < 0 || rate > float64(captrace.MaxBitrate) {
			return fmt.Errorf("capacity %g bps, want 0 to %d", rate, captrace.MaxBitrate)
		}
	}
	switch {
	case f.columns == 0 && want == 1 && at < 0:
		return fmt.Errorf("time %g ms is before zero", at)
	case f.columns == 0:
		f.columns, f.last = want, at
		if want == 2 {
			f.first = at
		}
	case at < f.last:
		return fmt.Errorf("time goes back, from %g to %g ms", f.last, at)
	}
	longest := captrace.MaxLength
	if want == 1 {
		longest = min(longest, (captrace.MaxPoints-1)*captrace.DefaultBin)
	}
	if at-f.first > float64(longest.Milliseconds()) {
		return fmt.Errorf("time %g ms is too late, want at most %v", at, longest)
	}
	if f.good == captrace.MaxPoints {
		return fmt.Errorf("more than %d lines of figures", captrace.MaxPoints)
	}
	f.last = at
	if want == 2 {
		f.good++
	}

	return nil
}

func figure(word []byte, whole bool) (float64, error) {
	v, err := strconv.ParseFloat(string(word), 64)
	if err == nil && whole {
		_, err = strconv.ParseInt(string(word), 10, 64)
	}
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%.20q is no number", word)
	}

	return v, nil
}

// columns splits a line as package captrace does; a comment has none.
func columns(line []byte) [][]byte {
	line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff")))
	if bytes.HasPrefix(line, []byte{'#'}) {
		return nil
	}

	return bytes.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\t' || r == '\r' || r == '\n' })
}
