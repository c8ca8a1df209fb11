// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package formats opens recordings of every format that is known, which it tells by
// their content.
package formats

import (
	"io"

	"github.com/rtmcc/rtmcc/internal/trace"
	"github.com/rtmcc/rtmcc/internal/trace/alphartc"
	"github.com/rtmcc/rtmcc/internal/trace/captrace"
	"github.com/rtmcc/rtmcc/internal/trace/capture"
	"github.com/rtmcc/rtmcc/internal/trace/eventlog"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// sniffed is how many of the first bytes, decompressed, a format is told by.
const sniffed = 4096

// Format is a format of recordings.
type Format struct {
	// Name names it in a few words.
	Name string
	// Is tells by the first bytes, at most 4096, whether a recording is of this format.
	Is func(head []byte) bool
	// New reads a recording. Where the file was cut off while it was compressed, in ends with
	// [io.ErrUnexpectedEOF]. The source's Close leaves in open.
	New func(in io.Reader, o Options) (recording.Source, error)
}

// Options say how recordings are read that do not tell all themselves.
type Options struct {
	// Capture says which packets of a capture are followed; other formats pass it over.
	Capture capture.Options
}

// known are the formats in the order in which they are tried: those that a signature
// tells come before those that only look like something.
var known = []Format{
	{trace.FormatName, trace.Is, plain(trace.New)},
	{capture.FormatName, capture.Is, func(in io.Reader, o Options) (recording.Source, error) { return capture.Open(in, o.Capture) }},
	{eventlog.FormatName, eventlog.Is, plain(eventlog.New)},
	{alphartc.FormatName, alphartc.Is, plain(alphartc.New)},
	{captrace.FormatName, captrace.Is, plain(captrace.New)},
}

// plain is for a format without options.
func plain(read func(io.Reader) (recording.Source, error)) func(io.Reader, Options) (recording.Source, error) {
	return func(in io.Reader, _ Options) (recording.Source, error) { return read(in) }
}

// Known returns the formats that [Open] knows.
func Known() []Format { return append([]Format(nil), known...) }
