// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/corpus"
	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// printTable prints the shares, and what there is to say of the worst sessions or, where
// there are few, of each.
func (a *analysis) printTable() error {
	if a.few() {
		for i := range a.first {
			if _, err := fmt.Fprintf(a.streams.Out, "%s\n", a.block(&a.first[i])); err != nil {
				return err
			}
		}
	}
	if note := a.tally.SkippedNote(); note != "" {
		Say(a.streams.Err, "%s\n", note)
	}
	if a.rows == 1 {
		return nil
	}
	if err := corpus.WriteTable(a.streams.Out, a.tally); err != nil {
		return err
	}
	if a.few() || len(a.worst.Sessions()) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(a.streams.Out, "\nworst sessions:\n%s\n", strings.Join(worstLines(&a.worst), "\n"))

	return err
}

// block describes one session.
func (a *analysis) block(s *session.Summary) string {
	if s.Error != "" {
		return fmt.Sprintf("%s\n  could not be judged: %s\n", s.Name, s.Error)
	}
	m := &s.Metrics
	lines := []string{
		s.Name,
		"  " + strings.Join(slices.DeleteFunc([]string{s.Format, s.Recorder, length(s)}, func(part string) bool { return part == "" }), ", "),
		fmt.Sprintf("  sent %s, received %s, loss %s, round trip %s, delay above its least %s (95 %%: %s)",
			rateOrNone(m.Sent), rateOrNone(m.Received), orNone(m.Loss, percent), orNone(m.RTT, milliseconds), orNone(m.Delay50, milliseconds), orNone(m.Delay95, milliseconds)),
	}
	for _, sentence := range session.Describe(*s) {
		lines = append(lines, "  "+sentence)
	}
	if s.Ignored > 0 {
		lines = append(lines, "  "+ignoredNote(s.Ignored))
	}
	if s.Damage.Any() {
		lines = append(lines, "  The recording is damaged: "+damageNote(s))
	}

	return strings.Join(lines, "\n") + "\n"
}

// length says how long the session is, or what of it was judged.
func length(s *session.Summary) string {
	if s.Window.Any() {
		return s.Window.String() + " alone"
	}

	return clock(s.Duration)
}

func milliseconds(v float64) string { return fmt.Sprintf("%.0f ms", v) }

// orNone writes a figure, and a dash for one that is unknown.
func orNone(v *float64, write func(float64) string) string {
	if v == nil {
		return "-"
	}

	return write(*v)
}

func rateOrNone(v *bwe.Bitrate) string {
	if v == nil {
		return "-"
	}

	return v.String()
}

// ignoredNote says how much lies outside of what is looked at.
func ignoredNote(events int64) string {
	return fmt.Sprintf("%d events were left out for their time, which is before the start or more than 24 hours after it.", events)
}

func damageNote(s *session.Summary) string {
	d := &s.Damage
	var parts []string
	for _, part := range []struct {
		n    int64
		text string
	}{
		{int64(d.Records), "%d records could not be read"}, {d.Bytes, "%d bytes were passed over"},
		{int64(d.Encrypted), "%d packets of RTCP are encrypted"}, {int64(d.Unmatched), "%d results are for packets that it does not have"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf(part.text, part.n))
		}
	}
	if d.Truncated {
		parts = append(parts, "it was cut off")
	}
	if d.First != "" {
		parts = append(parts, "first: "+d.First)
	}

	return strings.Join(parts, ", ")
}

// worstLines names the worst sessions and what is wrong with each.
func worstLines(w *corpus.Worst) []string {
	var lines []string
	for i := range w.Sessions() {
		s := &w.Sessions()[i]
		lines = append(lines, "  "+s.Name+": "+findings(s))
	}

	return lines
}

// findings names what is wrong with a session.
func findings(s *session.Summary) string {
	var parts []string
	if e := &s.Estimate; e.Oscillates {
		parts = append(parts, fmt.Sprintf("the estimate swings by %.0f %% every %.1f s (%s)", 100*e.Depth, e.Period, e.Cause))
	}
	if t := &s.Target; t.Oscillates {
		parts = append(parts, fmt.Sprintf("the target swings by %.0f %% every %.1f s", 100*t.Depth, t.Period))
	}
	if c := &s.Capped; c.Present {
		parts = append(parts, fmt.Sprintf("held at %v of %v", c.Ceiling, c.Estimate))
	}

	return strings.Join(parts, ", ")
}

// window is what of each recording was asked for.
type window struct {
	From float64  `json:"from_s"`
	To   *float64 `json:"to_s,omitempty"`
}

// windowOf returns nil for all of it.
func windowOf(w timeline.Window) *window {
	if w == (timeline.Window{}) {
		return nil
	}
	out := &window{From: w.From.Seconds()}
	if w.To > 0 {
		out.To = new(w.To.Seconds())
	}

	return out
}

// printJSON prints the whole result as one object.
func (a *analysis) printJSON() error {
	result := struct {
		Recordings int64                           `json:"recordings"`
		Window     *window                         `json:"window,omitempty"`
		Failed     int64                           `json:"failed"`
		Skipped    map[corpus.Reason]int64         `json:"skipped"`
		All        corpus.Shares                   `json:"all"`
		Classes    map[session.Class]corpus.Shares `json:"classes"`
		Sessions   []session.Summary               `json:"sessions,omitempty"`
		Worst      []session.Summary               `json:"worst,omitempty"`
	}{
		Recordings: a.rows, Window: windowOf(a.options.Window), Failed: a.tally.Failed, Skipped: a.tally.Skipped, All: a.tally.All().Shares(),
		Classes: make(map[session.Class]corpus.Shares),
	}
	if result.Skipped == nil {
		result.Skipped = map[corpus.Reason]int64{}
	}
	for class, counts := range a.tally.Classes {
		result.Classes[class] = counts.Shares()
	}
	if a.few() {
		result.Sessions = a.first
	} else {
		result.Worst = a.worst.Sessions()
	}
	out := json.NewEncoder(a.streams.Out)
	out.SetIndent("", "  ")

	return out.Encode(result)
}
