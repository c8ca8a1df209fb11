// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/lab/corpus"
)

func TestProgressOfAnAnalysis(t *testing.T) {
	for want, done := range map[string]corpus.Progress{
		"  0 %  0 of 0 files":            {},
		"  0 %  1 of 4 files":            {Files: 1, AllFiles: 4, AllBytes: 100},
		" 25 %  0:30 left  1 of 4 files": {Files: 1, AllFiles: 4, Bytes: 25, AllBytes: 100},
		" 75 %  0:10 left  3 of 4 files": {Files: 3, AllFiles: 4, Bytes: 75, AllBytes: 100, ResumedBytes: 50},
		" 50 %  2 of 4 files":            {Files: 2, AllFiles: 4, Bytes: 50, AllBytes: 100, ResumedBytes: 50},
		"100 %  0:00 left  4 of 4 files": {Files: 4, AllFiles: 4, Bytes: 120, AllBytes: 100},
	} {
		synctest.Test(t, func(t *testing.T) {
			var err strings.Builder
			p := newProgress(Streams{Err: &err, Width: func() int { return 80 }})
			time.Sleep(10 * time.Second)
			p.showAnalysis(done)
			require.Equal(t, clearLine+want, err.String())
		})
	}
}
