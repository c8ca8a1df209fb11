// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestProgressLine(t *testing.T) {
	require.Equal(t, "0 MB read", progressLine(0, 100, time.Second))
	require.Equal(t, "5 MB read", progressLine(5_000_000, 0, time.Second))
	require.Equal(t, "25 of 100 MB read, 25 %, 0:30 left", progressLine(25_000_000, 100_000_000, 10*time.Second))
	require.Equal(t, "110 of 100 MB read, 100 %, 0:00 left", progressLine(110_000_000, 100_000_000, 10*time.Second), "a file that grows")
}

// patient takes a tenth of a second for every read.
type patient struct{ in io.Reader }

func (p patient) Read(b []byte) (int, error) {
	time.Sleep(100 * time.Millisecond)

	return p.in.Read(b[:min(len(b), 1_000_000)])
}

func TestProgressIsDrawnOnTerminalsOnly(t *testing.T) {
	for columns, want := range map[int]string{
		0:  "",
		80: "\r\x1b[K3 of 5 MB read, 60 %, 0:00 left\r\x1b[K",
		12: "\r\x1b[K3 of 5 MB r\r\x1b[K",
	} {
		synctest.Test(t, func(t *testing.T) {
			var shown strings.Builder
			p := newProgress(streams(io.Discard, &shown, columns), patient{strings.NewReader(strings.Repeat("x", 5_000_000))}, 5_000_000)
			buffer := make([]byte, 1_000_000)
			for range 4 {
				_, err := p.Read(buffer)
				require.NoError(t, err)
			}
			p.end()
			require.Equal(t, want, shown.String())
		})
	}
}
