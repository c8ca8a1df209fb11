// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// mostLine bounds a line. A feedback of 65536 packets takes less than half of it.
const mostLine = 4 << 20

// Line is one event of a trace as it was read.
type Line struct {
	// Number counts from 1, the header's line.
	Number int
	// Name is the event's name.
	Name  string
	Class Class
	// Text is the line without its end, valid until the next call of [Reader.Next].
	Text []byte

	prefix int
}

// fields returns the event without its name as one JSON object.
func (l *Line) fields() []byte {
	rest := bytes.TrimPrefix(l.Text[l.prefix:], []byte{','})

	return append([]byte{'{'}, rest...)
}

// Reader reads a trace. It is not safe for concurrent use.
type Reader struct {
	in        *bufio.Reader
	header    Header
	number    int
	buf       []byte
	size      int64
	truncated bool
	names     map[string]named
}

// named is an event's name and what that says of the class of a line of the loop.
type named struct {
	name  string
	class Class
}

// NewReader reads the header from in.
func NewReader(in io.Reader) (*Reader, error) {
	r := &Reader{in: bufio.NewReaderSize(in, 64<<10), names: make(map[string]named)}
	text, err := r.line()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: the file is empty", ErrFormat)
	}
	if err != nil {
		return nil, err
	}
	var version struct {
		Version *int `json:"rtmcc_trace"`
	}
	switch err := json.Unmarshal(text, &version); {
	case err != nil || version.Version == nil:
		return nil, fmt.Errorf(`%w: line 1 is no header, want {"rtmcc_trace":%d,…}: is this a file that "rtmcc push --trace" wrote?`, ErrFormat, Version)
	case *version.Version != Version:
		return nil, fmt.Errorf("%w: version %d, this program reads version %d: use the rtmcc that wrote it", ErrFormat, *version.Version, Version)
	}
	if err := json.Unmarshal(text, &r.header); err != nil {
		return nil, fmt.Errorf("%w: line 1: header: %w", ErrFormat, err)
	}

	return r, nil
}

// Header returns the first line.
func (r *Reader) Header() Header { return r.header }

// Truncated tells, after the end, whether the last line was cut off and left out.
func (r *Reader) Truncated() bool { return r.truncated }

// Next returns the next event, [io.EOF] at the end.
func (r *Reader) Next() (Line, error) {
	for {
		text, err := r.line()
		if err != nil {
			return Line{}, err
		}
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}

		return r.classify(text)
	}
}

func (r *Reader) classify(text []byte) (Line, error) {
	l := Line{Number: r.number, Text: text}
	rest, ofLoop := bytes.CutPrefix(text, []byte(`{"e":"`))
	if !ofLoop {
		var other bool
		if rest, other = bytes.CutPrefix(text, []byte(`{"x":"`)); !other {
			return l, fmt.Errorf(`%w: line %d does not begin with {"e":" or {"x":"`, ErrFormat, r.number)
		}
	}
	name, after, ok := bytes.Cut(rest, []byte{'"'})
	if !ok || len(after) == 0 || after[0] != ',' && after[0] != '}' {
		return l, fmt.Errorf("%w: line %d: the event's name does not end", ErrFormat, r.number)
	}
	l.prefix = len(text) - len(after)
	n := r.intern(name)
	l.Name = n.name
	if ofLoop {
		l.Class = n.class
	}

	return l, nil
}

// mostNames bounds the names that are kept; there are about twenty.
const mostNames = 256

func (r *Reader) intern(name []byte) named {
	if n, ok := r.names[string(name)]; ok {
		return n
	}
	n := named{name: string(name), class: Decision}
	if inputs[n.name] {
		n.class = Input
	}
	if len(r.names) < mostNames {
		r.names[n.name] = n
	}

	return n
}

// line returns the next line without its end, valid until the next call. A last line
// without an end counts only if it is whole. Of a line that is too long nothing is kept.
func (r *Reader) line() ([]byte, error) {
	if r.truncated {
		return nil, io.EOF
	}
	r.number++
	text, err := r.in.ReadSlice('\n')
	r.size = int64(len(text))
	if err == nil {
		return trimEnd(text), nil
	}
	r.buf = append(r.buf[:0], text...)
	for errors.Is(err, bufio.ErrBufferFull) {
		text, err = r.in.ReadSlice('\n')
		r.size += int64(len(text))
		if r.size <= mostLine {
			r.buf = append(r.buf, text...)
		}
	}
	ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !ended {
		return nil, fmt.Errorf("line %d: %w", r.number, err)
	}
	if r.size > mostLine {
		r.truncated = ended

		return nil, fmt.Errorf("%w: line %d is longer than %d bytes", ErrFormat, r.number, mostLine)
	}
	if !ended {
		return trimEnd(r.buf), nil
	}
	// A compressed file that was cut off ends unexpectedly even after a whole line.
	r.truncated = errors.Is(err, io.ErrUnexpectedEOF) || len(r.buf) > 0 && !json.Valid(r.buf)
	if r.truncated || len(r.buf) == 0 {
		return nil, io.EOF
	}

	return r.buf, nil
}

func trimEnd(line []byte) []byte {
	for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}

	return line
}
