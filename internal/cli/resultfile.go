// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// resultFile is a file that bears its name only once it is whole.
type resultFile struct {
	*bufio.Writer

	path string
	file *os.File
	// direct tells that path is a pipe or a device, which is written to as it is.
	direct bool
}

// partial ends the name of a file that is not whole.
const partial = ".part"

// createResult begins a file, and makes the folders above it. Until it is whole, its name
// has .part at the end.
func createResult(path string) (*resultFile, error) {
	f := &resultFile{path: path}
	info, err := os.Stat(path)
	if f.direct = err == nil && !info.Mode().IsRegular() && !info.IsDir(); f.direct {
		f.file, err = os.OpenFile(path, os.O_WRONLY, 0)
	} else {
		if err := makeFolder(path); err != nil {
			return nil, err
		}
		// What a run that was killed left behind is removed, and not written over: if that run
		// lives, it must not go on in this one's file.
		if err := os.Remove(path + partial); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		f.file, err = os.OpenFile(path+partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) //nolint:gosec // as other files are
	}
	if err != nil {
		return nil, err
	}
	f.Writer = bufio.NewWriter(f.file)

	return f, nil
}

// save has write make the file at path, which appears there only when it is whole. An
// empty path is for no file.
func save(path string, write func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	f, err := createResult(path)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.abandon()

		return fmt.Errorf("%s: %w", path, err)
	}

	return f.finish()
}

// errTaken says that another process has begun the same file.
var errTaken = errors.New("another run writes it at the same time; what this one found is lost")

// finish writes what is pending and gives the file its name.
func (f *resultFile) finish() error {
	own := f.own()
	if err := errors.Join(f.Flush(), f.file.Close()); err != nil {
		return errors.Join(err, f.remove(own))
	}
	switch {
	case f.direct:
		return nil
	case !own:
		return fmt.Errorf("%s: %w", f.path, errTaken)
	}
	if err := os.Rename(f.file.Name(), f.path); err != nil {
		return errors.Join(err, f.remove(own))
	}

	return nil
}

// abandon removes what was written.
func (f *resultFile) abandon() {
	own := f.own()
	_ = errors.Join(f.file.Close(), f.remove(own))
}

// own tells that the file is still where it was begun.
func (f *resultFile) own() bool {
	there, err := os.Stat(f.file.Name())
	here, unknown := f.file.Stat()

	return err == nil && unknown == nil && os.SameFile(there, here)
}

func (f *resultFile) remove(own bool) error {
	if f.direct || !own {
		return nil
	}

	return os.Remove(f.file.Name())
}
