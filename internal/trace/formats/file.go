// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package formats

import (
	"context"
	"fmt"
	"io"
	"os"
)

// Stdin is the path that stands for the standard input.
const Stdin = "-"

// File is a file that is open for reading. One that may keep its reader waiting, such as
// a named pipe, a terminal or the standard input, does so no longer than its context
// lasts.
type File struct {
	in   io.Reader
	file *os.File
	size int64
}

// OpenFile opens the file at path, or the standard input. Opening a pipe that nobody
// writes into, and reading from one, end with the context's error when that ends first.
func OpenFile(ctx context.Context, path string) (*File, error) {
	file, err := open(ctx, path)
	if err != nil {
		return nil, err
	}
	f := &File{in: file, file: file}
	switch info, err := file.Stat(); {
	case err == nil && info.IsDir():
		_ = file.Close() // was only read

		return nil, fmt.Errorf("%s is a directory, give a file in it", path)
	case err == nil && info.Mode().IsRegular():
		f.size = info.Size()
	default:
		f.in = Interruptible(ctx, file)
	}

	return f, nil
}

// Stream tells whether what is at path can be read but once: the standard input, a pipe or a
// device. What is not there is none, so that its opening says what is wrong.
func Stream(path string) bool {
	if path == Stdin {
		return true
	}
	info, err := os.Stat(path)

	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}

func open(ctx context.Context, path string) (*os.File, error) {
	switch {
	case path == Stdin:
		return os.Stdin, nil
	case !Stream(path):
		return os.Open(path)
	}
	type result struct {
		file *os.File
		err  error
	}
	opened := make(chan result)
	go func() {
		file, err := os.Open(path)
		select {
		case opened <- result{file, err}:
		case <-ctx.Done():
			// Too late; and where nobody ever writes, the system call lasts as long as the process.
			_ = file.Close()
		}
	}()
	select {
	case r := <-opened:
		return r.file, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Size returns the bytes of a regular file as it was opened, zero for any other.
func (f *File) Size() int64 { return f.size }

// Read implements [io.Reader].
func (f *File) Read(p []byte) (int, error) { return f.in.Read(p) }

// Close implements [io.Closer].
func (f *File) Close() error { return f.file.Close() }

// Interruptible returns a reader of in whose calls end with the context's error when
// that ends first. A call of in that waits then goes on by itself. It is not safe for
// concurrent use.
func Interruptible(ctx context.Context, in io.Reader) io.Reader {
	return &interruptible{ctx: ctx, in: in, done: make(chan chunk, 1)}
}

// readAhead is how much an interruptible reader asks for at a time.
const readAhead = 64 << 10

type chunk struct {
	data []byte
	err  error
}

type interruptible struct {
	ctx  context.Context
	in   io.Reader
	buf  []byte
	done chan chunk
	// rest is what was read and not handed on, with the error behind it.
	rest chunk
}

// Read implements [io.Reader].
func (r *interruptible) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if len(r.rest.data) == 0 && r.rest.err == nil {
		if err := r.more(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest.data)
	if r.rest.data = r.rest.data[n:]; len(r.rest.data) == 0 {
		return n, r.rest.err
	}

	return n, nil
}

func (r *interruptible) more() error {
	if r.buf == nil {
		r.buf = make([]byte, readAhead)
	}
	go func() {
		n, err := r.in.Read(r.buf)
		r.done <- chunk{r.buf[:n], err}
	}()
	select {
	case r.rest = <-r.done:
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}
