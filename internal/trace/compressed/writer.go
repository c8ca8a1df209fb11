// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package compressed

import (
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Writer is where a recording is written to. Flush hands on what was written, so that
// it can be read although the end is still missing. Close ends the stream; the writer
// below is left open.
type Writer interface {
	io.WriteCloser
	Flush() error
}

// NewWriter returns a writer to out that compresses as the end of path tells: gzip for
// .gz, zstd for .zst, else not.
func NewWriter(out io.Writer, path string) (Writer, error) {
	path = strings.ToLower(path)
	switch {
	case strings.HasSuffix(path, ".gz"):
		return gzip.NewWriter(out), nil
	case strings.HasSuffix(path, ".zst"):
		return zstd.NewWriter(out, zstd.WithEncoderConcurrency(1))
	default:
		return plain{out}, nil
	}
}

type plain struct{ io.Writer }

func (plain) Flush() error { return nil }
func (plain) Close() error { return nil }
