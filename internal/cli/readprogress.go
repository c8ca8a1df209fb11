// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"fmt"
	"io"
)

// readProgress is a stream that shows on a terminal how far it has been read.
type readProgress struct {
	*progress

	in         io.Reader
	size, read int64
}

// newReadProgress returns in, which draws only where s has a terminal. size is in bytes,
// zero where unknown.
func newReadProgress(s Streams, in io.Reader, size int64) *readProgress {
	return &readProgress{progress: newProgress(s), in: in, size: size}
}

// Read implements [io.Reader].
func (p *readProgress) Read(b []byte) (int, error) {
	n, err := p.in.Read(b)
	p.read += int64(n)
	const megabyte = 1e6
	share, text := -1.0, fmt.Sprintf("%.0f MB read", float64(p.read)/megabyte)
	if p.size > 0 {
		// A file may grow meanwhile.
		share = min(float64(p.read)/float64(p.size), 1)
		text = fmt.Sprintf("%.0f of %.0f MB read", float64(p.read)/megabyte, float64(p.size)/megabyte)
	}
	p.show(share, text)

	return n, err
}
