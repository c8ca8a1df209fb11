// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/lab/corpus"
)

func TestAnalysisLine(t *testing.T) {
	for want, p := range map[string]corpus.Progress{
		"0 of 0 files":                   {},
		"1 of 4 files, 0 %":              {Files: 1, AllFiles: 4, AllBytes: 100},
		"1 of 4 files, 25 %, 0:30 left":  {Files: 1, AllFiles: 4, Bytes: 25, AllBytes: 100},
		"3 of 4 files, 75 %, 0:10 left":  {Files: 3, AllFiles: 4, Bytes: 75, AllBytes: 100, ResumedBytes: 50},
		"2 of 4 files, 50 %":             {Files: 2, AllFiles: 4, Bytes: 50, AllBytes: 100, ResumedBytes: 50},
		"4 of 4 files, 100 %, 0:00 left": {Files: 4, AllFiles: 4, Bytes: 120, AllBytes: 100},
		"1 of 9 files, 10 %, 1:30 left":  {Files: 1, AllFiles: 9, Bytes: 10, AllBytes: 100},
	} {
		require.Equal(t, want, analysisLine(p, 10*time.Second))
	}
}

func TestAnalysisProgressIsForTerminals(t *testing.T) {
	for _, columns := range []int{0, 1, 12, 80} {
		var err strings.Builder
		a := newAnalysisProgress(Streams{Err: &err, Width: func() int { return columns }})
		a.clear()
		require.Empty(t, err.String())
		a.show(corpus.Progress{Files: 1, AllFiles: 4, Bytes: 25, AllBytes: 100})
		a.show(corpus.Progress{Files: 2, AllFiles: 4, Bytes: 50, AllBytes: 100})
		a.clear()
		a.clear()
		if columns == 0 {
			require.Empty(t, err.String())

			continue
		}
		require.Equal(t, 2, strings.Count(err.String(), clearLine), "drawn now and then, and cleared once")
		require.LessOrEqual(t, len(err.String()), 2*len(clearLine)+columns-1)
	}
}
