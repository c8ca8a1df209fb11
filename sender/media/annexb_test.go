// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A byte stream made of a clip must give the clip's pictures at the clip's times:
// the picture order counts say what the container said.
func TestAnnexBAgreesWithContainer(t *testing.T) {
	for file, codec := range map[string]Codec{"clip.ts": H264, "clip-h265.ts": H265} {
		t.Run(file, func(t *testing.T) {
			want := ofTrack(readAll(t, openBytes(t, load(t, file), "")), 0)
			src := openBytes(t, annexBOf(want), "")
			require.Equal(t, codec, src.Tracks()[0].Codec)
			require.True(t, src.Tracks()[0].BFrames)
			got := readAll(t, src)
			requireCount(t, len(want), got)
			for i := range want {
				require.Equal(t, want[i].Units, got[i].Units, "picture %d", i)
				requireTime(t, want[i].DTS, got[i].DTS)
				requireTime(t, want[i].PTS, got[i].PTS, "picture %d", i)
				require.Equal(t, want[i].Disposable, got[i].Disposable)
			}
		})
	}
}

func TestAnnexBFrameRate(t *testing.T) {
	b := load(t, "tiny.h264")
	for _, c := range []struct {
		opts []Option
		want time.Duration
	}{
		{want: time.Second / 30}, // of the parameter set
		{opts: []Option{WithFrameRate(50)}, want: time.Second / 50},
		{opts: []Option{WithFrameRate(30000. / 1001)}, want: time.Second * 1001 / 30000},
		{opts: []Option{WithFrameRate(0)}, want: time.Second / 30},
		{opts: []Option{WithFrameRate(-1)}, want: time.Second / 30},
		{opts: []Option{WithFrameRate(1e9)}, want: time.Second / 30},
	} {
		units := readAll(t, openBytes(t, b, "", c.opts...))
		for i, au := range units {
			require.InDelta(t, c.want*time.Duration(i), au.DTS, 100)
		}
	}
}

// Start codes of three and four bytes, padding, and reads of any size.
func TestAnnexBFraming(t *testing.T) {
	want := readAll(t, openBytes(t, load(t, "tiny.h264"), ""))
	var b []byte
	for i, au := range want {
		for j, nal := range au.Units {
			b = append(append(append(b, make([]byte, (i+j)%4)...), 0, 0, 1), nal...)
		}
	}
	requireSame(t, want, readAll(t, openBytes(t, b, "x.h264")))
	src, err := OpenReader(t.Context(), iotest.OneByteReader(bytes.NewReader(b)), "x.h264")
	require.NoError(t, err)
	requireSame(t, want, readAll(t, src))

	cut := readAll(t, openBytes(t, b[:len(b)*2/3], "x.h264"))
	require.NotEmpty(t, cut)
	require.Less(t, len(cut), len(want))

	boom := errors.New("boom")
	src, err = OpenReader(t.Context(), io.MultiReader(bytes.NewReader(b), iotest.ErrReader(boom)), "x.h264")
	require.NoError(t, err)
	for range want {
		_, err = src.Next()
		require.NoError(t, err, "what was read before an error is given out")
	}
	_, err = src.Next()
	require.ErrorIs(t, err, boom)
}

func TestAnnexBTooLarge(t *testing.T) {
	t.Setenv("PATH", "")
	head := annexBOf(smallPictures(t, H264))
	src, err := OpenReader(t.Context(), io.MultiReader(bytes.NewReader(head), bytes.NewReader([]byte{0, 0, 1, 0x41, 0x9a}),
		io.LimitReader(ones{}, 2*maxPES)), "x.h264")
	require.NoError(t, err)
	for err == nil {
		_, err = src.Next()
	}
	require.ErrorIs(t, err, errMalformed)

	_, err = OpenReader(t.Context(), bytes.NewReader(bytes.Repeat([]byte{0, 0, 1, 6, 5, 1, 1, 0x80}, 5000)), "x.h264")
	require.ErrorIs(t, err, errMalformed, "messages without a picture")
}

type ones struct{}

func (ones) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 1
	}

	return len(b), nil
}

// For any order that a decoder of this depth can output, the numbers are those of
// the order, nothing is shown before it is decoded, and little is held back.
func TestReorderProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		depth := rapid.IntRange(0, maxReorderDepth).Draw(t, "depth")
		sequences := rapid.SliceOfN(rapid.IntRange(1, 40), 1, 5).Draw(t, "sequences")
		var places []slicePlace
		for _, n := range sequences {
			// A decoding order: each picture is one of the depth+1 that come next in
			// output order, so that at most depth wait for an earlier one.
			var window []int
			next := 0
			for k := range n {
				for next < n && len(window) <= depth {
					window = append(window, next)
					next++
				}
				i := 0
				// The first in output order must not wait longer than depth.
				if len(window) > 0 && k-window[0] < depth {
					i = rapid.IntRange(0, len(window)-1).Draw(t, "pick")
				}
				if k == 0 {
					i = 0 // an IDR picture is first in both orders
				}
				places = append(places, slicePlace{first: true, restart: k == 0, order: int64(window[i] * 2)})
				window = slices.Delete(window, i, i+1)
			}
		}
		var r reorder
		var got []heldPicture
		for _, p := range places {
			got = append(got, r.add([][]byte{{1}}, p, depth)...)
			if len(r.held) > maxHeldPictures {
				t.Fatalf("%d pictures are held", len(r.held))
			}
		}
		got = append(got, r.flush()...)
		if len(got) != len(places) {
			t.Fatalf("%d pictures of %d", len(got), len(places))
		}
		begin := 0
		for i, p := range got {
			if places[i].restart {
				begin = i
			}
			if p.decoded != i {
				t.Fatalf("picture %d comes as number %d", p.decoded, i)
			}
			if want := begin + int(places[i].order/2); p.output != want {
				t.Fatalf("picture %d has output number %d, not %d", i, p.output, want)
			}
			if p.output+r.lag < p.decoded {
				t.Fatalf("picture %d is shown as %d", p.decoded, p.output)
			}
		}
	})
}

func TestReorderOrdersByCount(t *testing.T) {
	var r reorder
	var got []heldPicture
	counts := []int64{0, 8, 4, 2, 6, 16, 12, 10, 14, 0, 4, 2} // a pyramid, then a new sequence
	for i, c := range counts {
		got = append(got, r.add(nil, slicePlace{restart: c == 0, order: c}, 2)...)
		require.LessOrEqual(t, i+1-len(got), 5)
	}
	got = append(got, r.flush()...)
	var output []int
	for _, p := range got {
		output = append(output, p.output)
	}
	require.Equal(t, []int{0, 4, 2, 1, 3, 8, 6, 5, 7, 9, 11, 10}, output)
}

func TestCountMSB(t *testing.T) {
	for _, c := range []struct{ lsb, prevLSB, prevMSB, want int64 }{
		{lsb: 4, prevLSB: 2, prevMSB: 16, want: 16},
		{lsb: 1, prevLSB: 15, prevMSB: 16, want: 32},
		{lsb: 15, prevLSB: 1, prevMSB: 16, want: 0},
		{lsb: 0, prevLSB: 8, prevMSB: 0, want: 16}, // half the range down wraps
		{lsb: 8, prevLSB: 0, prevMSB: 0, want: 0},  // half the range up does not
		{lsb: 9, prevLSB: 0, prevMSB: 16, want: 0},
	} {
		require.Equal(t, c.want, countMSB(c.lsb, c.prevLSB, c.prevMSB, 16), "%+v", c)
	}
}
