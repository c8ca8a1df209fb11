// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// script is a source of given access units.
type script struct {
	tracks []Track
	units  []AccessUnit
	closed int
}

func (s *script) Tracks() []Track { return s.tracks }

func (s *script) Next() (AccessUnit, error) {
	if len(s.units) == 0 {
		return AccessUnit{}, io.EOF
	}
	au := s.units[0]
	s.units = s.units[1:]

	return au, nil
}

func (s *script) Close() error {
	s.closed++

	return nil
}

// scripted gives 30 fps video, of which every third picture is shown before the
// one in front of it, and audio of 20 ms, by DTS.
func scripted(length time.Duration) *script { return scriptedAt(length, 30, 50) }

func scriptedAt(length time.Duration, videoRate, audioRate int) *script {
	s := &script{tracks: []Track{{Codec: H264, ClockRate: 90000, BFrames: true}, {Codec: Opus, ClockRate: 48000, Channels: 2}}}
	reorder := [3]int{1, 2, 0} // PTS - DTS in frames, in decoding order
	at := func(i, rate int) time.Duration { return time.Duration(i) * time.Second / time.Duration(rate) }
	v, a := 0, 0
	for {
		video, audio := at(v, videoRate), at(a, audioRate)
		switch {
		case video < length && video <= audio:
			s.units = append(s.units, AccessUnit{
				DTS: video, PTS: at(v+reorder[v%3], videoRate), Key: v%30 == 0, Units: [][]byte{{1}},
			})
			v++
		case audio < length:
			s.units = append(s.units, AccessUnit{
				Track: 1, DTS: audio, PTS: audio, Key: true, Duration: at(1, audioRate), Units: [][]byte{{2}},
			})
			a++
		default:
			return s
		}
	}
}

func TestPlayerReleasesByDTS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := scripted(2 * time.Second)
		want := append([]AccessUnit(nil), src.units...)
		p := NewPlayer(src)
		start := time.Now()
		for _, w := range want {
			au, err := p.Next(t.Context())
			require.NoError(t, err)
			require.Equal(t, w, au)
			require.Equal(t, w.DTS, time.Since(start))
		}
		_, err := p.Next(t.Context())
		require.ErrorIs(t, err, io.EOF)
	})
}

// Ten hours in a loop, with a caller that takes its time: nothing adds up.
func TestPlayerDoesNotDrift(t *testing.T) {
	const videoRate, audioRate = 7, 10 // frames whose length is no whole number of nanoseconds
	synctest.Test(t, func(t *testing.T) {
		loop, err := NewLoop(t.Context(), func(context.Context) (Source, error) {
			return scriptedAt(9*time.Second, videoRate, audioRate), nil
		})
		require.NoError(t, err)
		p := NewPlayer(loop, WithPlayerWarnings(func(err error) { t.Error(err) }))
		start := time.Now()
		var frames [2]int
		for time.Since(start) < 10*time.Hour {
			au, err := p.Next(t.Context())
			require.NoError(t, err)
			if late := time.Since(start) - au.DTS; late < 0 || late > time.Millisecond {
				t.Fatalf("access unit of %v is released %v late", au.DTS, late)
			}
			// Both stay on their grids: audio does not drift against video.
			grid := time.Duration(frames[au.Track]) * time.Second / [2]time.Duration{videoRate, audioRate}[au.Track]
			if off := au.DTS - grid; off < -time.Millisecond || off > time.Millisecond {
				t.Fatalf("track %d is %v off after %v", au.Track, off, au.DTS)
			}
			frames[au.Track]++
			if frames[0]%7 == 0 {
				time.Sleep(900 * time.Microsecond)
			}
		}
		require.InDelta(t, 36000*videoRate, frames[0], 2)
		require.InDelta(t, 36000*audioRate, frames[1], 2)
		require.Equal(t, 4000, loop.Rounds())
	})
}

func TestPlayerCatchesUp(t *testing.T) {
	for _, c := range []struct {
		stall time.Duration
		moved time.Duration // of the start instant
	}{
		{stall: 500 * time.Millisecond},
		{stall: DefaultMaxLag},
		{stall: 5 * time.Second, moved: 5 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			src := scripted(10 * time.Second)
			want := append([]AccessUnit(nil), src.units...)
			warned := 0
			p := NewPlayer(src, WithPlayerWarnings(func(error) { warned++ }))
			start := time.Now()
			stalledUntil := time.Duration(0)
			for i, w := range want {
				au, err := p.Next(t.Context())
				require.NoError(t, err)
				require.Equal(t, w, au, "nothing is lost")
				require.Equal(t, max(w.DTS+c.moved*time.Duration(min(warned, 1)), stalledUntil), time.Since(start))
				if i == 20 {
					// Held up until that much after the next one was due.
					stalledUntil = want[21].DTS + c.stall
					time.Sleep(stalledUntil - time.Since(start))
				}
			}
			if c.moved > 0 {
				require.Equal(t, 1, warned)
			} else {
				require.Zero(t, warned)
			}
		})
	}
}

func TestPlayerClosesGaps(t *testing.T) {
	for _, c := range []struct {
		gap  time.Duration
		wait time.Duration
	}{
		{gap: DefaultMaxGap, wait: DefaultMaxGap},
		{gap: DefaultMaxGap + 1, wait: 0},
		{gap: 1000 * time.Hour, wait: 0},
		{gap: 1<<63 - 1 - time.Second, wait: 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			src := &script{tracks: []Track{{Codec: H264}}}
			for _, dts := range []time.Duration{0, frame, frame + c.gap, frame + c.gap + frame} {
				src.units = append(src.units, AccessUnit{DTS: dts, PTS: dts + frame, Units: [][]byte{{1}}})
			}
			warned := 0
			p := NewPlayer(src, WithPlayerWarnings(func(error) { warned++ }))
			start := time.Now()
			var released []time.Duration
			for {
				au, err := p.Next(t.Context())
				if errors.Is(err, io.EOF) {
					break
				}
				require.NoError(t, err)
				require.Equal(t, frame, au.PTS-au.DTS)
				require.Equal(t, au.DTS, time.Since(start), "timestamps go with the clock")
				released = append(released, au.DTS)
			}
			require.Equal(t, []time.Duration{0, frame, frame + c.wait, frame + c.wait + frame}, released)
			require.Equal(t, c.wait == 0, warned == 1)
		})
	}
}

// The other track's access units from before a gap may come behind it.
func TestPlayerKeepsTracksMonotonicOverGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &script{tracks: []Track{{Codec: H264}, {Codec: Opus}}}
		for _, u := range []AccessUnit{
			{Track: 0, DTS: 0}, {Track: 1, DTS: 10 * time.Millisecond}, {Track: 0, DTS: time.Hour},
			{Track: 1, DTS: 30 * time.Millisecond}, {Track: 1, DTS: time.Hour + 5*time.Millisecond},
		} {
			u.PTS, u.Units = u.DTS, [][]byte{{1}}
			src.units = append(src.units, u)
		}
		p := NewPlayer(src)
		last := [2]time.Duration{}
		start := time.Now()
		for range 5 {
			au, err := p.Next(t.Context())
			require.NoError(t, err)
			require.GreaterOrEqual(t, au.DTS, last[au.Track])
			require.GreaterOrEqual(t, au.PTS, au.DTS)
			last[au.Track] = au.DTS
		}
		require.Less(t, time.Since(start), time.Second)
	})
}

func TestPlayerCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPlayer(scripted(10*time.Second), WithMaxGap(time.Hour))
		_, err := p.Next(t.Context())
		require.NoError(t, err)
		_, err = p.Next(t.Context())
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		time.AfterFunc(5*time.Millisecond, cancel)
		_, err = p.Next(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 5*time.Millisecond, time.Since(start))
		_, err = p.Next(ctx)
		require.ErrorIs(t, err, context.Canceled)
		au, err := p.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, 20*time.Millisecond, au.DTS, "what was waited for is not lost")
	})
}
