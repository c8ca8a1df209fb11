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

// patient takes a tenth of a second for every read.
type patient struct{ in io.Reader }

func (p patient) Read(b []byte) (int, error) {
	time.Sleep(100 * time.Millisecond)

	return p.in.Read(b[:min(len(b), 1_000_000)])
}

func TestReadingIsShownOnTerminalsOnly(t *testing.T) {
	const erase = "\r\x1b[K"
	for name, test := range map[string]struct {
		columns int
		size    int64
		want    string
	}{
		"no terminal":  {0, 5_000_000, ""},
		"wide":         {80, 5_000_000, erase + " 20 %  0:00 left  1 of 5 MB read" + erase + " 60 %  0:00 left  3 of 5 MB read" + erase},
		"narrow":       {12, 5_000_000, erase + " 20 %  0:00" + erase + " 60 %  0:00" + erase},
		"unknown size": {80, 0, erase + "1 MB read" + erase + "3 MB read" + erase},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var shown strings.Builder
				p := newReadProgress(streams(io.Discard, &shown, test.columns), patient{strings.NewReader(strings.Repeat("x", 5_000_000))}, test.size)
				buffer := make([]byte, 1_000_000)
				for range 4 {
					_, err := p.Read(buffer)
					require.NoError(t, err)
				}
				p.end()
				require.Equal(t, test.want, shown.String())
			})
		})
	}
}
