// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"fmt"
	"os"

	"github.com/rtmcc/rtmcc/internal/trace/formats"
)

// check refuses what cannot be done, before any work is.
func (a *analysis) check() error {
	o := &a.options
	if err := o.Window.Validate(); err != nil {
		return fmt.Errorf("%w: --from, --to: %w", ErrUsage, err)
	}
	if err := o.spareRecordings(); err != nil {
		return err
	}
	if err := checkOutputs(
		output{"--jsonl", o.JSONL, rowsEndings}, output{"--parquet", o.Parquet, parquetEndings}, output{"--report", o.Report, pageEndings},
	); err != nil {
		return err
	}
	if err := a.checkStreams(); err != nil {
		return err
	}

	return a.checkPlot()
}

// spareRecordings refuses to write over a recording, which is a slip of the hand: what an
// analysis writes is none.
func (o *AnalyzeOptions) spareRecordings() error {
	for _, out := range []struct{ flag, path string }{
		{"--jsonl", o.JSONL}, {"--parquet", o.Parquet}, {"--report", o.Report}, {"--plot", o.Plot},
	} {
		if info, err := os.Stat(out.path); err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
			continue
		}
		in, err := formats.Open(out.path)
		if err != nil {
			continue
		}
		if err := in.Close(); err != nil {
			return err
		}

		return fmt.Errorf("%w: %s %s is a recording, which would be lost: name another file", ErrUsage, out.flag, out.path)
	}

	return nil
}

// own lists the files that the analysis writes itself: in a folder that it reads, they are
// not passed over as strange.
func (a *analysis) own() []string {
	out := []string{}
	for _, path := range []string{a.options.JSONL, a.options.Parquet, a.options.Report, a.options.Plot} {
		if path != "" {
			out = append(out, path, path+partial, path+journalEnding)
		}
	}
	if a.journal != "" {
		out = append(out, a.journal)
	}

	return out
}
