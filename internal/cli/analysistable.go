// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/rtmcc/rtmcc/internal/lab/corpus"
	"github.com/rtmcc/rtmcc/internal/lab/session"
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
	if a.rows == 1 {
		return nil
	}
	head, lines := sharesTable(a.tally)
	if err := a.printColumns(append([][]string{head}, lines...)); err != nil {
		return err
	}
	if note := skippedNote(a.tally); note != "" {
		Say(a.streams.Err, "%s\n", note)
	}
	if a.few() || len(a.worst.Sessions()) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(a.streams.Out, "\nworst sessions:\n%s\n", strings.Join(worstLines(&a.worst), "\n"))

	return err
}

// printColumns sets the first column to the left and all others to the right.
func (a *analysis) printColumns(lines [][]string) error {
	widths := make([]int, len(lines[0]))
	for _, cells := range lines {
		for i, cell := range cells {
			widths[i] = max(widths[i], len(cell))
		}
	}
	var out strings.Builder
	for _, cells := range lines {
		fmt.Fprintf(&out, "%-*s", widths[0], cells[0])
		for i, cell := range cells[1:] {
			fmt.Fprintf(&out, "  %*s", widths[i+1], cell)
		}
		out.WriteByte('\n')
	}
	_, err := io.WriteString(a.streams.Out, out.String())

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
		"  " + strings.Join(slices.DeleteFunc([]string{s.Format, s.Recorder, clock(s.Duration)}, func(part string) bool { return part == "" }), ", "),
		fmt.Sprintf("  sent %v, received %v, loss %s, round trip %.0f ms, delay above its least %.0f ms (95 %%: %.0f ms)",
			m.Sent, m.Received, percent(m.Loss), m.RTT, m.Delay50, m.Delay95),
	}
	for _, sentence := range session.Describe(*s) {
		lines = append(lines, "  "+sentence)
	}
	if s.Damage.Any() {
		lines = append(lines, "  The recording is damaged: "+damageNote(s))
	}

	return strings.Join(lines, "\n") + "\n"
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

// column is one of a table of shares.
type column struct {
	name   string
	counts *corpus.Counts
}

// sharesTable returns the shares with a column for all sessions and for each class that
// there is.
func sharesTable(t *corpus.Tally) (head []string, lines [][]string) {
	columns := []column{{"all", t.All()}}
	for _, class := range session.Classes {
		if c := t.Classes[class]; c != nil && c.Sessions > 0 {
			columns = append(columns, column{strings.ReplaceAll(string(class), "_", " "), c})
		}
	}
	head = []string{"path"}
	sessions, hours := []string{"sessions"}, []string{"hours"}
	shares := make([]corpus.Shares, len(columns))
	for i, c := range columns {
		shares[i] = c.counts.Shares()
		head = append(head, c.name)
		sessions = append(sessions, strconv.FormatInt(shares[i].Sessions, 10))
		hours = append(hours, fmt.Sprintf("%.1f", shares[i].Hours))
	}
	lines = [][]string{sessions, hours}
	for _, row := range []struct {
		name string
		of   func(*corpus.Shares) corpus.Share
		// always tells that the row is there even where it counts nothing.
		always bool
	}{
		{"healthy", func(s *corpus.Shares) corpus.Share { return s.Healthy }, true},
		{"estimate oscillates", func(s *corpus.Shares) corpus.Share { return s.EstimateOscillates }, true},
		{"  by delay overuse", func(s *corpus.Shares) corpus.Share { return s.ByCause[session.Overuse] }, true},
		{"  by congestion", func(s *corpus.Shares) corpus.Share { return s.ByCause[session.Congestion] }, true},
		{"  by loss", func(s *corpus.Shares) corpus.Share { return s.ByCause[session.Loss] }, true},
		{"target oscillates", func(s *corpus.Shares) corpus.Share { return s.TargetOscillates }, true},
		{"  alone", func(s *corpus.Shares) corpus.Share { return s.TargetAlone }, true},
		{"capped by the tier", func(s *corpus.Shares) corpus.Share { return s.Capped }, true},
		{"low bandwidth", func(s *corpus.Shares) corpus.Share { return s.LowBandwidth }, true},
		{"lossy", func(s *corpus.Shares) corpus.Share { return s.Lossy }, true},
		{"jittery", func(s *corpus.Shares) corpus.Share { return s.Jittery }, true},
		{"feedback trouble", func(s *corpus.Shares) corpus.Share { return s.FeedbackTrouble }, true},
		{"estimate not recorded", func(s *corpus.Shares) corpus.Share { return s.EstimateUnknown }, false},
		{"target not recorded", func(s *corpus.Shares) corpus.Share { return s.TargetUnknown }, false},
	} {
		if !row.always && row.of(&shares[0]).Count == 0 {
			continue
		}
		cells := []string{row.name}
		for i := range shares {
			share := row.of(&shares[i])
			cells = append(cells, fmt.Sprintf("%d  %5.1f %%", share.Count, 100*share.Share))
		}
		lines = append(lines, cells)
	}

	return head, lines
}

// skippedNote says what was passed over, empty where nothing was.
func skippedNote(t *corpus.Tally) string {
	var parts []string
	for _, why := range []struct {
		reason corpus.Reason
		text   string
	}{
		{corpus.UnknownFormat, "%d (no recording)"}, {corpus.FolderLink, "%d (link to a folder)"},
		{corpus.NoFile, "%d (no file)"},
	} {
		if n := t.Skipped[why.reason]; n > 0 {
			parts = append(parts, fmt.Sprintf(why.text, n))
		}
	}
	if len(parts) == 0 {
		return ""
	}

	return "passed over: " + strings.Join(parts, ", ")
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

// printJSON prints the whole result as one object.
func (a *analysis) printJSON() error {
	result := struct {
		Recordings int64                           `json:"recordings"`
		Failed     int64                           `json:"failed"`
		Skipped    map[corpus.Reason]int64         `json:"skipped"`
		All        corpus.Shares                   `json:"all"`
		Classes    map[session.Class]corpus.Shares `json:"classes"`
		Sessions   []session.Summary               `json:"sessions,omitempty"`
		Worst      []session.Summary               `json:"worst,omitempty"`
	}{
		Recordings: a.rows, Failed: a.tally.Failed, Skipped: a.tally.Skipped, All: a.tally.All().Shares(),
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
