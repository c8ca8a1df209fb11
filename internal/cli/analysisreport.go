// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rtmcc/rtmcc/internal/lab/corpus"
	"github.com/rtmcc/rtmcc/internal/lab/report"
	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/trace/formats"
)

// draw writes the report and the plots.
func (a *analysis) draw(ctx context.Context) error {
	if a.options.Report == "" {
		if a.options.Plot == "" {
			return nil
		}

		return a.each(ctx, func(*report.Session) error { return nil })
	}
	file, err := createResult(a.options.Report)
	if err != nil {
		return err
	}
	page, err := report.NewWriter(file, a.page())
	if err == nil {
		err = a.each(ctx, page.Add)
	}
	if err == nil {
		err = page.Close()
	}
	if err != nil {
		file.abandon()

		return err
	}

	return file.finish()
}

// each reads the sessions that are drawn again, as the signals of a corpus are more than
// memory holds.
func (a *analysis) each(ctx context.Context, show func(*report.Session) error) error {
	for i, s := range a.drawn() {
		shown := report.Session{Name: s.Name, Summary: &s}
		if s.Error == "" {
			again, t, err := corpus.JudgeFile(ctx, s.Name, a.config, a.options.Window)
			if err != nil {
				return err
			}
			shown.Summary, shown.Timeline, shown.Words = &again, t, session.Describe(again)
		}
		if err := errors.Join(a.plot(i, &shown), show(&shown)); err != nil {
			return err
		}
	}

	return nil
}

// plot saves the figure of a session that is drawn.
func (a *analysis) plot(number int, s *report.Session) error {
	path := a.options.Plot
	if path == "" || s.Timeline == nil {
		return nil
	}
	figure := report.Figure(s)
	if isFigure(path) {
		return figure.Save(path)
	}
	path = filepath.Join(path, fmt.Sprintf("%d-%s", number+1, filepath.Base(s.Name)))

	return errors.Join(figure.Save(path+".svg"), figure.Save(path+".png"))
}

// checkPlot refuses one file for what may be several figures, before any work is done.
func (a *analysis) checkPlot() error {
	if !isFigure(a.options.Plot) {
		return nil
	}
	if info, err := os.Stat(a.paths[0]); len(a.paths) > 1 || err != nil || info.IsDir() {
		return fmt.Errorf("%w: --plot %s names one file, but there may be several figures: name a folder", ErrUsage, a.options.Plot)
	}

	return nil
}

// checkStreams refuses to draw what can be read but once, before any work is done.
func (a *analysis) checkStreams() error {
	if a.options.Report == "" && a.options.Plot == "" {
		return nil
	}
	for _, path := range a.paths {
		if formats.Stream(path) {
			return fmt.Errorf("%w: --report and --plot read a recording twice, which %s does not allow: save it to a file first", ErrUsage, path)
		}
	}

	return nil
}

// isFigure tells whether a plot's path names one file rather than a folder.
func isFigure(path string) bool {
	ending := strings.ToLower(filepath.Ext(path))

	return ending == ".svg" || ending == ".png"
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
	head, rows := a.tally.Table()
	p.Tables = []report.Table{{Title: "Shares by kind of path", Head: head, Rows: rows, Remark: a.tally.SkippedNote()}}
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
	words := []string{fmt.Sprintf("%d sessions, %.1f hours in all, were judged; %s of them are healthy.", all.Sessions, all.Hours, percent(all.Healthy.Share))}
	if n := all.Episodes; n.Count > 0 {
		words = append(words, fmt.Sprintf("In %s sending stalled, the picture stood, a queue stood or packets were lost in a burst for a while, though they are healthy.", percent(n.Share)))
	}
	if n := all.EstimateOscillates; n.Count > 0 {
		words = append(words, fmt.Sprintf("In %s the estimate oscillates: in %s because delay is taken for congestion while the path is healthy, in %s because of real congestion, in %s because of loss.",
			percent(n.Share), percent(all.ByCause[session.Overuse].Share), percent(all.ByCause[session.Congestion].Share), percent(all.ByCause[session.Loss].Share)))
	}
	if n := all.TargetOscillates; n.Count > 0 {
		words = append(words, fmt.Sprintf("In %s what encoders are asked for oscillates, in %s though the estimate does not.", percent(n.Share), percent(all.TargetAlone.Share)))
	}
	if n := all.Capped; n.Count > 0 {
		words = append(words, fmt.Sprintf("In %s the media is held far below the estimate, by a tier's maximum or, where the recording names none, by the encoder or what there is to send.", percent(n.Share)))
	}
	if t.Failed > 0 {
		words = append(words, fmt.Sprintf("%d recordings could not be judged.", t.Failed))
	}

	return words
}
