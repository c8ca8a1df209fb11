// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package compressed reads and writes recordings that may be compressed by gzip (RFC
// 1952) or zstd (RFC 8878).
package compressed

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// ErrDamaged is wrapped by the error behind the last byte that can be had of a damaged
// stream. The error of one that was cut off is [io.ErrUnexpectedEOF].
var ErrDamaged = errors.New("damaged")

const (
	// signature is how many bytes the compression is told by.
	signature = 4
	// buffered is how much is read at a time.
	buffered = 64 << 10
	// mostWindow bounds the memory that a zstd stream may ask for (RFC 8878, section
	// 3.1.1.1.2), in bytes: what the zstd program takes without being told to.
	mostWindow = 128 << 20
)

// Reader reads a stream, plain or compressed, which it tells by the first bytes. It is
// not safe for concurrent use.
type Reader struct {
	in      io.Reader
	under   *watched
	what    string
	release func()
	err     error
}

// NewReader looks at the first bytes of in. It fails where in does, and with an error that
// wraps [ErrDamaged] where in is compressed and holds nothing that can be read.
func NewReader(in io.Reader) (*Reader, error) {
	r := &Reader{under: &watched{in: in}, release: func() {}}
	b := bufio.NewReaderSize(r.under, buffered)
	head, err := b.Peek(signature)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	r.in = b
	switch {
	case isGzip(head):
		r.what = "gzip"
		gz, err := gzip.NewReader(b)
		if err != nil {
			return nil, r.nothing(err)
		}
		r.in = gz
	case isZstd(head):
		r.what = "zstd"
		// One at a time means that it decodes in the goroutine that reads.
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(mostWindow))
		if err != nil {
			return nil, r.nothing(err)
		}
		r.in, r.release = z, z.Close
	}

	return r, nil
}

// Is tells by the first bytes of a stream, at least four, whether it is compressed.
func Is(head []byte) bool {
	return len(head) >= signature && (isGzip(head[:signature]) || isZstd(head[:signature]))
}

func isGzip(head []byte) bool { return bytes.HasPrefix(head, []byte{0x1f, 0x8b}) }

// isZstd knows frames and skippable frames, with which some writers begin.
func isZstd(head []byte) bool {
	return bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}) ||
		len(head) == signature && head[0]&0xf0 == 0x50 && bytes.Equal(head[1:], []byte{0x2a, 0x4d, 0x18})
}

// Compression names how the stream is compressed: gzip or zstd, empty where it is plain.
func (r *Reader) Compression() string { return r.what }

// Read implements [io.Reader].
func (r *Reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.in.Read(p)
	if err != nil {
		r.err = r.explain(err)
	}

	return n, r.err
}

// explain tells damage from a stream that ended and from one that could not be read.
func (r *Reader) explain(err error) error {
	switch {
	case r.under.err != nil:
		return r.under.err
	case errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return fmt.Errorf("%w %s file: it asks for a window of more than %d MiB, unpack it with zstd --long=31", ErrDamaged, r.what, mostWindow>>20)
	case r.what == "" || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return err
	default:
		return fmt.Errorf("%w %s file: %w", ErrDamaged, r.what, err)
	}
}

// nothing is the error of a compressed stream that ends or is damaged in its header.
func (r *Reader) nothing(err error) error {
	if r.under.err != nil {
		return r.under.err
	}

	return fmt.Errorf("%w %s file: %w", ErrDamaged, r.what, err)
}

// Close releases what the reader holds; the stream that it reads is left open.
func (r *Reader) Close() { r.release() }

// watched keeps the error of a stream, which decompressors wrap or replace.
type watched struct {
	in  io.Reader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.in.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}

	return n, err
}
