// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package plotting

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// Band is a stretch of time that is shaded, below the lines.
type Band struct {
	// Name is what the legend shows, once for all bands of a name; a band without a name is
	// left out of it.
	Name string
	// From and To are in seconds.
	From, To float64
	// Low and High bound its height as shares of the panel's, 0 being the bottom; both zero
	// stand for the whole height.
	Low, High float64
	Color     color.Color
}

// laneFill is the share of a lane that its bands fill.
const laneFill = 0.7

// Lane returns the bounds of a band in a lane of a panel that has so many of them, the
// first at the top.
func Lane(index, lanes int) (low, high float64) {
	one := 1 / float64(lanes)
	middle := 1 - one*(float64(index)+0.5)

	return middle - one*laneFill/2, middle + one*laneFill/2
}

// laneTicks are names of lanes in the place of values.
type laneTicks []string

// Ticks implements [plot.Ticker].
func (names laneTicks) Ticks(least, most float64) []plot.Tick {
	out := make([]plot.Tick, len(names))
	for i, name := range names {
		low, high := Lane(i, len(names))
		out[i] = plot.Tick{Value: least + (low+high)/2*(most-least), Label: name}
	}

	return out
}

// shade draws bands between the ends of the axis.
func shade(p *plot.Plot, bands []Band, bottom, top float64) error {
	for _, b := range bands {
		low, high := b.Low, b.High
		if low == 0 && high == 0 {
			high = 1
		}
		low, high = bottom+low*(top-bottom), bottom+high*(top-bottom)
		polygon, err := plotter.NewPolygon(plotter.XYs{{X: b.From, Y: low}, {X: b.To, Y: low}, {X: b.To, Y: high}, {X: b.From, Y: high}})
		if err != nil {
			return err
		}
		polygon.Color, polygon.Width = b.Color, 0
		p.Add(polygon)
	}

	return nil
}

// entries are what the legend shows: the series, and one band of each name.
func (p *Panel) entries() []Series {
	var out []Series
	shown := map[string]bool{"": true}
	for _, s := range p.Series {
		if s.Name != "" {
			out = append(out, s)
		}
	}
	for _, b := range p.Bands {
		if !shown[b.Name] {
			shown[b.Name] = true
			out = append(out, Series{Name: b.Name, Style: Area, Color: b.Color})
		}
	}

	return out
}
