// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"fmt"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/internal/plotting"
)

const tableHead = "| set-up | asked for, kbps | coded, kbps | PSNR, dB | SSIM | queue p95, ms | picture stands, % |\n" +
	"| --- | --- | --- | --- | --- | --- | --- |\n"

// row is one line of the table, with what differs from the first set-up.
func row(m, first *measured) string {
	against := func(v, base float64) string {
		if m == first || m.name == first.name {
			return ""
		}

		return fmt.Sprintf(" (%+.1f %%)", 100*(v/base-1))
	}

	return fmt.Sprintf("| %s | %.0f%s | %.0f%s | %.2f%s | %.4f | %.0f | %.2f |\n", m.name,
		float64(m.asked)/1000, against(float64(m.asked), float64(first.asked)),
		float64(m.coded)/1000, against(float64(m.coded), float64(first.coded)),
		m.psnr, against(m.psnr, first.psnr), m.ssim, m.queue95, 100*m.still)
}

// figure draws what each set-up asked its encoder for.
func figure(o *options, c *comparison, runs []measured) *plotting.Figure {
	f := &plotting.Figure{
		Title: c.title, Duration: (o.warmup + o.length).Seconds(),
		Note: fmt.Sprintf("what the video encoder is asked for, from the estimates in pale; the clip is coded along it from %v on; seed %d", o.warmup, o.seed),
	}
	capacity := plotting.Series{
		Name: "capacity", Style: plotting.Area, Color: plotting.Pale(plotting.Ink), Step: netsim.Bin.Seconds(), Values: megabits(runs[0].series.Capacity),
	}
	rates := []plotting.Series{capacity}
	for i, m := range runs {
		flow := &m.series.Flows[0]
		rates = append(rates,
			plotting.Series{Style: plotting.Line, Color: plotting.Pale(plotting.Color(i)), Step: netsim.Bin.Seconds(), Values: megabits(flow.Estimate)},
			plotting.Series{
				Name: fmt.Sprintf("%s (%.2f dB)", m.name, m.psnr), Style: plotting.Line, Color: plotting.Color(i), Step: netsim.Bin.Seconds(), Values: megabits(flow.Encoder),
			})
	}
	f.Panels = []plotting.Panel{{Label: "rate, Mbps", Weight: 1, Series: rates}}

	return f
}

func megabits(rates []bwe.Bitrate) []float64 {
	out := make([]float64, len(rates))
	for i, r := range rates {
		out[i] = float64(r) / 1e6
	}

	return out
}
