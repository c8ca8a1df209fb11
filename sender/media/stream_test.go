// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fakeDemuxer gives samples of Opus and VP8 tracks.
type fakeDemuxer struct {
	list    []Track
	samples []sample
	end     error
	panics  bool
	closed  int
}

func (d *fakeDemuxer) tracks() []Track { return d.list }

func (d *fakeDemuxer) next() (sample, error) {
	if len(d.samples) == 0 {
		if d.panics {
			panic("index out of range")
		}
		if d.end == nil {
			return sample{}, io.EOF
		}

		return sample{}, d.end
	}
	s := d.samples[0]
	d.samples = d.samples[1:]

	return s, nil
}

func (d *fakeDemuxer) close() error {
	d.closed++

	return nil
}

var videoAndAudio = []Track{{Codec: VP8}, {Codec: Opus}}

func sampleAt(track int, dts time.Duration) sample {
	return sample{track: track, pts: dts, dts: dts, units: [][]byte{{0}}} // 0 is a key frame's first byte
}

func TestStreamInterleaves(t *testing.T) {
	d := &fakeDemuxer{list: videoAndAudio}
	// The muxer writes a second of one track, then a second of the other.
	for second := range 5 {
		for i := range 10 {
			d.samples = append(d.samples, sampleAt(0, time.Duration(10*second+i)*100*time.Millisecond))
		}
		for i := range 20 {
			d.samples = append(d.samples, sampleAt(1, time.Duration(20*second+i)*50*time.Millisecond+time.Millisecond))
		}
	}
	s, err := newStream(d, func(err error) { t.Error(err) })
	require.NoError(t, err)
	last := time.Duration(-1)
	for range 150 {
		au, err := s.Next()
		require.NoError(t, err)
		require.Greater(t, au.DTS, last)
		last = au.DTS
	}
	_, err = s.Next()
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, s.Close())
	require.Equal(t, 1, d.closed)
}

// One track ends early: the other goes on, and little of it is kept.
func TestStreamBoundsMemory(t *testing.T) {
	d := &fakeDemuxer{list: videoAndAudio, samples: []sample{sampleAt(1, 0)}}
	for i := range 20000 {
		d.samples = append(d.samples, sampleAt(0, time.Duration(i)*10*time.Millisecond))
	}
	s, err := newStream(d, func(error) {})
	require.NoError(t, err)
	for range 20001 {
		_, err := s.Next()
		require.NoError(t, err)
		require.LessOrEqual(t, s.span(), maxReorderTime+10*time.Millisecond)
	}

	// All at one instant: the count is the bound.
	d = &fakeDemuxer{list: videoAndAudio, samples: []sample{sampleAt(1, 0)}}
	for range 3 * maxReorderUnits {
		d.samples = append(d.samples, sampleAt(0, time.Second))
	}
	s, err = newStream(d, func(error) {})
	require.NoError(t, err)
	for range 3*maxReorderUnits + 1 {
		_, err := s.Next()
		require.NoError(t, err)
		require.LessOrEqual(t, s.queued, maxReorderUnits+1)
	}
}

// A track that shows nothing is left out, and said.
func TestStreamLeavesOutSilentTracks(t *testing.T) {
	for name, late := range map[string]time.Duration{"never": 0, "late": maxPrimeTime + 5*time.Second} {
		t.Run(name, func(t *testing.T) {
			d := &fakeDemuxer{list: videoAndAudio}
			for i := range 300 {
				at := time.Duration(i) * 100 * time.Millisecond
				d.samples = append(d.samples, sampleAt(0, at))
				if late > 0 && at >= late {
					d.samples = append(d.samples, sampleAt(1, at))
				}
			}
			warned := 0
			s, err := newStream(d, func(error) { warned++ })
			require.NoError(t, err)
			require.Len(t, s.Tracks(), 1)
			require.Equal(t, 1, warned)
			for range 300 {
				au, err := s.Next()
				require.NoError(t, err)
				require.Zero(t, au.Track)
			}
			_, err = s.Next()
			require.ErrorIs(t, err, io.EOF)
		})
	}
}

func TestStreamErrors(t *testing.T) {
	boom := errors.New("boom")
	_, err := newStream(&fakeDemuxer{list: videoAndAudio, end: boom}, func(error) {})
	require.ErrorIs(t, err, boom)
	_, err = newStream(&fakeDemuxer{list: videoAndAudio}, func(error) {})
	require.ErrorIs(t, err, errMalformed)

	// What was read before the error comes first; the error stays.
	both := []sample{sampleAt(0, 0), sampleAt(1, 0), sampleAt(0, 40*time.Millisecond)}
	for _, d := range []*fakeDemuxer{{list: videoAndAudio, samples: both, end: boom}, {list: videoAndAudio, samples: both, panics: true}} {
		s, err := newStream(d, func(error) {})
		require.NoError(t, err)
		for range both {
			_, err := s.Next()
			require.NoError(t, err)
		}
		for range 2 {
			_, err = s.Next()
			if d.panics {
				require.ErrorIs(t, err, errMalformed)
			} else {
				require.ErrorIs(t, err, boom)
			}
		}
	}
}

// Timestamps of one track that go back a little, or show a picture before it is
// decoded, are set right.
func TestStreamTimestamps(t *testing.T) {
	d := &fakeDemuxer{list: videoAndAudio[:1]}
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	for _, s := range []struct{ pts, dts int }{{100, 100}, {150, 140}, {130, 120}, {160, 180}, {3600_200, 200}} {
		d.samples = append(d.samples, sample{pts: ms(s.pts), dts: ms(s.dts), units: [][]byte{{0}}})
	}
	s, err := newStream(d, func(error) {})
	require.NoError(t, err)
	for _, want := range []struct{ pts, dts int }{{0, 0}, {50, 40}, {40, 40}, {60, 60}, {100, 100}} {
		au, err := s.Next()
		require.NoError(t, err)
		require.Equal(t, ms(want.dts), au.DTS)
		require.Equal(t, ms(want.pts), au.PTS)
	}
}

func TestTimeline(t *testing.T) {
	type step struct {
		track     int
		dts, want time.Duration
		joined    bool
	}
	s := time.Second
	for name, steps := range map[string][]step{
		"straight": {{0, 0, 0, false}, {0, s, s, false}, {1, s, s, false}, {0, 11 * s, 11 * s, false}},
		"both sides of the longest pause": {
			{0, 0, 0, false}, {0, maxSourceGap, maxSourceGap, false}, {0, 2*maxSourceGap + 1, maxSourceGap + maxSourceGap, true},
		},
		"both sides of the longest step back": {
			{0, 10 * s, 10 * s, false}, {0, 10*s - maxBackstep, 10*s - maxBackstep, false},
			{0, 10*s - maxBackstep - 1, 10*s + defaultStep, true},
		},
		"a track in the old piece": {
			{0, 0, 0, false}, {1, 0, 0, false}, {0, s, s, false}, {1, s, s, false},
			{0, 100 * s, 2 * s, true}, {1, s + s/2, s + s/2, false}, {1, 100 * s, 2 * s, true}, {0, 101 * s, 3 * s, false},
		},
		"a track that is far away from the start": {
			{0, 0, 0, false}, {1, 5000 * s, 0, true}, {1, 5001 * s, s, false}, {0, s, s, false},
		},
		"a negative beginning": {{0, -5 * s, -5 * s, false}, {1, -4 * s, -4 * s, false}, {0, -4 * s, -4 * s, false}},
	} {
		t.Run(name, func(t *testing.T) {
			line := timeline{tracks: make([]trackClock, 2)}
			for i, st := range steps {
				offset, joined := line.offset(st.track, st.dts)
				require.Equal(t, st.want, st.dts+offset, "step %d", i)
				require.Equal(t, st.joined, joined, "step %d", i)
			}
		})
	}
}
