// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/rtmcc/rtmcc/internal/lab/replay"
	"github.com/rtmcc/rtmcc/internal/lab/report"
	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/trace/formats"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// draw writes what was asked for of one file.
func (r *replayer) draw(out *replayed) error {
	var err error
	if r.options.Plot != "" || r.options.Report != "" {
		out.page = reportSession(out)
	}
	if r.options.Plot != "" {
		err = report.Figure(out.page).Save(r.named(r.options.Plot, out))
	}
	if r.options.SeriesFile != "" {
		err = errors.Join(err, save(r.named(r.options.SeriesFile, out), func(w io.Writer) error {
			return replay.WriteSeries(w, out.Replay)
		}))
	}

	return err
}

// named puts the recording's name into that of a file, where there are several
// recordings: plot.svg becomes plot.call1.svg for call1.log.
func (r *replayer) named(path string, out *replayed) string {
	if !r.several {
		return path
	}
	ending := filepath.Ext(path)

	return strings.TrimSuffix(path, ending) + "." + out.name + ending
}

// ownNames gives each recording a name that none of the others has: that of its file
// without its ending, and where another has that already, with a number.
func ownNames(files []string) []string {
	names, taken := make([]string, len(files)), map[string]bool{}
	for i, file := range files {
		base := filepath.Base(file)
		if file == formats.Stdin {
			base = "stdin"
		}
		base = strings.TrimSuffix(strings.TrimSuffix(base, ".gz"), ".zst")
		if ending := filepath.Ext(base); ending != base {
			base = strings.TrimSuffix(base, ending)
		}
		name := base
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s-%d", base, n)
		}
		names[i], taken[name] = name, true
	}

	return names
}

// writeReport writes the page about all files.
func (r *replayer) writeReport() error {
	if r.options.Report == "" {
		return nil
	}
	page := &report.Page{Title: "Replay in open loop", Words: []string{
		"Each controller was fed what the recording holds: what was sent, and what feedback told of it. " +
			"The media was sent as the recorder decided and followed none of the controllers, " +
			"so an estimate far from the sent rate was not put to the test.",
	}}
	var summaries [][]string
	for _, out := range r.done {
		if out.page == nil {
			continue
		}
		shown := *out.page
		if r.several {
			shown.Words = append(out.Replay.Findings(), shown.Words...)
		} else {
			page.Words = append(out.Replay.Findings(), page.Words...)
		}
		page.Sessions = append(page.Sessions, shown)
		for _, row := range out.Replay.Rows() {
			summaries = append(summaries, append([]string{out.File}, row...))
		}
	}
	if len(page.Sessions) > 1 {
		page.Tables = append(page.Tables, report.Table{Title: "All recordings", Head: summaryHead, Rows: summaries})
	}

	return save(r.options.Report, func(w io.Writer) error { return report.Write(w, page) })
}

func reportSession(out *replayed) *report.Session {
	result := out.Replay
	summary := session.Analyze(result.Timeline, session.Default())
	summary.Name, summary.Format, summary.Recorder = out.File, result.Info.Format, result.Info.Recorder
	summary.Start, summary.Damage = result.Info.Start, result.Damage
	s := &report.Session{
		Name: out.File, Timeline: result.Timeline, Summary: &summary, Words: append(session.Describe(summary), result.Words()...),
		Tables: []report.Table{{Title: "Estimates", Head: replay.TableHead, Rows: result.Rows(), Remark: replay.TableRemark}},
	}
	if v := out.verification; v != nil && v.Identical {
		s.Words = append(s.Words, fmt.Sprintf("Its %d decisions, computed again, came out the same.", v.Decisions))
	}
	if d := result.Damage; d.Any() {
		s.Words = append(s.Words, damage(out.File, &d))
	}
	for i := range result.Disagreements {
		d := &result.Disagreements[i]
		s.Notes = append(s.Notes, report.Note{From: d.From, To: d.To, Text: d.Words()})
	}

	return s
}

// damage says what of a recording could not be read.
func damage(file string, d *recording.Damage) string {
	return file + " is damaged: " + strings.Join(damageLines(*d), ", ") + "; what is there was replayed"
}
