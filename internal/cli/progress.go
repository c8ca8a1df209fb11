// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progressEvery is how often progress is drawn.
const progressEvery = 200 * time.Millisecond

// progress is a stream that shows on a terminal how far it has been read, and what time
// is left.
type progress struct {
	in    io.Reader
	out   Streams
	size  int64
	read  int64
	begun time.Time
	next  time.Time
	drawn bool
}

// newProgress returns in, which draws only where s has a terminal. size is zero where
// unknown.
func newProgress(s Streams, in io.Reader, size int64) *progress {
	now := time.Now()

	return &progress{in: in, out: s, size: size, begun: now, next: now.Add(progressEvery)}
}

// sizeOf returns the bytes of a file, zero where that means nothing.
func sizeOf(file *os.File) int64 {
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		return info.Size()
	}

	return 0
}

// Read implements [io.Reader].
func (p *progress) Read(b []byte) (int, error) {
	n, err := p.in.Read(b)
	p.read += int64(n)
	if now := time.Now(); now.After(p.next) {
		p.next = now.Add(progressEvery)
		p.draw(now.Sub(p.begun))
	}

	return n, err
}

func (p *progress) draw(elapsed time.Duration) {
	columns := p.out.Width()
	if columns <= 0 {
		return
	}
	line := progressLine(p.read, p.size, elapsed)
	// A line that fills the last column makes some terminals wrap.
	Say(p.out.Err, "%s%s", clearLine, line[:min(len(line), columns-1)])
	p.drawn = true
}

// end clears what was drawn.
func (p *progress) end() {
	if p.drawn {
		Say(p.out.Err, "%s", clearLine)
	}
}

// progressLine says how much of size bytes was read after some time; size is zero
// where unknown.
func progressLine(read, size int64, elapsed time.Duration) string {
	const megabyte = 1e6
	if size <= 0 || read <= 0 {
		return fmt.Sprintf("%.0f MB read", float64(read)/megabyte)
	}
	done := min(float64(read)/float64(size), 1)
	left := elapsed.Seconds() * (1 - done) / done

	return fmt.Sprintf("%.0f of %.0f MB read, %.0f %%, %s left", float64(read)/megabyte, float64(size)/megabyte, 100*done, clock(left))
}
