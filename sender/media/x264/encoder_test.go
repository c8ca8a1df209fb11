// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

//go:build x264 && cgo

package x264

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender/media"
)

var qcif = media.Format{Width: 320, Height: 192, FrameRate: 30}

// moving is a picture full of detail that moves and changes.
func moving(f media.Format, n int) []byte {
	b := make([]byte, f.I420Size())
	for y := range f.Height {
		for x := range f.Width {
			b[y*f.Width+x] = byte((x+3*n)*(y+2*n)>>3 ^ x*n>>4)
		}
	}
	for i := range b[f.Width*f.Height:] {
		b[f.Width*f.Height+i] = byte(128 + (i+5*n)%32)
	}

	return b
}

// film holds a second or two of such pictures, made once.
var film = sync.OnceValue(func() (pictures [64][]byte) {
	for n := range pictures {
		pictures[n] = moving(qcif, n)
	}

	return pictures
})

// encode puts pictures in and returns what comes out, flushed.
func encode(t *testing.T, c codec, count int, each func(n int) (key bool)) []coded {
	t.Helper()
	var out []coded
	for n := range count {
		p, ok, err := c.Encode(film()[n%64], each(n))
		require.NoError(t, err)
		if ok {
			out = append(out, p)
		}
	}
	for {
		p, ok, err := c.Flush()
		require.NoError(t, err)
		if !ok {
			return out
		}
		out = append(out, p)
	}
}

func newCodec(t *testing.T, cfg Config, rate bwe.Bitrate) codec {
	t.Helper()
	c, err := open(cfg, qcif, rate)
	require.NoError(t, err)
	t.Cleanup(c.Close)

	return c
}

func rateOf(pictures []coded) bwe.Bitrate {
	n := 0
	for _, p := range pictures {
		for _, u := range p.units {
			n += len(u)
		}
	}

	return bwe.RateOf(int64(n), time.Duration(len(pictures))*time.Second/30)
}

// The bitrate changes within half a second, up and down.
func TestBitrateTakesEffect(t *testing.T) {
	c := newCodec(t, Default(), bwe.Mbps)
	out := encode(t, c, 360, func(n int) bool {
		switch n {
		case 120:
			require.NoError(t, c.SetBitrate(300*bwe.Kbps))
		case 240:
			require.NoError(t, c.SetBitrate(2*bwe.Mbps))
		}

		return false
	})
	require.Len(t, out, 360)
	const settled = 15
	for _, tc := range []struct {
		from, to int
		want     bwe.Bitrate
	}{
		{30, 120, bwe.Mbps},
		{120 + settled, 240, 300 * bwe.Kbps},
		{240 + settled, 360, 2 * bwe.Mbps},
	} {
		got := rateOf(out[tc.from:tc.to])
		t.Logf("%v wanted, %v got", tc.want, got)
		require.InEpsilon(t, float64(tc.want), float64(got), 0.25)
	}
}

func TestKeyFrameOnRequest(t *testing.T) {
	for _, bFrames := range []int{0, 2, maxBFrames} {
		cfg := Default()
		cfg.BFrames, cfg.KeyInterval = bFrames, time.Minute
		out := encode(t, newCodec(t, cfg, bwe.Mbps), 100, func(n int) bool { return n == 40 || n == 71 })
		var keys []int64
		for _, p := range out {
			if p.key {
				keys = append(keys, p.pts)
				require.EqualValues(t, 7, p.units[0][0]&0x1f, "the SPS comes first")
				require.EqualValues(t, 8, p.units[1][0]&0x1f)
				require.EqualValues(t, 5, p.units[2][0]&0x1f, "an IDR picture")
			}
		}
		require.Equal(t, []int64{0, 40, 71}, keys)
	}
}

func TestKeyInterval(t *testing.T) {
	cfg := Default()
	cfg.KeyInterval = 500 * time.Millisecond
	out := encode(t, newCodec(t, cfg, bwe.Mbps), 90, func(int) bool { return false })
	for _, p := range out {
		require.Equal(t, p.pts%15 == 0, p.key, p.pts)
	}
}

func TestDecodingOrder(t *testing.T) {
	for bFrames := range maxBFrames + 1 {
		cfg := Default()
		cfg.BFrames = bFrames
		out := encode(t, newCodec(t, cfg, bwe.Mbps), 60, func(n int) bool { return n%37 == 5 })
		require.Len(t, out, 60)
		seen := map[int64]bool{}
		reordered, disposable := false, 0
		for i, p := range out {
			require.GreaterOrEqual(t, p.pts, p.dts)
			if i > 0 {
				require.Equal(t, out[i-1].dts+1, p.dts)
				reordered = reordered || p.pts < out[i-1].pts
			}
			if p.disposable {
				disposable++
			}
			seen[p.pts] = true
		}
		require.Len(t, seen, 60, "each picture once")
		require.Equal(t, bFrames > 0, reordered)
		require.Equal(t, bFrames > 0, disposable > 0)
		// All but the B-frames comes out at once.
		require.LessOrEqual(t, out[0].pts-out[0].dts, int64(2))
	}
}

func TestLiveEncodes(t *testing.T) {
	l, err := Open(newFrames(qcif, 90), bwe.Mbps, Default(), nil)
	require.NoError(t, err)
	require.EqualValues(t, 7, l.Track().ParameterSets[0][0]&0x1f)
	seen := map[time.Duration]bool{}
	last := time.Duration(-1)
	var names []string
	for {
		au, err := l.Read()
		if isEnd(err) {
			break
		}
		require.NoError(t, err)
		require.GreaterOrEqual(t, au.DTS, last)
		require.GreaterOrEqual(t, au.PTS, au.DTS)
		last = au.DTS
		seen[au.PTS] = true
		if len(names) == 0 || names[len(names)-1] != au.Rendition {
			require.True(t, au.Key, "another size begins with a key frame")
			names = append(names, au.Rendition)
		}
		if len(seen) == 30 {
			l.SetFormat(media.Format{Width: 160, Height: 96})
		}
	}
	require.NoError(t, l.Close())
	require.Len(t, seen, 90)
	require.Equal(t, []string{"320x192@30", "160x96@30"}, names)
}

// Encoders that were closed leave nothing behind.
func TestMemoryIsFreed(t *testing.T) {
	picture := moving(qcif, 1)
	once := func() {
		c, err := open(Default(), qcif, bwe.Mbps)
		require.NoError(t, err)
		for range 4 {
			_, _, err = c.Encode(picture, false)
			require.NoError(t, err)
		}
		c.Close()
		c.Close()
		_, _, err = c.Encode(picture, false)
		require.Error(t, err)
		_, ok, err := c.Flush()
		require.NoError(t, err)
		require.False(t, ok)
		require.Error(t, c.SetBitrate(bwe.Mbps))
	}
	for range 20 {
		once()
	}
	before := resident(t)
	for range 100 {
		once()
	}
	// One of them holds over 3 MiB.
	require.Less(t, resident(t)-before, 30<<20)
}

// resident is the process's resident memory in bytes.
func resident(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("needs /proc")
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	require.NoError(t, err)

	return pages * os.Getpagesize()
}

func TestPicturesOfTheWrongSize(t *testing.T) {
	_, _, err := newCodec(t, Default(), bwe.Mbps).Encode(make([]byte, 10), false)
	require.Error(t, err)
}

func BenchmarkEncode720p(b *testing.B) {
	hd := media.Format{Width: 1280, Height: 720, FrameRate: 30}
	c, err := open(Default(), hd, 2*bwe.Mbps)
	require.NoError(b, err)
	defer c.Close()
	pictures := make([][]byte, 8)
	for i := range pictures {
		pictures[i] = moving(hd, i)
	}
	i := 0
	for b.Loop() {
		_, _, err := c.Encode(pictures[i%len(pictures)], false)
		require.NoError(b, err)
		i++
	}
}
