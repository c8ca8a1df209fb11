// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/rtmcc/rtmcc/bwe"
)

// File is a [Writer] and the file that it writes to.
type File struct {
	w    *Writer
	gz   *gzip.Writer
	file *os.File
}

// Create opens a trace file at path, replacing one that is there; a path that ends
// in .gz is compressed.
func Create(path string, h Header) (*File, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("cannot write the trace: %w", err)
	}
	f := &File{file: file}
	if strings.HasSuffix(strings.ToLower(path), ".gz") {
		f.gz = gzip.NewWriter(file)
		f.w = NewWriter(f.gz, h)
	} else {
		f.w = NewWriter(file, h)
	}

	return f, nil
}

// Observe records one event: see [Writer.Observe].
func (f *File) Observe(ev bwe.Event) { f.w.Observe(ev) }

// OnError is [Writer.OnError].
func (f *File) OnError(report func(error)) { f.w.OnError(report) }

// Close writes what is pending, closes the file and returns the first error.
func (f *File) Close() error {
	err := f.w.Close()
	if f.gz != nil {
		err = errors.Join(err, f.gz.Close())
	}

	return errors.Join(err, f.file.Close())
}

// Open opens the trace file at path, compressed or not, and reads its header. The
// closer closes the file.
func Open(path string) (*Reader, io.Closer, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	r, err := open(file)
	if err != nil {
		_ = file.Close()

		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}

	return r, file, nil
}

func open(in io.Reader) (*Reader, error) {
	buffered := bufio.NewReader(in)
	magic, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return NewReader(buffered)
	}
	gz, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, fmt.Errorf("%w: damaged gzip file: %w", ErrFormat, err)
	}

	return NewReader(gz)
}
