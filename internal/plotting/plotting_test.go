// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package plotting

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func figure() *Figure {
	return &Figure{
		Title: "A title", Note: "a note", Duration: 10,
		Panels: []Panel{
			{Label: "rate, Mbps", Weight: 2, Series: []Series{
				{Name: "capacity", Style: Area, Color: Pale(Ink), Step: 5, Values: []float64{2, 1}},
				{Name: "delivered", Color: Color(0), Step: 1, Values: []float64{0, 1, math.NaN(), 1, 2, math.Inf(1), 1}},
				{Style: Dashed, Color: Color(1), Start: 2, Step: 1, Values: []float64{1}},
			}},
			{Label: "queue, ms", Weight: 1, Series: []Series{{Name: "nothing", Color: Color(99)}}},
		},
	}
}

func TestFormats(t *testing.T) {
	var svg, image bytes.Buffer
	require.NoError(t, figure().Write(&svg, "svg"))
	decoder := xml.NewDecoder(bytes.NewReader(svg.Bytes()))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
	for _, want := range []string{"A title", "a note", "rate, Mbps", "queue, ms", "capacity", "delivered", "time, s"} {
		require.Contains(t, svg.String(), ">"+want+"<")
	}
	require.NoError(t, figure().Write(&image, "png"))
	decoded, err := png.Decode(&image)
	require.NoError(t, err)
	require.Greater(t, decoded.Bounds().Dx(), 1200)
	r, g, b, a := decoded.At(2, 2).RGBA()
	require.Equal(t, [4]uint32{0xffff, 0xffff, 0xffff, 0xffff}, [4]uint32{r, g, b, a}, "a light background")
	require.ErrorIs(t, figure().Write(io.Discard, "gif"), ErrFormat)
}

func TestTheSameFigureGivesTheSameBytes(t *testing.T) {
	for _, format := range []string{"svg", "png"} {
		var a, b bytes.Buffer
		require.NoError(t, figure().Write(&a, format))
		require.NoError(t, figure().Write(&b, format))
		require.Equal(t, a.Bytes(), b.Bytes())
	}
}

func TestBandsAndLanes(t *testing.T) {
	f := figure()
	plain := &bytes.Buffer{}
	require.NoError(t, f.Write(plain, "svg"))
	require.NotContains(t, plain.String(), "overuse")
	low, high := Lane(1, 2)
	require.InDelta(t, 0.25, (low+high)/2, 1e-9)
	f.Panels = append(f.Panels, Panel{
		Label: "states", Weight: 1, Lanes: []string{"the upper", "the lower"},
		Bands: []Band{
			{Name: "overuse", From: 1, To: 2, Low: low, High: high, Color: Color(1)},
			{Name: "overuse", From: 3, To: 4, Low: low, High: high, Color: Color(1)},
			{From: 5, To: 6, Color: Ink},
		},
	})
	shaded := &bytes.Buffer{}
	require.NoError(t, f.Write(shaded, "svg"))
	for _, want := range []string{"the upper", "the lower", "overuse"} {
		require.Equal(t, 1, bytes.Count(shaded.Bytes(), []byte(">"+want+"<")), want)
	}
	for _, lanes := range []int{1, 2, 7} {
		above := 1.0
		for i := range lanes {
			low, high := Lane(i, lanes)
			require.Less(t, high, above)
			require.Less(t, low, high)
			require.Positive(t, low)
			above = low
		}
	}
}

func TestValuesBelowZero(t *testing.T) {
	p := Panel{Series: []Series{{Values: []float64{math.NaN(), -2, 1, math.Inf(-1)}}}}
	bottom, top := p.bounds()
	require.InDelta(t, -2.12, bottom, 1e-9)
	require.InDelta(t, 1.06, top, 1e-9)
	bottom, top = (&Panel{}).bounds()
	require.Equal(t, [2]float64{0, 1}, [2]float64{bottom, top})
}

func TestSave(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "c.PNG")
	require.NoError(t, figure().Save(path))
	require.FileExists(t, path)
	require.ErrorIs(t, figure().Save("x.pdf"), ErrFormat)
	require.Error(t, figure().Save(filepath.Join(path, "below-a-file.svg")))
	_, err := os.Stat("x.pdf")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestTicksAreRoundAndFew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.Float64Range(1e-3, 1e6).Draw(t, "most")
		n := rapid.IntRange(2, 12).Draw(t, "ticks")
		got := ticks{most: n}.Ticks(0, most)
		require.NotEmpty(t, got)
		require.LessOrEqual(t, len(got), n+1)
		require.Greater(t, len(got), n/3)
		require.Zero(t, got[0].Value)
		require.LessOrEqual(t, got[len(got)-1].Value, most)
	})
	for _, tick := range (ticks{most: 6}).Ticks(-0.7, 2) {
		require.NotEqual(t, "-0", tick.Label)
	}
	require.InDelta(t, 0.5, roundStep(0.3), 1e-12)
	require.InDelta(t, 10, roundStep(5.1), 1e-12)
	require.InDelta(t, 1, roundStep(0), 0)
	require.InDelta(t, 1, roundStep(math.NaN()), 0)
}
