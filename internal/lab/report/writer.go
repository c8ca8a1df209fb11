// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package report

import (
	"bufio"
	"fmt"
	"io"
)

// Writer writes a page whose sessions come one at a time, for those that do not fit
// into memory together. It is not safe for concurrent use.
type Writer struct {
	out      *bufio.Writer
	sessions int
}

// NewWriter writes what comes before the sessions: the page's title, words and tables.
// The page's own sessions are left out.
func NewWriter(w io.Writer, p *Page) (*Writer, error) {
	out := &Writer{out: bufio.NewWriter(w)}
	head := newHead(p)
	if err := layout.ExecuteTemplate(out.out, "head", head); err != nil {
		return nil, fmt.Errorf("writing a report: %w", err)
	}

	return out, nil
}

// Add writes a session, of which nothing is kept.
func (w *Writer) Add(s *Session) error {
	w.sessions++
	if err := w.add(s); err != nil {
		return fmt.Errorf("writing session %q into a report: %w", s.Name, err)
	}

	return nil
}

func (w *Writer) add(s *Session) error {
	view := newSessionView(s, w.sessions)
	if err := layout.ExecuteTemplate(w.out, "session", view); err != nil {
		return err
	}
	if view.Drawn {
		if err := writeData(w.out, s); err != nil {
			return err
		}
	}

	return layout.ExecuteTemplate(w.out, "session-end", nil)
}

// Close writes the end of the page; it does not close the writer below.
func (w *Writer) Close() error {
	if err := layout.ExecuteTemplate(w.out, "foot", layoutAssets); err != nil {
		return fmt.Errorf("writing a report: %w", err)
	}
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("writing a report: %w", err)
	}

	return nil
}
