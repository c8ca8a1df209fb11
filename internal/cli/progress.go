// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"fmt"
	"strings"
	"time"
)

// progress redraws a line of how far long work is, where the terminal can. It is used from
// one goroutine.
type progress struct {
	streams Streams
	now     func() time.Time
	begun   time.Time
	// before is the share that was done when the work began.
	before float64
	shown  time.Time
	drawn  bool
}

// redrawEvery is the least time between two lines.
const redrawEvery = 200 * time.Millisecond

func newProgress(s Streams) *progress {
	return &progress{streams: s, now: time.Now, begun: time.Now()}
}

// show draws the share that is done, from 0 to 1, the time left at the speed so far, and
// the parts that are not empty, as far as they fit. A negative share is unknown.
func (p *progress) show(share float64, parts ...string) {
	if p.streams.Width == nil {
		return
	}
	width := p.streams.Width()
	now := p.now()
	if width <= 0 || !p.shown.IsZero() && now.Sub(p.shown) < redrawEvery && share < 1 {
		return
	}
	var said []string
	if share >= 0 {
		said = append(said, fmt.Sprintf("%3.0f %%", 100*share))
	}
	if elapsed := now.Sub(p.begun); share > p.before {
		said = append(said, clock(elapsed.Seconds()*(1-share)/(share-p.before))+" left")
	}
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	runes := []rune(strings.Join(said, "  "))
	p.drawn, p.shown = true, now
	// A line that fills the last column makes some terminals wrap.
	Say(p.streams.Err, "%s%s", clearLine, string(runes[:min(len(runes), max(width-1, 1))]))
}

// end clears the line, also to make room for one of text.
func (p *progress) end() {
	if p.drawn {
		Say(p.streams.Err, "%s", clearLine)
	}
	p.drawn = false
}
