// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package campaign

import (
	"fmt"
	"image/color"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/netsim"
	"github.com/rtmcc/rtmcc/internal/plotting"
)

// smoothing is the window over which delivered rates are averaged for the eye.
const smoothing = 500 * time.Millisecond

const (
	rateLabel   = "rate, Mbps"
	queueLabel  = "queue, ms"
	playerLabel = "player, s"
	rateWeight  = 2.2
	queueWeight = 1
	storeWeight = 1
)

// bySuffix reports whether a plot's path names one file rather than a folder.
func bySuffix(path string) bool {
	return slices.Contains([]string{".svg", ".png"}, strings.ToLower(filepath.Ext(path)))
}

func (p *Plan) plot(r *Run, jobs int) error {
	if p.Plot == "" || p.Overlays {
		return nil
	}
	f := Figure(r.Result, r.LineUp)
	if bySuffix(p.Plot) && jobs == 1 {
		return f.Save(p.Plot)
	}

	return p.save(f, r.job.name)
}

// save writes a figure in both formats into the folder.
func (p *Plan) save(f *plotting.Figure, name string) error {
	folder := p.Plot
	if bySuffix(folder) {
		return fmt.Errorf("%w: --plot %s names one file, but there are several figures: name a folder", ErrPlan, folder)
	}
	if err := f.Save(filepath.Join(folder, name+".svg")); err != nil {
		return err
	}

	return f.Save(filepath.Join(folder, name+".png"))
}

// Figure draws one run: capacity, estimates, targets and delivered rates above, the
// queue and what the players have in store below.
func Figure(r *netsim.Result, lineUp string) *plotting.Figure {
	f := newFigure(r, r.Scenario+" — "+lineUp)
	f.Note = fmt.Sprintf("seed %d · utilisation %.3f · queueing delay p50 %.0f, p95 %.0f ms · loss %.1f %% · picture stands %.1f %%",
		r.Seed, r.Utilisation, r.Queue50, r.Queue95, 100*r.Loss, 100*r.Still)
	if len(r.Flows) > 1 {
		f.Note += fmt.Sprintf(" · Jain %.3f", r.Jain)
	}
	rates := ground(r)
	for i, flow := range r.Series.Flows {
		name := flow.Controller
		if len(r.Series.Flows) > 1 {
			name = fmt.Sprintf("%s (%d)", name, i+1)
		}
		c := plotting.Color(i)
		rates = append(rates,
			rateSeries(name+" delivered", plotting.Line, c, smoothed(flow.Delivered)),
			gaps(rateSeries(name+" target", plotting.Dashed, c, flow.Target)))
		if steered(&flow) {
			rates = append(rates, gaps(rateSeries(name+" estimate", plotting.Line, plotting.Pale(c), flow.Estimate)))
		}
	}
	next := len(r.Series.Flows)
	for _, other := range []struct {
		name  string
		rates []bwe.Bitrate
	}{{"TCP", r.Series.TCP}, {"cross traffic", r.Series.Cross}} {
		if slices.Max(other.rates) > 0 {
			rates = append(rates, rateSeries(other.name, plotting.Line, plotting.Color(next), smoothed(other.rates)))
			next++
		}
	}
	queueColor := plotting.Color(queueColorIndex)
	f.Panels = []plotting.Panel{
		{Label: rateLabel, Weight: rateWeight, Series: rates},
		{Label: queueLabel, Weight: queueWeight, Series: []plotting.Series{
			queueSeries("queueing delay, longest", plotting.Area, plotting.Pale(queueColor), r.Series.QueueMax),
			queueSeries("queueing delay, mean", plotting.Line, queueColor, r.Series.Queue),
		}},
		players(r),
	}

	return f
}

// steered reports whether the media followed anything but the estimate.
func steered(f *netsim.FlowSeries) bool { return !slices.Equal(f.Estimate, f.Target) }

// players is the media that each player had in store, above bands of the times in
// which its picture stood.
func players(r *netsim.Result) plotting.Panel {
	panel := plotting.Panel{Label: playerLabel, Weight: storeWeight}
	most := leastStore
	for _, f := range r.Series.Flows {
		most = max(most, slices.Max(f.Buffer))
	}
	stood := make([]float64, len(r.Series.Capacity))
	for _, f := range r.Series.Flows {
		for i, share := range f.Still {
			if share > 0 {
				stood[i] = most.Seconds()
			}
		}
	}
	if slices.Max(stood) > 0 {
		panel.Series = append(panel.Series, plotting.Series{
			Name: "picture stands", Style: plotting.Area, Color: plotting.Pale(plotting.Color(stillColorIndex)),
			Step: netsim.Bin.Seconds(), Values: stood,
		})
	}
	for i, f := range r.Series.Flows {
		name := ""
		if i == 0 {
			name = "in store"
		}
		panel.Series = append(panel.Series, storeSeries(name, plotting.Color(i), f.Buffer))
	}

	return panel
}

func storeSeries(name string, c color.Color, media []time.Duration) plotting.Series {
	s := plotting.Series{Name: name, Style: plotting.Line, Color: c, Step: netsim.Bin.Seconds(), Values: make([]float64, len(media))}
	for i, d := range media {
		s.Values[i] = d.Seconds()
	}

	return s
}

const (
	// leastStore is what the player's axis reaches at least.
	leastStore = time.Second
	// stillColorIndex is the red of the palette.
	stillColorIndex = 1
)

// queueColorIndex is the dark grey of the palette.
const queueColorIndex = 6

func newFigure(r *netsim.Result, title string) *plotting.Figure {
	return &plotting.Figure{Title: title, Duration: r.Duration}
}

// ground is the capacity, and what of it the media could use where that is less.
func ground(r *netsim.Result) []plotting.Series {
	out := []plotting.Series{rateSeries("capacity", plotting.Area, plotting.Pale(plotting.Ink), bounded(r))}
	if slices.Max(r.Series.Cross) > 0 {
		out = append(out, rateSeries("left for media", plotting.Line, plotting.Ink, r.Series.Available))
	}

	return out
}

// bounded is the capacity where there is one; a link without limit is drawn as high
// as the rates on it.
func bounded(r *netsim.Result) []bwe.Bitrate {
	highest := bwe.Bitrate(0)
	for _, f := range r.Series.Flows {
		highest = max(highest, slices.Max(f.Target), slices.Max(f.Delivered))
	}
	out := slices.Clone(r.Series.Capacity)
	for i, c := range out {
		out[i] = min(c, mostCapacity*highest)
	}

	return out
}

// mostCapacity is how far the capacity may rise over the rates before it is cut off,
// as a factor: beyond, the flows would be a line at the bottom.
const mostCapacity = 4

// smoothed is a centred moving average.
func smoothed(rates []bwe.Bitrate) []bwe.Bitrate {
	half := int(smoothing / netsim.Bin / 2)
	out := make([]bwe.Bitrate, len(rates))
	for i := range rates {
		from, to := max(0, i-half), min(len(rates), i+half+1)
		sum := bwe.Bitrate(0)
		for _, r := range rates[from:to] {
			sum += r
		}
		out[i] = sum / bwe.Bitrate(to-from)
	}

	return out
}

func rateSeries(name string, style plotting.Style, c color.Color, rates []bwe.Bitrate) plotting.Series {
	s := plotting.Series{Name: name, Style: style, Color: c, Step: netsim.Bin.Seconds(), Values: make([]float64, len(rates))}
	for i, r := range rates {
		s.Values[i] = float64(r) / float64(bwe.Mbps)
	}

	return s
}

// gaps leaves out where the flow did not run.
func gaps(s plotting.Series) plotting.Series {
	for i, v := range s.Values {
		if v == 0 {
			s.Values[i] = math.NaN()
		}
	}

	return s
}

func queueSeries(name string, style plotting.Style, c color.Color, delays []time.Duration) plotting.Series {
	s := plotting.Series{Name: name, Style: style, Color: c, Step: netsim.Bin.Seconds(), Values: make([]float64, len(delays))}
	for i, d := range delays {
		s.Values[i] = d.Seconds() * 1000
	}

	return s
}

// comparison overlays the runs of one scenario and seed under several controllers.
type comparison struct {
	plan *Plan
	runs []*Run
}

// add takes in a run; those of one scenario come in a row.
func (c *comparison) add(r *Run) error {
	if c.plan.Plot == "" || !c.plan.Compare || len(c.plan.Flows) < 2 || r.Seed != c.plan.Seed {
		return nil
	}
	var err error
	if len(c.runs) > 0 && c.runs[0].job.scenario != r.job.scenario {
		err = c.flush()
	}
	c.runs = append(c.runs, r)

	return err
}

// flush draws what was collected.
func (c *comparison) flush() error {
	if len(c.runs) == 0 {
		return nil
	}
	first := c.runs[0]
	f := newFigure(first.Result, first.Scenario)
	f.Note = fmt.Sprintf("delivered rates, mean queueing delays and what players have in store in runs of their own, seed %d", first.Seed)
	rates := ground(first.Result)
	var queues, stores []plotting.Series
	for i, r := range c.runs {
		sum := make([]bwe.Bitrate, len(r.Series.Capacity))
		for _, flow := range r.Series.Flows {
			for k, v := range flow.Delivered {
				sum[k] += v
			}
		}
		label := fmt.Sprintf("%s (%.2f of capacity)", r.LineUp, r.Utilisation)
		rates = append(rates, rateSeries(label, plotting.Line, plotting.Color(i), smoothed(sum)))
		queues = append(queues, queueSeries("", plotting.Line, plotting.Color(i), r.Series.Queue))
		for k, flow := range r.Series.Flows {
			name := ""
			if k == 0 {
				name = fmt.Sprintf("%s (stands %.1f %%)", r.LineUp, 100*r.Still)
			}
			stores = append(stores, storeSeries(name, plotting.Color(i), flow.Buffer))
		}
	}
	f.Panels = []plotting.Panel{{Label: rateLabel, Weight: rateWeight, Series: rates}, {Label: queueLabel, Weight: queueWeight, Series: queues}, {Label: playerLabel, Weight: storeWeight, Series: stores}}
	c.runs = nil

	return c.plan.save(f, safe(first.Scenario)+".compare")
}
