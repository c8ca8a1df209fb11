// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rtmcc/rtmcc/sender/session"
)

// statusLine renders a status in at most columns columns; zero columns stand for no
// limit. Where it gets narrow, first units are shortened, then the last parts go.
func statusLine(st *session.Status, columns int) string {
	if line := join(longParts(st), "  "); columns <= 0 || utf8.RuneCountInString(line) <= columns {
		return line
	}
	parts := shortParts(st)
	for len(parts) > 1 && utf8.RuneCountInString(join(parts, " ")) > columns {
		parts = parts[:len(parts)-1]
	}
	line := []rune(join(parts, " "))

	return string(line[:min(len(line), columns)])
}

func longParts(st *session.Status) []string {
	return append([]string{
		clock(st.DurationS) + stateNote(st),
		"sent " + st.SentBitrate.String(),
		"estimate " + st.Estimate.String(),
		"target " + st.Target.String(),
		fmt.Sprintf("rtt %.0f ms", st.RTTMs),
		"loss " + percent(st.Loss),
		fmt.Sprintf("queue %.0f ms", st.QueueMs),
		fmt.Sprintf("drops %d", st.FramesDropped),
	}, rendition(st)...)
}

func shortParts(st *session.Status) []string {
	return append([]string{
		clock(st.DurationS) + stateNote(st),
		"sent " + short(st.SentBitrate),
		"est " + short(st.Estimate),
		"target " + short(st.Target),
		fmt.Sprintf("rtt %.0fms", st.RTTMs),
		"loss " + strings.ReplaceAll(percent(st.Loss), " ", ""),
		fmt.Sprintf("queue %.0fms", st.QueueMs),
		fmt.Sprintf("drops %d", st.FramesDropped),
	}, rendition(st)...)
}

// rendition is the part for sources that have several.
func rendition(st *session.Status) []string {
	if st.Rendition == "" {
		return nil
	}

	return []string{st.Rendition}
}

func stateNote(st *session.Status) string {
	if st.State == "" || st.State == session.StateConnected {
		return ""
	}

	return " " + string(st.State)
}

func join(parts []string, by string) string { return strings.Join(parts, by) }

func percent(fraction float64) string { return fmt.Sprintf("%.1f %%", 100*fraction) }

// clock prints seconds as m:ss or h:mm:ss.
func clock(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Truncate(time.Second)
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	if h > 0 {
		return fmt.Sprintf("%d:%02d:%02d", h, m, s)
	}

	return fmt.Sprintf("%d:%02d", m, s)
}
