// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// From any order that the depth allows: DTS rise strictly, none is above its PTS, and
// each is the PTS in order of output, the depth earlier.
func TestDecodingTimesBySorting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := decodingTimes{known: true, frame: 3000, depth: rapid.IntRange(0, maxReorder).Draw(t, "depth")}
		n := rapid.IntRange(1, 60).Draw(t, "n")
		// A picture overtakes depth others at most.
		order := make([]int64, n)
		for i := range order {
			order[i] = int64(i) * 3000
		}
		for from := 1; from < n; from += d.depth + 1 {
			group := order[from:min(from+d.depth+1, n)]
			copy(group, append([]int64{group[len(group)-1]}, group[:len(group)-1]...))
		}
		lost := rapid.IntRange(2, 9).Draw(t, "lost")
		last := int64(-1 << 40)
		for i, pts := range order {
			if i > 0 && i%lost == 0 {
				continue
			}
			dts, err := d.sort(pts)
			require.NoError(t, err)
			require.LessOrEqual(t, dts, pts)
			require.Greater(t, dts, last)
			if i < lost {
				require.Equal(t, int64(i-d.depth)*3000, dts)
			}
			last = dts
		}
	})
}

func TestDecodingTimesOfABrokenOrder(t *testing.T) {
	d := decodingTimes{known: true, frame: 3000, depth: 1}
	for _, c := range []struct {
		pts, dts int64
		fails    bool
	}{
		{pts: 0, dts: -3000},
		{pts: 6000, dts: 0},
		{pts: 3000, dts: 3000},
		{pts: 3000, fails: true},
		{pts: 9000, dts: 3000},
		{pts: -900000, fails: true},
		{pts: -897000, dts: -900000},
	} {
		dts, err := d.sort(c.pts)
		require.Equal(t, c.fails, err != nil)
		require.Equal(t, c.dts, dts)
	}
}

// The clips tell the depth of their reordering, and their frame rate.
func TestReordering(t *testing.T) {
	for _, c := range []struct {
		codec codec
		clip  func(testing.TB) ([]clipFrame, [][]rtpPacket)
	}{{codecH264, h264Clip}, {codecH265, h265Clip}} {
		frames, _ := c.clip(t)
		d := newDecodingTimes(c.codec)
		d.learn(frames[slices.IndexFunc(frames, isKey)].units)
		require.True(t, d.known)
		require.Equal(t, 2, d.depth)
		require.EqualValues(t, 3000, d.frame)
	}
	_, _, known := reordering(codecH264, []byte{0x67, 1})
	require.False(t, known)
	_, _, known = reordering(codecH265, []byte{66, 1, 1})
	require.False(t, known)
}

func FuzzDecodingTimes(f *testing.F) {
	frames, _ := h264Clip(f)
	for _, u := range frames[slices.IndexFunc(frames, isKey)].units[:2] {
		f.Add(false, u, int64(1))
	}
	f.Add(true, []byte{66, 1, 1}, int64(-1))
	f.Fuzz(func(t *testing.T, h265 bool, unit []byte, pts int64) {
		if len(unit) == 0 {
			return
		}
		c := codecH264
		if h265 {
			c = codecH265
		}
		d := newDecodingTimes(c)
		pts %= 1 << 40
		for i := range int64(4) {
			dts, err := d.extract(&recordedFrame{units: [][]byte{unit}, key: i%2 == 0}, pts+i*pts%7)
			require.True(t, err != nil || !d.known || dts <= pts+i*pts%7)
		}
	})
}
