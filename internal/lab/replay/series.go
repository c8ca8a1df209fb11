// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"

	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

const (
	milli    = 1000
	percents = 100
)

// column is a column of a series file.
type column struct {
	name   string
	signal timeline.Signal
	scale  float64
	digits int
}

// WriteSeries writes the timeline of a replay as comma-separated values: a line for each
// bin, at the bin's end. Cells of what is unknown are empty. The columns of a controller
// begin with its name, those of the recorder's with "recorded".
func WriteSeries(w io.Writer, r *Result) error {
	t := r.Timeline
	columns := []column{
		{"capacity_bps", t.Capacity, 1, 0},
		{"sent_bps", t.Sent, 1, 0},
		{"received_bps", t.Received, 1, 0},
		{"delay_ms", t.Delay, milli, 3},
		{"rtt_ms", t.RTT, milli, 3},
		{"loss", t.Loss, 1, 4},
	}
	for _, track := range tracks(t) {
		name := track.Name
		if track == t.Recorded {
			name = "recorded"
		}
		columns = append(columns,
			column{name + ".estimate_bps", track.Estimate, 1, 0},
			column{name + ".delay_based_bps", track.DelayBased, 1, 0},
			column{name + ".target_bps", track.Target, 1, 0},
			column{name + ".queue_ms", track.Queue, milli, 3},
			column{name + ".trend_ms", track.Trend, milli, 3},
			column{name + ".threshold_ms", track.Threshold, milli, 3},
		)
	}
	out := csv.NewWriter(w)
	row := []string{"time_s"}
	for _, c := range columns {
		row = append(row, c.name)
	}
	if err := out.Write(row); err != nil {
		return err
	}
	for bin := range t.Bins() {
		row = append(row[:0], strconv.FormatFloat(t.Start.Sub(0).Seconds()+timeline.Bin.Seconds()*float64(bin+1), 'f', 1, 64))
		for _, c := range columns {
			cell := ""
			if v := c.signal.At(bin); !math.IsNaN(v) {
				cell = strconv.FormatFloat(v*c.scale, 'f', c.digits, 64)
			}
			row = append(row, cell)
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()

	return out.Error()
}
