// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package x264

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/sender/media"
)

func TestSpansCoverEachSampleAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.IntRange(1, 500).Draw(t, "from")
		to := rapid.IntRange(1, from).Draw(t, "to")
		covered := make([]int, from)
		for _, s := range spans(from, to) {
			sum := uint32(0)
			for i, w := range s.weights {
				sum += w
				covered[s.first+i] += int(w)
			}
			require.EqualValues(t, weightOne, sum)
		}
		for i, w := range covered {
			require.InDelta(t, float64(weightOne)*float64(to)/float64(from), w, 2, "sample %d", i)
		}
	})
}

func TestScaleKeepsFlatPictures(t *testing.T) {
	for _, value := range []byte{0, 1, 128, 254, 255} {
		from, to := media.Format{Width: 64, Height: 48}, media.Format{Width: 34, Height: 22}
		picture := make([]byte, from.I420Size())
		for i := range picture {
			picture[i] = value
		}
		for _, got := range newScaler(from, to).scale(picture) {
			require.Equal(t, value, got)
		}
	}
}

// A picture of half the size is the mean of each four samples; planes stay apart.
func TestScaleHalves(t *testing.T) {
	from, to := media.Format{Width: 64, Height: 32}, media.Format{Width: 32, Height: 16}
	picture := make([]byte, from.I420Size())
	for i := range picture {
		picture[i] = byte(i * 7 % 251)
	}
	got := newScaler(from, to).scale(picture)
	require.Len(t, got, to.I420Size())
	check := func(in, out, width, height int) {
		for y := range height {
			for x := range width {
				at := in + 2*y*2*width + 2*x
				sum := int(picture[at]) + int(picture[at+1]) + int(picture[at+2*width]) + int(picture[at+2*width+1])
				require.InDelta(t, float64(sum)/4, got[out+y*width+x], 0.51)
			}
		}
	}
	check(0, 0, 32, 16)
	check(64*32, 32*16, 16, 8)
	check(64*32+32*16, 32*16+16*8, 16, 8)
	require.Nil(t, newScaler(from, from))
}

func TestFit(t *testing.T) {
	source := media.Format{Width: 1280, Height: 720, FrameRate: 30}
	for wish, want := range map[media.Format]media.Format{
		{}:                                       source,
		{Width: 640}:                             {Width: 640, Height: 360, FrameRate: 30},
		{Height: 480}:                            {Width: 854, Height: 480, FrameRate: 30},
		{Width: 640, Height: 480, FrameRate: 15}: {Width: 640, Height: 360, FrameRate: 15},
		{Width: 1920, Height: 1080, FrameRate: 60}:  source,
		{Width: 854, Height: 480, FrameRate: 30}:    {Width: 854, Height: 480, FrameRate: 30},
		{Width: 1, Height: 1, FrameRate: 30}:        {Width: 16, Height: 16, FrameRate: 30},
		{Width: 1280, Height: 720, FrameRate: 29.9}: {Width: 1280, Height: 720, FrameRate: 29.9},
	} {
		require.Equal(t, want, fit(source, wish), wish)
	}
}

func BenchmarkScale(b *testing.B) {
	from, to := media.Format{Width: 1920, Height: 1080}, media.Format{Width: 1280, Height: 720}
	s, picture := newScaler(from, to), make([]byte, from.I420Size())
	b.SetBytes(int64(len(picture)))
	b.ReportAllocs()
	for b.Loop() {
		s.scale(picture)
	}
}
