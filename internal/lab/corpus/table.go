// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package corpus

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rtmcc/rtmcc/internal/lab/session"
)

// WriteTable writes [Tally.Table] as text: the first column to the left and all others to
// the right.
func WriteTable(w io.Writer, t *Tally) error {
	head, lines := t.Table()
	lines = append([][]string{head}, lines...)
	widths := make([]int, len(lines[0]))
	for _, cells := range lines {
		for i, cell := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
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
	_, err := io.WriteString(w, out.String())

	return err
}

// column is one of a table of shares.
type column struct {
	name   string
	counts *Counts
}

// Table returns the shares as texts, with a column for all sessions and for each class
// that there is.
func (t *Tally) Table() (head []string, lines [][]string) {
	columns := []column{{"all", t.All()}}
	for _, class := range session.Classes {
		if c := t.Classes[class]; c != nil && c.Sessions > 0 {
			columns = append(columns, column{strings.ReplaceAll(string(class), "_", " "), c})
		}
	}
	head = []string{"path"}
	sessions, hours := []string{"sessions"}, []string{"hours"}
	shares := make([]Shares, len(columns))
	for i, c := range columns {
		shares[i] = c.counts.Shares()
		head = append(head, c.name)
		sessions = append(sessions, strconv.FormatInt(shares[i].Sessions, 10))
		hours = append(hours, fmt.Sprintf("%.1f", shares[i].Hours))
	}
	lines = [][]string{sessions, hours}
	for _, row := range []struct {
		name string
		of   func(*Shares) Share
		// always tells that the row is there even where it counts nothing.
		always bool
	}{
		{"healthy", func(s *Shares) Share { return s.Healthy }, true},
		{"… with episodes", func(s *Shares) Share { return s.Episodes }, false},
		{"estimate oscillates", func(s *Shares) Share { return s.EstimateOscillates }, true},
		{"… by delay overuse", func(s *Shares) Share { return s.ByCause[session.Overuse] }, true},
		{"… by congestion", func(s *Shares) Share { return s.ByCause[session.Congestion] }, true},
		{"… by loss", func(s *Shares) Share { return s.ByCause[session.Loss] }, true},
		{"target oscillates", func(s *Shares) Share { return s.TargetOscillates }, true},
		{"… alone", func(s *Shares) Share { return s.TargetAlone }, true},
		{"capped", func(s *Shares) Share { return s.Capped }, true},
		{"low bandwidth", func(s *Shares) Share { return s.LowBandwidth }, true},
		{"lossy", func(s *Shares) Share { return s.Lossy }, true},
		{"jittery", func(s *Shares) Share { return s.Jittery }, true},
		{"feedback trouble", func(s *Shares) Share { return s.FeedbackTrouble }, true},
		{"estimate not recorded", func(s *Shares) Share { return s.EstimateUnknown }, false},
		{"target not recorded", func(s *Shares) Share { return s.TargetUnknown }, false},
	} {
		if !row.always && row.of(&shares[0]).Count == 0 {
			continue
		}
		cells := []string{row.name}
		for i := range shares {
			share := row.of(&shares[i])
			cells = append(cells, fmt.Sprintf("%d (%.1f %%)", share.Count, 100*share.Share))
		}
		lines = append(lines, cells)
	}

	return head, lines
}

// SkippedNote says what was passed over, empty where nothing was.
func (t *Tally) SkippedNote() string {
	var parts []string
	for _, why := range []struct {
		reason Reason
		text   string
	}{
		{UnknownFormat, "%d (no recording)"}, {FolderLink, "%d (link to a folder)"},
		{NoFile, "%d (no file, but a pipe, socket or device)"},
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
