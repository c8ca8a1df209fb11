// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package campaign

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/netsim"
)

// seriesHead names the columns of a series file (docs/sim.md).
const seriesHead = "time_s,flow,capacity_bps,available_bps,estimate_bps,target_bps,encoder_bps,tier,video_bps,delivered_bps,queue_ms,player_s,still"

// series writes what a run was over time to the file that the plan names, with the
// run's name added where there are several runs.
func (p *Plan) series(r *Run, jobs int) error {
	if p.Series == "" {
		return nil
	}
	path := p.Series
	if jobs > 1 {
		folder, base := filepath.Split(path)
		stem, rest, dotted := strings.Cut(base, ".")
		name := stem + "." + r.job.name
		if dotted {
			name += "." + rest
		}
		path = filepath.Join(folder, name)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // as other folders are
		return fmt.Errorf("series: %w", err)
	}
	file, err := os.Create(path) //nolint:gosec // the user names the file
	if err != nil {
		return fmt.Errorf("series: %w", err)
	}
	out := bufio.NewWriter(file)
	if err := errors.Join(WriteSeries(out, &r.Series), out.Flush(), file.Close()); err != nil {
		return fmt.Errorf("series %s: %w", path, err)
	}

	return nil
}

// WriteSeries writes a run as comma-separated values: a line for each flow and bin of
// [netsim.Bin], at the bin's end.
func WriteSeries(w io.Writer, s *netsim.Series) error {
	if _, err := fmt.Fprintln(w, seriesHead); err != nil {
		return err
	}
	var line []byte
	for bin := range s.Capacity {
		for i := range s.Flows {
			f := &s.Flows[i]
			at := netsim.Bin.Seconds() * float64(bin+1)
			line = strconv.AppendFloat(line[:0], at, 'f', 1, 64)
			line = strconv.AppendInt(append(line, ','), int64(i+1), 10)
			for _, rate := range []bwe.Bitrate{s.Capacity[bin], s.Available[bin], f.Estimate[bin], f.Target[bin], f.Encoder[bin]} {
				line = strconv.AppendInt(append(line, ','), int64(rate), 10)
			}
			line = append(line, ',')
			if f.Tier[bin] >= 0 {
				line = strconv.AppendInt(line, int64(f.Tier[bin]), 10)
			}
			for _, rate := range []bwe.Bitrate{f.Video[bin], f.Delivered[bin]} {
				line = strconv.AppendInt(append(line, ','), int64(rate), 10)
			}
			for _, v := range []float64{1000 * s.Queue[bin].Seconds(), f.Buffer[bin].Seconds(), f.Still[bin]} {
				line = strconv.AppendFloat(append(line, ','), v, 'f', 3, 64)
			}
			if _, err := w.Write(append(line, '\n')); err != nil {
				return err
			}
		}
	}

	return nil
}
