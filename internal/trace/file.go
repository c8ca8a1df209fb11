// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/compressed"
)

// File is a [Writer] and the file that it writes to.
type File struct {
	w    *Writer
	out  compressed.Writer
	file *os.File
}

// Create opens a trace file at path, replacing one that is there and making the folders
// above it; a path that ends in .gz or .zst is compressed.
func Create(path string, h Header) (*File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // as other folders are
		return nil, fmt.Errorf("cannot write the trace: %w", err)
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("cannot write the trace: %w", err)
	}
	out, err := compressed.NewWriter(file, path)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}

	return &File{w: NewWriter(out, h), out: out, file: file}, nil
}

// Observe records one event: see [Writer.Observe].
func (f *File) Observe(ev bwe.Event) { f.w.Observe(ev) }

// Wait is [Writer.Wait].
func (f *File) Wait() { f.w.Wait() }

// OnError is [Writer.OnError].
func (f *File) OnError(report func(error)) { f.w.OnError(report) }

// Close writes what is pending, closes the file and returns the first error.
func (f *File) Close() error {
	err := f.w.Close()

	return errors.Join(err, f.out.Close(), f.file.Close())
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
	stream, err := compressed.NewReader(in)
	if errors.Is(err, compressed.ErrDamaged) {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if err != nil {
		return nil, err
	}

	return NewReader(stream)
}
