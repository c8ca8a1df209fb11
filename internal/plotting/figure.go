// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package plotting draws figures of signals over time, panels on top of each other
// with one time axis, as SVG or PNG on a light background.
package plotting

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// ErrFormat is wrapped where a file's name ends in neither .svg nor .png.
var ErrFormat = errors.New("unknown plot format")

// Figure is a page of panels that share the time axis.
type Figure struct {
	Title string
	// Note is a line of smaller text under the title.
	Note   string
	Panels []Panel
	// Start is where the time axis begins, and Duration its length, in seconds.
	Start, Duration float64
}

// Panel is one plot of a figure.
type Panel struct {
	// Label names the quantity and its unit.
	Label string
	// Weight is the panel's share of the height, against the other panels'.
	Weight float64
	// Bands are drawn below the series, in order.
	Bands []Band
	// Lanes, where there are any, name lanes from top to bottom in the place of values.
	Lanes  []string
	Series []Series
}

// Style says how a series is drawn.
type Style uint8

// The styles.
const (
	// Line joins the points.
	Line Style = iota
	// Dashed joins them with dashes.
	Dashed
	// Area fills from zero up to the points, which hold until the next.
	Area
)

// Series is one signal.
type Series struct {
	// Name is what the legend shows; a series without a name is left out of it.
	Name  string
	Style Style
	Color color.Color
	// Step is the time from one value to the next in seconds, the first being at
	// Start. Values that are not a number leave a gap.
	Start, Step float64
	Values      []float64
}

// Ink is the colour of capacity and other ground truth.
var Ink = color.NRGBA{R: 0x9a, G: 0xa0, B: 0xa6, A: 0xff}

// palette is Okabe and Ito's, which colour-blind readers can tell apart, without
// its yellow, which is too pale for lines.
var palette = []color.NRGBA{
	{R: 0x00, G: 0x72, B: 0xb2, A: 0xff},
	{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff},
	{R: 0x00, G: 0x9e, B: 0x73, A: 0xff},
	{R: 0xcc, G: 0x79, B: 0xa7, A: 0xff},
	{R: 0x56, G: 0xb4, B: 0xe9, A: 0xff},
	{R: 0xe6, G: 0x9f, B: 0x00, A: 0xff},
	{R: 0x33, G: 0x33, B: 0x33, A: 0xff},
}

// Color returns the i-th colour for lines, starting over after the last.
func Color(i int) color.NRGBA { return palette[i%len(palette)] }

// Pale returns a light version of a colour, for what stands behind.
func Pale(c color.NRGBA) color.NRGBA {
	mix := func(v uint8) uint8 { return uint8((uint16(v) + 3*0xff) / 4) }

	return color.NRGBA{R: mix(c.R), G: mix(c.G), B: mix(c.B), A: 0xff}
}

// The page.
const (
	pageWidth   = 24 * vg.Centimeter
	pageHeight  = 14 * vg.Centimeter
	panelHeight = 4 * vg.Centimeter
	panelsUsual = 2
	pngDPI      = 144
	pageMargin  = 0.4 * vg.Centimeter
	filePerm    = 0o644
	foldersPerm = 0o755
)

// Save writes the figure to a file whose name ends in .svg or .png, making the
// folders above it.
func (f *Figure) Save(path string) error {
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
	if format != "svg" && format != "png" {
		return fmt.Errorf("%w: %q, want a name that ends in .svg or .png", ErrFormat, path)
	}
	if err := os.MkdirAll(filepath.Dir(path), foldersPerm); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, filePerm) //nolint:gosec // the user names the file
	if err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	err = f.Write(file, format)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("plot %s: %w", path, err)
	}

	return nil
}

// height is the page's: panels beyond the usual two make it longer.
func (f *Figure) height() vg.Length {
	return pageHeight + vg.Length(max(0, len(f.Panels)-panelsUsual))*panelHeight
}

// Write draws the figure in the format "svg" or "png".
func (f *Figure) Write(w io.Writer, format string) error {
	var page interface {
		vg.CanvasSizer
		io.WriterTo
	}
	switch format {
	case "svg":
		page = vgsvg.New(pageWidth, f.height())
	case "png":
		page = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(pageWidth, f.height()), vgimg.UseDPI(pngDPI))}
	default:
		return fmt.Errorf("%w: %q, want svg or png", ErrFormat, format)
	}
	canvas := draw.New(page)
	canvas.FillPolygon(color.White, []vg.Point{canvas.Min, {X: canvas.Max.X, Y: canvas.Min.Y}, canvas.Max, {X: canvas.Min.X, Y: canvas.Max.Y}})
	if err := f.draw(draw.Crop(canvas, pageMargin, -pageMargin, pageMargin, -pageMargin)); err != nil {
		return err
	}
	if _, err := page.WriteTo(w); err != nil {
		return fmt.Errorf("writing a plot: %w", err)
	}

	return nil
}
