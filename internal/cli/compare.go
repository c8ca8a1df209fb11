// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/rtmcc/rtmcc/internal/jsonfile"
	"github.com/rtmcc/rtmcc/internal/lab/compare"
	"github.com/rtmcc/rtmcc/internal/lab/report"
	"github.com/rtmcc/rtmcc/internal/netsim/campaign"
)

// Comparison is a matrix to play and where its outcome goes.
type Comparison struct {
	Plan compare.Plan
	// RulesFile is a JSON file that replaces single fields of [compare.Config].
	RulesFile string
	JSON      bool
	// CSV and Report are files, empty for none.
	CSV    string
	Report string
}

// Run plays the matrix and prints the outcome.
func (c *Comparison) Run(ctx context.Context, s Streams) error {
	c.Plan.Config = compare.Default()
	if err := jsonfile.Load(c.RulesFile, &c.Plan.Config); err != nil {
		return err
	}
	if plot := c.Plan.Campaign.Plot; isFigure(plot) {
		return fmt.Errorf("%w: --plot %s names one file: name a folder for a figure of each scenario", ErrUsage, plot)
	}
	if err := checkOutputs(output{"--csv", c.CSV, tableEndings}, output{"--report", c.Report, pageEndings}); err != nil {
		return err
	}
	for _, path := range []string{c.CSV, c.Report} {
		if err := makeFolder(path); err != nil {
			// Early, before minutes of work.
			return err
		}
	}
	c.Plan.Draw = c.Report != ""
	p := newProgress(s)
	var last compare.Progress
	c.Plan.Progress = func(done compare.Progress) {
		last = done
		text := ""
		if done.Failed > 0 {
			text = fmt.Sprintf("%d failed", done.Failed)
		}
		p.show(done.Share, fmt.Sprintf("%d/%d runs", done.Runs, done.Total), done.Scenario, text)
	}
	r, err := compare.Run(ctx, &c.Plan)
	p.end()
	switch {
	case errors.Is(err, compare.ErrPlan), errors.Is(err, compare.ErrConfig), errors.Is(err, campaign.ErrPlan):
		return fmt.Errorf("%w: %w", ErrUsage, err)
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("interrupted (%w) after %d of %d runs; nothing is printed or kept, as families would be told by a part of their scenarios",
			ctx.Err(), last.Runs, last.Total)
	case err != nil:
		return err
	}
	if err := c.print(r, s.Out); err != nil {
		return err
	}
	if err := errors.Join(
		save(c.CSV, r.WriteCSV),
		save(c.Report, func(w io.Writer) error { return report.Write(w, r.Page()) }),
	); err != nil {
		return err
	}
	if !r.Compared() {
		return errors.New("nothing could be compared: no scenario has a pair of runs with a result")
	}

	return nil
}

func (c *Comparison) print(r *compare.Result, w io.Writer) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(r)
	}

	return r.WriteTable(w)
}
