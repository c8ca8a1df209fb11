// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"bufio"
	"encoding/json"
	"io"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// Encoder writes a trace in the goroutine of its caller, as fast as the destination
// takes it: for what is at hand already, where a [Writer] is for what happens now. It is
// not safe for concurrent use.
type Encoder struct {
	out  *bufio.Writer
	line []byte
}

// NewEncoder returns an encoder whose first line is h.
func NewEncoder(out io.Writer, h Header) *Encoder {
	e := &Encoder{out: bufio.NewWriterSize(out, flushBytes)}
	_, _ = e.out.Write(headerLine(h)) // the error stays until Flush

	return e
}

// Event writes an event.
func (e *Encoder) Event(ev bwe.Event) error {
	e.line = append(appendEvent(e.line[:0], ev), '\n')
	_, err := e.out.Write(e.line)

	return err
}

// Line writes the line of a trace as it is.
func (e *Encoder) Line(text []byte) error {
	if _, err := e.out.Write(text); err != nil {
		return err
	}

	return e.out.WriteByte('\n')
}

// Flush hands on what was written, and returns the first error.
func (e *Encoder) Flush() error { return e.out.Flush() }

// headerLine returns the first line of a trace, with its end.
func headerLine(h Header) []byte {
	h.Version = Version
	line, err := json.Marshal(h)
	if err != nil {
		// Only a start outside the years 0 to 9999 gets here.
		h.Start = time.Time{}
		line, _ = json.Marshal(h)
	}

	return append(line, '\n')
}
