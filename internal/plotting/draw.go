// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package plotting

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	titleSize   = 13
	noteSize    = 9
	labelSize   = 10
	tickSize    = 9
	lineWidth   = 1.4
	gridWidth   = 0.5
	legendIcon  = 18
	legendGap   = 14
	legendInset = 36
	iconGap     = 4
	lineGap     = 4
	panelGap    = 8
	tickLength  = 4
	headroom    = 1.06
	gridGrey    = 0xd4
	textGrey    = 0x55
	sansVariant = "Sans"
	timeTicks   = 12
	valueTicks  = 7
	leastTicks  = 4
)

var (
	gridColor  = color.Gray{Y: gridGrey}
	mutedColor = color.Gray{Y: textGrey}
	dashes     = []vg.Length{vg.Points(4), vg.Points(2.5)}
)

func style(size vg.Length, c color.Color) text.Style {
	return text.Style{
		Color: c, Font: font.Font{Typeface: "Liberation", Variant: sansVariant, Size: size},
		Handler: plot.DefaultTextHandler, XAlign: draw.XLeft, YAlign: draw.YTop,
	}
}

func (f *Figure) draw(c draw.Canvas) error {
	c = f.header(c)
	weights := 0.0
	for i := range f.Panels {
		weights += f.Panels[i].Weight
	}
	plots := make([]*plot.Plot, len(f.Panels))
	canvases := make([]draw.Canvas, len(f.Panels))
	height := c.Max.Y - c.Min.Y - vg.Length(len(f.Panels)-1)*panelGap
	top := c.Max.Y
	// The plots' left and right edges meet where the widest labels end.
	left, right := c.Min.X, c.Max.X
	for i := range f.Panels {
		p, err := f.panel(i)
		if err != nil {
			return err
		}
		bottom := top - height*vg.Length(f.Panels[i].Weight/weights)
		canvas := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: c.Min.X, Y: bottom}, Max: vg.Point{X: c.Max.X, Y: top}}}
		plots[i], canvases[i] = p, f.Panels[i].legend(canvas)
		top = bottom - panelGap
		data := p.DataCanvas(canvases[i])
		left, right = max(left, data.Min.X), min(right, data.Max.X)
	}
	for i, p := range plots {
		data := p.DataCanvas(canvases[i])
		canvases[i].Min.X += left - data.Min.X
		canvases[i].Max.X += right - data.Max.X
		p.Draw(canvases[i])
	}

	return nil
}

// header draws title and note, and returns what is left of the page.
func (f *Figure) header(c draw.Canvas) draw.Canvas {
	title, note := style(titleSize, color.Black), style(noteSize, mutedColor)
	c.FillText(title, vg.Point{X: c.Min.X, Y: c.Max.Y}, f.Title)
	c.Max.Y -= title.Height(f.Title) + lineGap
	if f.Note != "" {
		c.FillText(note, vg.Point{X: c.Min.X, Y: c.Max.Y}, f.Note)
		c.Max.Y -= note.Height(f.Note) + panelGap
	}

	return c
}

// legend draws the panel's legend at the top and returns what is left.
func (p *Panel) legend(c draw.Canvas) draw.Canvas {
	label := style(labelSize, color.Black)
	label.YAlign = draw.YCenter
	line := label.FontExtents().Height
	x, y := c.Min.X+legendInset, c.Max.Y-line/2
	entries := p.entries()
	for i := range entries {
		s := &entries[i]
		width := legendIcon + iconGap + label.Width(s.Name)
		if x+width > c.Max.X && x > c.Min.X+legendInset {
			x, y = c.Min.X+legendInset, y-line-lineGap
		}
		s.icon(&c, x, y, line)
		c.FillText(label, vg.Point{X: x + legendIcon + iconGap, Y: y}, s.Name)
		x += width + legendGap
	}
	c.Max.Y = y - line/2 - lineGap

	return c
}

// icon draws the legend's sample of a series.
func (s *Series) icon(c *draw.Canvas, x, y, height vg.Length) {
	if s.Style == Area {
		half := height / 3
		c.FillPolygon(s.Color, []vg.Point{{X: x, Y: y - half}, {X: x + legendIcon, Y: y - half}, {X: x + legendIcon, Y: y + half}, {X: x, Y: y + half}})

		return
	}
	c.StrokeLine2(s.line(), x, y, x+legendIcon, y)
}

func (s *Series) line() draw.LineStyle {
	l := draw.LineStyle{Color: s.Color, Width: vg.Points(lineWidth)}
	if s.Style == Dashed {
		l.Dashes = dashes
	}

	return l
}

func (f *Figure) panel(i int) (*plot.Plot, error) {
	panel := &f.Panels[i]
	p := plot.New()
	p.BackgroundColor = color.White
	p.Y.Label.Text = panel.Label
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = style(labelSize, color.Black).Font
		axis.Label.Padding = lineGap
		axis.Tick.Label.Font = style(tickSize, mutedColor).Font
		axis.Tick.Label.Color = mutedColor
		axis.Color = mutedColor
		axis.Tick.Color = mutedColor
		axis.Tick.Length = tickLength
		axis.Padding = 0
	}
	p.X.Tick.Marker = ticks{most: timeTicks, bare: i < len(f.Panels)-1}
	p.Y.Tick.Marker = ticks{most: max(leastTicks, int(valueTicks*panel.Weight/f.heaviest()))}
	if len(panel.Lanes) > 0 {
		p.Y.Tick.Marker = laneTicks(panel.Lanes)
	}
	if i == len(f.Panels)-1 {
		p.X.Label.Text = "time, s"
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = gridColor, gridColor
	grid.Vertical.Width, grid.Horizontal.Width = vg.Points(gridWidth), vg.Points(gridWidth)
	bottom, top := panel.bounds()
	// Areas are the ground, below the grid.
	for _, s := range panel.Series {
		if s.Style == Area {
			area, err := s.area()
			if err != nil {
				return nil, err
			}
			p.Add(area...)
		}
	}
	if err := shade(p, panel.Bands, bottom, top); err != nil {
		return nil, err
	}
	p.Add(grid)
	for _, s := range panel.Series {
		if s.Style == Area {
			continue
		}
		lines, err := s.lines()
		if err != nil {
			return nil, err
		}
		p.Add(lines...)
	}
	p.X.Min, p.X.Max = f.Start, f.Start+f.Duration
	p.Y.Min, p.Y.Max = bottom, top

	return p, nil
}

// bounds are where the axis of values begins, which is not above zero, and ends.
func (p *Panel) bounds() (bottom, top float64) {
	for _, s := range p.Series {
		for _, v := range s.Values {
			// A comparison with what is not a number is false.
			if !math.IsInf(v, 0) && v > top {
				top = v
			}
			if !math.IsInf(v, 0) && v < bottom {
				bottom = v
			}
		}
	}
	if bottom == 0 && top == 0 {
		return 0, 1
	}

	return bottom * headroom, top * headroom
}

// heaviest is the largest weight of a panel.
func (f *Figure) heaviest() float64 {
	most := 0.0
	for i := range f.Panels {
		most = max(most, f.Panels[i].Weight)
	}

	return most
}

// piecePoints is how many values a line or a polygon takes; the time to draw one grows
// with the square of its edges, where they are steep.
const piecePoints = 100

// area is polygons from zero under the values, each of which holds until the next. Each
// reaches under the one after it, so that no seam shows.
func (s *Series) area() ([]plot.Plotter, error) {
	var out []plot.Plotter
	for from := 0; from == 0 || from < len(s.Values); from += piecePoints {
		polygon, err := s.polygon(from, min(len(s.Values), from+piecePoints+1))
		if err != nil {
			return nil, err
		}
		out = append(out, polygon)
	}

	return out, nil
}

func (s *Series) polygon(from, to int) (*plotter.Polygon, error) {
	at := func(i int) float64 { return s.Start + float64(i)*s.Step }
	points := plotter.XYs{{X: at(from), Y: 0}}
	for i, v := range s.Values[from:to] {
		if !(v >= 0) || math.IsInf(v, 0) {
			v = 0
		}
		x := at(from + i)
		points = append(points, plotter.XY{X: x, Y: v}, plotter.XY{X: x + s.Step, Y: v})
	}
	points = append(points, plotter.XY{X: at(to), Y: 0})
	polygon, err := plotter.NewPolygon(points)
	if err != nil {
		return nil, err
	}
	polygon.Color = s.Color
	polygon.Width = 0

	return polygon, nil
}

// lines are the stretches of the series between gaps.
func (s *Series) lines() ([]plot.Plotter, error) {
	var out []plot.Plotter
	var points plotter.XYs
	end := func() error {
		defer func() { points = nil }()
		if len(points) < 2 {
			return nil
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return err
		}
		line.LineStyle = s.line()
		out = append(out, line)

		return nil
	}
	for i, v := range s.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			if err := end(); err != nil {
				return nil, err
			}

			continue
		}
		point := plotter.XY{X: s.Start + float64(i)*s.Step, Y: v}
		points = append(points, point)
		if len(points) < piecePoints {
			continue
		}
		if err := end(); err != nil {
			return nil, err
		}
		points = append(points, point)
	}

	return out, end()
}
