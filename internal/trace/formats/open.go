// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package formats

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/rtmcc/rtmcc/internal/trace/compressed"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// ErrUnknown is wrapped, with [recording.ErrFormat], where the content is of no format
// that is known.
var ErrUnknown = errors.New("unknown format")

// Open opens the recording at path, compressed or not. The caller closes it. The error
// wraps [ErrUnknown] where the file is no recording, and [recording.ErrFormat] also where
// nothing of one can be read.
func Open(path string) (recording.Source, error) { return OpenWith(path, Options{}) }

// OpenWith is [Open] with options.
func OpenWith(path string, o Options) (recording.Source, error) {
	return OpenContext(context.Background(), path, o)
}

// OpenContext is [OpenWith] for as long as the context lasts, where the file may keep its
// reader waiting: see [OpenFile].
func OpenContext(ctx context.Context, path string, o Options) (recording.Source, error) {
	file, err := OpenFile(ctx, path)
	if err != nil {
		return nil, err
	}
	s, err := read(file, o)
	if err != nil {
		_ = file.Close() // was only read

		return nil, fmt.Errorf("%s: %w", path, err)
	}
	s.file = file

	return s, nil
}

// Read returns the recording that in holds, compressed or not. The caller closes it; in
// is left open.
func Read(in io.Reader) (recording.Source, error) { return ReadWith(in, Options{}) }

// ReadWith is [Read] with options.
func ReadWith(in io.Reader, o Options) (recording.Source, error) {
	s, err := read(in, o)
	if err != nil {
		return nil, err
	}

	return s, nil
}

func read(in io.Reader, o Options) (*opened, error) {
	stream, err := compressed.NewReader(in)
	if errors.Is(err, compressed.ErrDamaged) {
		return nil, fmt.Errorf("%w: nothing can be read: %w", recording.ErrFormat, err)
	}
	if err != nil {
		return nil, err
	}
	s := &opened{stream: stream}
	b := bufio.NewReaderSize(s, sniffed)
	head, err := b.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		stream.Close()

		return nil, err
	}
	if s.Source, err = start(head, b, o); err != nil {
		stream.Close()
		if len(head) == 0 && s.broken != nil {
			err = fmt.Errorf("%w: nothing can be read: %w", recording.ErrFormat, s.broken)
		}

		return nil, err
	}

	return s, nil
}

// start opens the content that begins with head.
func start(head []byte, in io.Reader, o Options) (recording.Source, error) {
	if len(head) == 0 {
		return nil, fmt.Errorf("%w: %w: there is nothing in it", recording.ErrFormat, ErrUnknown)
	}
	if compressed.Is(head) {
		return nil, fmt.Errorf("%w: %w: it is compressed twice, unpack it once", recording.ErrFormat, ErrUnknown)
	}
	names := make([]string, len(known))
	for i, f := range known {
		if f.Is(head) {
			return f.New(in, o)
		}
		names[i] = f.Name
	}

	return nil, fmt.Errorf("%w: %w, it begins with %s; known are %s, each also compressed by gzip or zstd",
		recording.ErrFormat, ErrUnknown, looks(head), strings.Join(names, ", "))
}

// looks describes the first bytes.
func looks(head []byte) string {
	const shown = 24
	text := strconv.QuoteToASCII(string(head[:min(len(head), shown)]))
	if strings.Contains(text, `\x`) || strings.Contains(text, `\u`) {
		return fmt.Sprintf("the bytes % x", head[:min(len(head), shown/2)])
	}

	return "the text " + text
}

// opened is a recording and the stream that it comes from.
type opened struct {
	recording.Source

	stream *compressed.Reader
	broken error
	file   io.Closer
}

// Read hands on the decompressed stream. One that is damaged ends there for its reader as
// if it had been cut off.
func (o *opened) Read(p []byte) (int, error) {
	n, err := o.stream.Read(p)
	switch {
	case errors.Is(err, compressed.ErrDamaged):
		o.broken, err = err, io.ErrUnexpectedEOF
	case errors.Is(err, io.ErrUnexpectedEOF):
		o.broken = fmt.Errorf("the %s file was cut off", o.stream.Compression())
	}

	return n, err
}

// Damage implements [recording.Source].
func (o *opened) Damage() recording.Damage {
	d := o.Source.Damage()
	if o.broken != nil {
		d.Truncated = true
		d.Say(o.broken)
	}

	return d
}

// Line implements [recording.Verbatim].
func (o *opened) Line() []byte {
	if v, ok := o.Source.(recording.Verbatim); ok {
		return v.Line()
	}

	return nil
}

// Close implements [recording.Source].
func (o *opened) Close() error {
	err := o.Source.Close()
	o.stream.Close()
	if o.file != nil {
		err = errors.Join(err, o.file.Close())
	}

	return err
}
