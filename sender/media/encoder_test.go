// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

// toy is an encoder that notes what it is asked for, and of which every picture takes
// its time.
type toy struct {
	codec   Codec
	frame   int
	length  int
	fail    error
	pending bool
	rates   []bwe.Bitrate
	formats []Format
	asked   int
	closed  int
}

func (e *toy) Track() Track {
	codec := e.codec
	if codec == "" {
		codec = H264
	}

	return Track{Codec: codec, ClockRate: 90000}
}

func (e *toy) Read() (AccessUnit, error) {
	if e.frame == e.length {
		if e.fail != nil {
			return AccessUnit{}, e.fail
		}

		return AccessUnit{}, io.EOF
	}
	time.Sleep(pictureTime)
	au := AccessUnit{
		Track: 9, PTS: time.Duration(e.frame) * pictureTime, Key: e.frame == 0 || e.pending, Units: [][]byte{{1}},
	}
	au.DTS = au.PTS
	e.frame++
	e.pending = false

	return au, nil
}

func (e *toy) SetBitrate(rate bwe.Bitrate) { e.rates = append(e.rates, rate) }
func (e *toy) SetFormat(f Format)          { e.formats = append(e.formats, f) }

func (e *toy) RequestKeyFrame() {
	e.asked++
	e.pending = true
}

func (e *toy) Close() error {
	e.closed++

	return nil
}

// tones gives audio behind a picture track that is passed over.
func tones(count int) *script {
	s := &script{tracks: []Track{{Codec: VP8, ClockRate: 90000}, {Codec: Opus, ClockRate: 48000}}}
	for i := range count {
		at := time.Duration(i) * 20 * time.Millisecond
		s.units = append(s.units, AccessUnit{DTS: at, Units: [][]byte{{9}}},
			AccessUnit{Track: 1, PTS: at, DTS: at, Duration: 20 * time.Millisecond, Units: [][]byte{{2}}})
	}

	return s
}

func TestEncoderSourceMerges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, sounds := range []int{0, 10, 50, 100} {
			video, audio := &toy{length: 25}, tones(sounds)
			s, err := NewEncoderSource(video, audio)
			require.NoError(t, err)
			require.Equal(t, []Codec{H264, Opus}, []Codec{s.Tracks()[0].Codec, s.Tracks()[1].Codec})
			units := readAll(t, s)
			requireCount(t, 25, ofTrack(units, 0))
			requireCount(t, sounds, ofTrack(units, 1))
			require.True(t, slices.IsSortedFunc(units, func(a, b AccessUnit) int { return int(a.DTS - b.DTS) }))
			require.NoError(t, s.Close())
			require.Equal(t, []int{1, 1}, []int{video.closed, audio.closed})
		}
		s, err := NewEncoderSource(&toy{length: 3}, nil)
		require.NoError(t, err)
		require.Len(t, s.Tracks(), 1)
		requireCount(t, 3, readAll(t, s))
	})
}

func TestEncoderSourceFails(t *testing.T) {
	_, err := NewEncoderSource(&toy{codec: Opus}, nil)
	require.ErrorIs(t, err, ErrUnsupported)
	failed := errors.New("the camera is gone")
	s, err := NewEncoderSource(&toy{fail: failed}, tones(3))
	require.NoError(t, err)
	_, err = s.Next()
	require.ErrorIs(t, err, failed)
	s, err = NewEncoderSource(&toy{length: 3}, &broken{script: tones(3)})
	require.NoError(t, err)
	_, err = s.Next()
	require.ErrorIs(t, err, errMalformed)
}

func TestEncoderSourcePassesOnWhatChanges(t *testing.T) {
	video := &toy{}
	s, err := NewEncoderSource(video, nil)
	require.NoError(t, err)
	small := Format{Width: 640, Height: 360}
	for _, d := range []Demand{
		{}, {Video: 100}, {Video: 100}, {Video: 100, Audio: 5, Tier: 1}, {Video: 200, Format: small}, {Video: 200, Format: small}, {Video: 200},
	} {
		s.Adapt(d)
	}
	require.Equal(t, []bwe.Bitrate{0, 100, 200}, video.rates)
	require.Equal(t, []Format{small, {}}, video.formats)
	require.Zero(t, video.asked)
}

// Requests are answered once, half a second apart, and none is lost.
func TestEncoderSourceKeyFrames(t *testing.T) {
	for name, tc := range map[string]struct {
		requests []int // before which pictures, of 40 ms
		keys     []int
	}{
		"none":                  {nil, []int{0}},
		"one":                   {[]int{20}, []int{0, 20}},
		"at the very beginning": {[]int{0}, []int{0}},
		"again and again":       {[]int{20, 21, 22, 23, 24}, []int{0, 20, 34}},
		"the key frame answers": {[]int{20, 21}, []int{0, 20}},
		"soon after one":        {[]int{5}, []int{0, 14}},
		"far apart":             {[]int{20, 40, 60}, []int{0, 20, 40, 60}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				video := &toy{length: 80}
				s, err := NewEncoderSource(video, nil)
				require.NoError(t, err)
				var keys []int
				for n := range 80 {
					if slices.Contains(tc.requests, n) {
						s.Adapt(Demand{KeyFrame: true})
						s.Adapt(Demand{})
					}
					au, err := s.Next()
					require.NoError(t, err)
					if au.Key {
						keys = append(keys, n)
					}
				}
				require.Equal(t, tc.keys, keys)
			})
		})
	}
}

// The demands of a loop reach the source of each round.
func TestLoopAdapts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rounds []*toy
		loop, err := NewLoop(t.Context(), func(context.Context) (Source, error) {
			rounds = append(rounds, &toy{length: 10})

			return NewEncoderSource(rounds[len(rounds)-1], nil)
		})
		require.NoError(t, err)
		for n := range 25 {
			if n == 5 {
				loop.Adapt(Demand{Video: 300, KeyFrame: true})
			}
			_, err := loop.Next()
			require.NoError(t, err)
		}
		require.NoError(t, loop.Close())
		loop.Adapt(Demand{Video: 400})
		require.Len(t, rounds, 3)
		for i, r := range rounds {
			require.Equal(t, []bwe.Bitrate{300}, r.rates)
			require.LessOrEqual(t, r.asked, 1-min(i, 1), "a request is for one round")
			require.Equal(t, 1, r.closed)
		}
	})
}
