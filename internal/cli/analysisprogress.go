// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"fmt"
	"time"

	"github.com/rtmcc/rtmcc/internal/lab/corpus"
)

// analysisProgress shows on a terminal how far an analysis is, and what time is left.
type analysisProgress struct {
	streams Streams
	begun   time.Time
	next    time.Time
	drawn   bool
}

func newAnalysisProgress(s Streams) *analysisProgress {
	return &analysisProgress{streams: s, begun: time.Now()}
}

func (a *analysisProgress) show(p corpus.Progress) {
	columns := a.streams.Width()
	now := time.Now()
	if columns <= 0 || now.Before(a.next) {
		return
	}
	a.next = now.Add(progressEvery)
	line := analysisLine(p, now.Sub(a.begun))
	// A line that fills the last column makes some terminals wrap.
	Say(a.streams.Err, "%s%s", clearLine, line[:min(len(line), columns-1)])
	a.drawn = true
}

// clear makes room for a line of text.
func (a *analysisProgress) clear() {
	if a.drawn {
		Say(a.streams.Err, "%s", clearLine)
	}
	a.drawn = false
}

// analysisLine says how far an analysis is after some time. What was taken over from a
// journal took none.
func analysisLine(p corpus.Progress, elapsed time.Duration) string {
	line := fmt.Sprintf("%d of %d files", p.Files, p.AllFiles)
	if p.AllBytes <= 0 {
		return line
	}
	line += fmt.Sprintf(", %.0f %%", 100*min(float64(p.Bytes)/float64(p.AllBytes), 1))
	if read := p.Bytes - p.ResumedBytes; read > 0 {
		line += fmt.Sprintf(", %s left", clock(elapsed.Seconds()*float64(max(p.AllBytes-p.Bytes, 0))/float64(read)))
	}

	return line
}
