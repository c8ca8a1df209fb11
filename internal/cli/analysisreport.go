// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/rtmcc/rtmcc/internal/lab/corpus"
	"github.com/rtmcc/rtmcc/internal/lab/report"
	"github.com/rtmcc/rtmcc/internal/lab/session"
)

// draw writes the report.
func (a *analysis) draw(ctx context.Context) error {
	if a.options.Report == "" {
		return nil
	}
	file, err := createResult(a.options.Report)
	if err != nil {
		return err
	}
	if err := a.report(ctx, file); err != nil {
		file.abandon()

		return err
	}

	return file.finish()
}

func (a *analysis) report(ctx context.Context, out io.Writer) error {
	page, err := report.NewWriter(out, a.page())
	if err != nil {
		return err
	}
	for _, s := range a.drawn() {
		shown := report.Session{Name: s.Name, Summary: &s}
		if s.Error == "" {
			// The signals of a corpus are more than memory holds, so that those few are
			// read again.
			again, t, err := corpus.JudgeFile(ctx, s.Name, a.config)
			if err != nil {
				return err
			}
			shown.Summary, shown.Timeline, shown.Words = &again, t, session.Describe(again)
		}
		if err := page.Add(&shown); err != nil {
			return err
		}
	}

	return page.Close()
}

// drawn are the sessions that a report shows.
func (a *analysis) drawn() []session.Summary {
	if a.few() {
		return a.first
	}

	return a.worst.Sessions()
}

// page is the report without its sessions.
func (a *analysis) page() *report.Page {
	p := &report.Page{Title: a.first[0].Name}
	if a.rows == 1 {
		return p
	}
	p.Title = fmt.Sprintf("%d sessions", a.tally.All().Sessions)
	p.Words = corpusWords(a.tally)
	head, rows := sharesTable(a.tally)
	p.Tables = []report.Table{{Title: "Shares by kind of path", Head: head, Rows: rows, Remark: skippedNote(a.tally)}}
	if a.few() {
		return p
	}
	worst := report.Table{Title: "Worst sessions", Head: []string{"session", "what is wrong"}}
	for i := range a.worst.Sessions() {
		s := &a.worst.Sessions()[i]
		worst.Rows = append(worst.Rows, []string{s.Name, findings(s)})
	}
	p.Tables = append(p.Tables, worst)

	return p
}

// corpusWords says what came out of a corpus, for readers in a hurry.
func corpusWords(t *corpus.Tally) []string {
	all := t.All().Shares()
	words := []string{fmt.Sprintf("%d sessions of %.1f hours were judged; %s of them are healthy.", all.Sessions, all.Hours, percent(all.Healthy.Share))}
	if n := all.EstimateOscillates; n.Count > 0 {
		words = append(words, fmt.Sprintf("In %s the estimate oscillates: in %s because delay is taken for congestion while the path is healthy, in %s because of real congestion, in %s because of loss.",
			percent(n.Share), percent(all.ByCause[session.Overuse].Share), percent(all.ByCause[session.Congestion].Share), percent(all.ByCause[session.Loss].Share)))
	}
	if n := all.TargetOscillates; n.Count > 0 {
		words = append(words, fmt.Sprintf("In %s what encoders are asked for oscillates, in %s though the estimate does not.", percent(n.Share), percent(all.TargetAlone.Share)))
	}
	if n := all.Capped; n.Count > 0 {
		words = append(words, fmt.Sprintf("In %s a tier's maximum holds the target while the path would carry far more.", percent(n.Share)))
	}
	if t.Failed > 0 {
		words = append(words, fmt.Sprintf("%d recordings could not be judged.", t.Failed))
	}

	return words
}
