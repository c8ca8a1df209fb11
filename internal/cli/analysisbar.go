// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/rtmcc/rtmcc/internal/lab/corpus"
)

// analysisBar shows how far an analysis is, by bytes, and the time left. Where there is no
// terminal it shows nothing.
type analysisBar struct {
	streams Streams
	bar     *progressbar.ProgressBar
}

func newAnalysisBar(s Streams) *analysisBar { return &analysisBar{streams: s} }

// redrawEvery is how often the bar is drawn.
const redrawEvery = 200 * time.Millisecond

func (b *analysisBar) show(p corpus.Progress) {
	if b.streams.Width() == 0 {
		return
	}
	if b.bar == nil {
		b.bar = progressbar.NewOptions64(max(p.AllBytes, 1),
			progressbar.OptionSetWriter(b.streams.Err),
			progressbar.OptionSetWidth(24),
			progressbar.OptionShowBytes(true),
			progressbar.OptionShowTotalBytes(true),
			progressbar.OptionThrottle(redrawEvery),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionUseANSICodes(true),
		)
	}
	b.bar.Describe(fmt.Sprintf("%d of %d files", p.Files, p.AllFiles))
	// A bar that cannot be drawn ends nothing.
	_ = b.bar.Set64(min(p.Bytes, p.AllBytes))
}

// clear makes room for a line of text.
func (b *analysisBar) clear() {
	if b.bar != nil {
		_ = b.bar.Clear()
	}
}
