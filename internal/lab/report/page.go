// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package report writes what was found as one HTML page that needs nothing else, and as
// still figures.
package report

import (
	"io"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// Page is a report.
type Page struct {
	Title string
	// Words are paragraphs that say what came out, for readers in a hurry.
	Words []string
	// Tables come before the sessions.
	Tables []Table
	// Sessions are drawn one below the other.
	Sessions []Session
}

// Session is a session of a report.
type Session struct {
	Name string
	// Timeline is nil where there is nothing to draw.
	Timeline *timeline.Timeline
	// Summary is nil where the session was not analysed.
	Summary *session.Summary
	// Words are paragraphs of the session's own, below what the summary says.
	Words []string
	// Tables come before the plots.
	Tables []Table
	// Notes are what happened when, such as disagreements of two controllers.
	Notes []Note
}

// Table is a table of texts. Cells that are numbers are set to the right.
type Table struct {
	Title string
	Head  []string
	Rows  [][]string
	// Remark is set below it.
	Remark string
}

// Note points at a time of a session.
type Note struct {
	// From and To bound the time; To is not above From where it is an instant.
	From, To bwe.Time
	Text     string
}

// Write writes the page. Texts may hold anything: none is taken for HTML.
func Write(w io.Writer, p *Page) error {
	out, err := NewWriter(w, p)
	if err != nil {
		return err
	}
	for i := range p.Sessions {
		if err := out.Add(&p.Sessions[i]); err != nil {
			return err
		}
	}

	return out.Close()
}
