// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package convert

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// ErrNoCapacity is the error of a recording that does not say what the path carried.
var ErrNoCapacity = errors.New("the recording does not say what the path carried: write a trace (.jsonl) in place of a capacity trace")

// capacity are the lines of a capacity trace.
type capacity struct {
	out  *bufio.Writer
	line []byte
	any  bool
}

func newCapacity(out io.Writer) *capacity {
	c := &capacity{out: bufio.NewWriter(out)}
	_, _ = c.out.WriteString("time_ms,capacity_bps\n") // the error stays until Flush

	return c
}

func (c *capacity) write(ev bwe.Event, _ []byte) (bool, error) {
	e, ok := ev.(*recording.Capacity)
	if !ok {
		return false, nil
	}
	c.any = true
	c.line = strconv.AppendFloat(c.line[:0], float64(e.At)/float64(time.Millisecond), 'f', -1, 64)
	c.line = strconv.AppendInt(append(c.line, ','), int64(e.Bitrate), 10)
	_, err := c.out.Write(append(c.line, '\n'))

	return true, err
}

func (c *capacity) end() error {
	if !c.any {
		return ErrNoCapacity
	}

	return c.out.Flush()
}
