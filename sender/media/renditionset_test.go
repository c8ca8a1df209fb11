// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

func TestRenditionsThatDoNotGoTogether(t *testing.T) {
	of := func(e encoding, change func(*encoding)) encoding {
		change(&e)

		return e
	}
	for name, tc := range map[string]struct {
		cfg  RenditionConfig
		es   []encoding
		want string
	}{
		"none":        {want: "there is none"},
		"codecs":      {es: []encoding{low(), of(high(), func(e *encoding) { e.codec = H265 })}, want: "low is H264 and high is H265"},
		"lengths":     {es: []encoding{low(), of(high(), func(e *encoding) { e.pictures = 450 })}, want: "encode all from the same pictures"},
		"same":        {es: []encoding{low(), low()}, want: "have the same bitrate, 400 kbps"},
		"no switch":   {es: []encoding{low(), of(high(), func(e *encoding) { e.gop = 1000 })}, want: "high has no key frame after its first"},
		"one picture": {es: []encoding{of(low(), func(e *encoding) { e.pictures = 1 })}, want: "less than two pictures"},
		"dwell":       {cfg: RenditionConfig{Dwell: time.Hour}, es: []encoding{low()}, want: "must be from 0 to 1m0s"},
		"negative":    {cfg: RenditionConfig{Dwell: -1}, es: []encoding{low()}, want: "must be from 0 to 1m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := tc.cfg
			for _, e := range tc.es {
				cfg.Renditions = append(cfg.Renditions, e.rendition())
			}
			_, err := NewRenditionSet(t.Context(), cfg)
			require.ErrorIs(t, err, ErrRenditions)
			require.ErrorContains(t, err, tc.want)
		})
	}

	t.Run("cannot be opened", func(t *testing.T) {
		failed := errors.New("no such file")
		_, err := NewRenditionSet(t.Context(), RenditionConfig{Renditions: []Rendition{
			{Name: "x", Open: func(context.Context) (Source, error) { return nil, failed }},
		}})
		require.ErrorIs(t, err, failed)
		require.ErrorContains(t, err, "rendition x")
	})
	t.Run("no video", func(t *testing.T) {
		_, err := NewRenditionSet(t.Context(), RenditionConfig{Renditions: []Rendition{
			{Name: "x", Open: func(context.Context) (Source, error) { return &script{tracks: []Track{{Codec: Opus}}}, nil }},
		}})
		require.ErrorContains(t, err, "has no video")
	})
	t.Run("lengths within tolerance", func(t *testing.T) {
		renditionSet(t, RenditionConfig{}, low(), of(high(), func(e *encoding) { e.pictures = 488 }))
	})
}

// Two files that ffmpeg made of one picture: other sizes, other B-frames.
func TestRenditionFiles(t *testing.T) {
	file := func(name string) Rendition {
		return Rendition{Name: name, Open: func(ctx context.Context) (Source, error) {
			return OpenReader(ctx, bytes.NewReader(load(t, name)), name)
		}}
	}
	set, err := NewRenditionSet(t.Context(), RenditionConfig{
		Renditions: []Rendition{file("rendition-high.ts"), file("rendition-low.ts")}, Dwell: 100 * time.Millisecond,
	})
	require.NoError(t, err)
	measured := set.Renditions()
	require.Equal(t, "rendition-low.ts", measured[0].Name)
	require.InDelta(t, 60e3, float64(measured[0].Bitrate), 12e3)
	require.InDelta(t, 240e3, float64(measured[1].Bitrate), 48e3)
	src, err := set.Open(t.Context())
	require.NoError(t, err)
	require.Equal(t, 320, src.Tracks()[0].Width)
	var got [2][]AccessUnit
	for {
		rate := 500 * bwe.Kbps
		if n := len(got[0]); n > 20 && n < 70 {
			rate = 100 * bwe.Kbps
		}
		src.(Adaptive).Adapt(Demand{Video: rate})
		au, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		got[au.Track] = append(got[au.Track], au)
	}
	require.NoError(t, src.Close())
	video := got[0]
	requireCount(t, 120, video)
	seen := map[time.Duration]bool{}
	var names []string
	for i, au := range video {
		seen[(au.PTS - video[0].PTS + time.Millisecond).Truncate(5*time.Millisecond)] = true
		if i == 0 || au.Rendition != video[i-1].Rendition {
			names = append(names, au.Rendition)
			require.True(t, au.Key)
			require.Equal(t, sequenceParameterSet, (&h264Syntax{}).parameterSet(au.Units[0]), "parameter sets come first")
		}
	}
	require.Equal(t, []string{"rendition-high.ts", "rendition-low.ts", "rendition-high.ts"}, names)
	require.Len(t, seen, 120, "each picture once")
	require.InDelta(t, 200, len(got[1]), 2)
}
