// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package cli does the work of the commands of rtmcc (docs/cli.md). The commands
// themselves, in cmd/rtmcc, only turn flags into calls of this package.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"golang.org/x/term"
)

// ErrUsage is wrapped by errors about flags and arguments that do not fit together.
var ErrUsage = errors.New("wrong usage")

// ErrDiffers is wrapped where a replay computed other decisions than the recorded.
var ErrDiffers = errors.New("the replay differs from the record")

// Streams are a command's standard streams.
type Streams struct {
	In  io.Reader
	Out io.Writer
	// Err is where progress and warnings go.
	Err io.Writer
	// Width returns the columns of the terminal that Err is, zero where it is none.
	Width func() int
}

// StandardStreams returns those of the process.
func StandardStreams() Streams {
	return Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Width: func() int { return width(os.Stderr) }}
}

// Say prints progress and warnings. That nobody can read them ends nothing.
func Say(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

// width returns the columns of f, zero where it is no terminal that can redraw a
// line.
func width(f *os.File) int {
	columns, _, err := term.GetSize(int(f.Fd())) //nolint:gosec // a file descriptor fits
	if err != nil || os.Getenv("TERM") == "dumb" {
		return 0
	}
	if columns <= 0 {
		// Some serial and container consoles do not know their size.
		return defaultColumns
	}

	return columns
}

const defaultColumns = 80

// Version returns the version of the program as the Go tool recorded it.
func Version() string {
	const unknown = "(devel)"
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return unknown
	}

	return info.Main.Version
}

// VersionLine is what "rtmcc version" prints.
func VersionLine() string {
	return "rtmcc " + Version() + " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}
