// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package drive

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

const (
	// mostMicros keeps every difference of two times in range.
	mostMicros = math.MaxInt64 / 2 / int64(time.Microsecond)
	mostSize   = 1 << 30
)

// arguments takes the words of a line one by one and remembers the first that is
// wrong, so that a command reads them all and checks once. It allocates nothing
// while all is well, as a simulation sends millions of lines.
type arguments struct {
	rest []byte
	err  error
	// short: a word was missing.
	short bool
}

// more tells whether a word is left and all were right so far.
func (a *arguments) more() bool {
	a.rest = bytes.TrimLeft(a.rest, " \t\r")

	return len(a.rest) > 0 && a.err == nil
}

func (a *arguments) word() ([]byte, bool) {
	if !a.more() {
		return nil, false
	}
	end := bytes.IndexAny(a.rest, " \t\r")
	if end < 0 {
		end = len(a.rest)
	}
	word := a.rest[:end]
	a.rest = a.rest[end:]

	return word, true
}

func (a *arguments) integer(name string) int64 {
	word, ok := a.word()
	if !ok {
		a.short = true

		return 0
	}

	return a.parse(name, word)
}

func (a *arguments) parse(name string, word []byte) int64 {
	// The conversion does not escape and costs no allocation.
	v, err := strconv.ParseInt(string(word), 10, 64)
	switch {
	case err == nil:
		return v
	case errors.Is(err, strconv.ErrRange):
		a.fail("%s %q is out of range", name, shorten(word))
	default:
		a.fail("%s %q is no integer", name, shorten(word))
	}

	return 0
}

func (a *arguments) size(name string) int {
	v := a.integer(name)
	if v < 0 || v > mostSize {
		a.fail("%s %d is out of range", name, v)

		return 0
	}

	return int(v)
}

func (a *arguments) now() bwe.Time { return a.micros("now_us", a.integer("now_us")) }

func (a *arguments) micros(name string, v int64) bwe.Time {
	if v < -mostMicros || v > mostMicros {
		a.fail("%s %d is out of range", name, v)

		return 0
	}

	return bwe.Time(v * int64(time.Microsecond))
}

// result takes one <seq>:<recv_us>, in which a negative time stands for a loss.
func (a *arguments) result() (seq int64, at bwe.Time, received bool) {
	word, _ := a.word()
	left, right, ok := bytes.Cut(word, []byte{':'})
	if !ok {
		a.fail("%q is no <seq>:<recv_us>", shorten(word))

		return 0, 0, false
	}
	seq = a.parse("seq", left)
	micros := a.parse("recv_us", right)
	if micros < 0 {
		return seq, 0, false
	}

	return seq, a.micros("recv_us", micros), true
}

func (a *arguments) fail(format string, args ...any) {
	if a.err == nil {
		a.err = fmt.Errorf("%w: "+format, append([]any{ErrProtocol}, args...)...)
	}
}

// end returns the first error, or that the words are not as many as usage shows.
func (a *arguments) end(usage string) error {
	switch {
	case a.err != nil:
		return a.err
	case a.short:
		return fmt.Errorf("%w: too few arguments, want %s", ErrProtocol, usage)
	case a.more():
		return fmt.Errorf("%w: too many arguments, want %s", ErrProtocol, usage)
	default:
		return nil
	}
}
