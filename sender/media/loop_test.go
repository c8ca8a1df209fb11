// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/testdata"
)

func openClip(ctx context.Context) (Source, error) {
	return OpenReader(ctx, bytes.NewReader(testdata.Clip), testdata.ClipName)
}

func TestLoopClip(t *testing.T) {
	once := readAll(t, openBytes(t, testdata.Clip, ""))
	loop, err := NewLoop(t.Context(), openClip)
	require.NoError(t, err)
	defer func() { require.NoError(t, loop.Close()) }()

	// Video lasts 300 frames and audio 501 packets of 20 ms, less the 6.5 ms that
	// its first one is short of: the longer one sets the length of a round.
	audio := ofTrack(once, 1)
	length := audio[len(audio)-1].DTS - audio[0].DTS + 20*time.Millisecond
	require.Greater(t, length, 10*time.Second)
	last := [2]time.Duration{-1, -1}
	for round := range 4 {
		for i, w := range once {
			au, err := loop.Next()
			require.NoError(t, err)
			start := time.Duration(round) * length
			requireTime(t, w.DTS+start, au.DTS, "round %d, unit %d", round, i)
			requireTime(t, w.PTS+start, au.PTS)
			require.Greater(t, au.DTS, last[au.Track])
			last[au.Track] = au.DTS
			require.Equal(t, w.Key, au.Key)
		}
		require.Equal(t, round, loop.Rounds())
	}
}

// Whatever the tracks' lengths are: no track goes back, none overlaps itself, and
// all move together.
func TestLoopProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		video := rapid.IntRange(1, 40).Draw(t, "pictures")
		audio := rapid.IntRange(0, 60).Draw(t, "frames")
		offset := time.Duration(rapid.IntRange(0, 500).Draw(t, "offset")) * time.Millisecond
		open := func(context.Context) (Source, error) {
			s := &script{tracks: []Track{{Codec: H264}, {Codec: Opus}}}
			for i := range video {
				dts := time.Duration(i) * 40 * time.Millisecond
				s.units = append(s.units, AccessUnit{DTS: dts, PTS: dts + time.Duration(1+i%3)*40*time.Millisecond})
			}
			for i := range audio {
				dts := offset + time.Duration(i)*20*time.Millisecond
				s.units = append(s.units, AccessUnit{Track: 1, DTS: dts, PTS: dts, Duration: 20 * time.Millisecond})
			}

			return s, nil
		}
		loop, err := NewLoop(context.Background(), open)
		if err != nil {
			t.Fatal(err)
		}
		var first [2]time.Duration
		last, shown := [2]time.Duration{-1, -1}, time.Duration(-1)
		for round := range 5 {
			var seen [2]bool
			greatest := shown
			for range video + audio {
				au, err := loop.Next()
				if err != nil {
					t.Fatal(err)
				}
				if au.DTS <= last[au.Track] {
					t.Fatalf("DTS of track %d goes from %v to %v", au.Track, last[au.Track], au.DTS)
				}
				if au.Track == 0 {
					if au.PTS <= shown {
						t.Fatalf("a picture of round %d is shown before the last round's: %v, %v", round, au.PTS, shown)
					}
					greatest = max(greatest, au.PTS)
				}
				last[au.Track] = au.DTS
				if !seen[au.Track] {
					seen[au.Track] = true
					first[au.Track] = au.DTS
				}
			}
			shown = greatest
			if audio > 0 && first[1]-first[0] != offset {
				t.Fatalf("tracks are %v apart in round %d, were %v", first[1]-first[0], round, offset)
			}
		}
	})
}

func TestLoopErrors(t *testing.T) {
	boom := errors.New("boom")
	_, err := NewLoop(t.Context(), func(context.Context) (Source, error) { return nil, boom })
	require.ErrorIs(t, err, boom)

	empty, err := NewLoop(t.Context(), func(context.Context) (Source, error) { return &script{tracks: []Track{{Codec: H264}}}, nil })
	require.NoError(t, err)
	_, err = empty.Next()
	require.ErrorContains(t, err, "nothing to repeat")

	opened := 0
	changing, err := NewLoop(t.Context(), func(context.Context) (Source, error) {
		s := scripted(20 * time.Millisecond)
		if opened++; opened == 2 {
			s.tracks = s.tracks[:1]
		}
		if opened == 3 {
			return nil, boom
		}

		return s, nil
	})
	require.NoError(t, err)
	for range 2 {
		_, err = changing.Next()
		require.NoError(t, err)
	}
	_, err = changing.Next()
	require.ErrorContains(t, err, "other tracks")
	require.NoError(t, changing.Close())
	require.NoError(t, changing.Close())
	_, err = changing.Next()
	require.Error(t, err)
}
