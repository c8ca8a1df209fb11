// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/rtmcc/rtmcc/internal/trace/formats"
)

// readable returns a path at which the recording can be read as often as is wanted: that
// of the file itself, or of a copy of what can be read but once, the standard input or a
// pipe. done removes the copy. It ends early with ctx.
func readable(ctx context.Context, file string, stdin io.Reader) (path string, done func(), err error) {
	switch {
	case file == formats.Stdin:
		return spool(file, formats.Interruptible(ctx, stdin))
	case !formats.Stream(file):
		return file, func() {}, nil
	}
	in, err := formats.OpenFile(ctx, file)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = in.Close() }() // was only read

	return spool(file, in)
}

// spool copies what bears the name file into a new file.
func spool(file string, in io.Reader) (path string, done func(), err error) {
	out, err := os.CreateTemp("", "rtmcc-recording-*")
	if err != nil {
		return "", nil, fmt.Errorf("%s can be read but once and is copied to read it again: %w", file, err)
	}
	_, err = io.Copy(out, in)
	remove := func() { _ = os.Remove(out.Name()) } // where it stays, the system clears it away
	if err = errors.Join(err, out.Close()); err != nil {
		remove()

		return "", nil, fmt.Errorf("%s can be read but once and is copied to read it again, TMPDIR says where: %w", file, err)
	}

	return out.Name(), remove, nil
}
