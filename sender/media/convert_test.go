// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"errors"
	"io"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// listed is a source of given access units.
type listed struct {
	tracks []Track
	units  []AccessUnit
	closed bool
}

func (l *listed) Tracks() []Track { return l.tracks }

func (l *listed) Next() (AccessUnit, error) {
	if len(l.units) == 0 {
		return AccessUnit{}, io.EOF
	}

	return take(&l.units), nil
}

func (l *listed) Close() error {
	l.closed = true

	return nil
}

const aacFrame = aacFrameSamples * time.Second / 48000

// interleaved is a source of pictures at 25 a second and AAC at 48 kHz.
func interleaved(length, sound time.Duration) *listed {
	l := &listed{tracks: []Track{{Codec: H264}, {Codec: AAC, ClockRate: 48000, Channels: 2, Config: []byte{0x11, 0x90}}}}
	for picture, frame := time.Duration(0), time.Duration(0); picture < length; {
		if frame <= picture && frame < sound {
			l.units = append(l.units, AccessUnit{Track: 1, PTS: frame, DTS: frame, Key: true, Units: [][]byte{make([]byte, 100)}})
			frame += aacFrame

			continue
		}
		l.units = append(l.units, AccessUnit{PTS: picture + 40*time.Millisecond, DTS: picture, Units: [][]byte{{1}}})
		picture += 40 * time.Millisecond
	}

	return l
}

// standIn is a converter that puts out 20 ms for each 20 ms of ADTS, as late as an
// encoder does, and the rest at the end.
func standIn(t *testing.T, c *converted, late, most int) {
	in, fed := io.Pipe()
	out, made := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		var cut adts
		var sequence uint32
		write := func(b []byte) {
			_, _ = made.Write(b)
			sequence++
		}
		tags := []byte("OpusTags\x00\x00\x00\x00\x00\x00\x00\x00")
		write(oggPageOf(oggFirst, 7, 0, 0, lacingOf(len(opusHead)), opusHead))
		write(oggPageOf(0, 7, 1, 0, lacingOf(len(tags)), tags))
		frames, packets := 0, 0
		emit := func(until time.Duration) {
			for ; time.Duration(packets+1)*20*time.Millisecond <= until && packets < most; packets++ {
				write(oggPageOf(0, 7, sequence, int64((packets+1)*960), lacingOf(2), []byte{0xfc, byte(packets)}))
			}
		}
		buf := make([]byte, 4096)
		for {
			n, err := in.Read(buf)
			got, _ := cut.add(buf[:n])
			frames += len(got)
			emit(time.Duration(frames-late) * aacFrame)
			if err != nil || packets >= most {
				break
			}
		}
		emit(time.Duration(frames) * aacFrame)
		_ = in.Close()
		_ = made.Close()
	}()
	c.run(fed, out, func() error {
		_ = in.CloseWithError(errors.New("stopped"))
		_ = out.CloseWithError(errors.New("stopped"))
		<-done

		return nil
	})
}

const never = 1 << 30

func drain(t require.TestingT, s Source) (units []AccessUnit, err error) {
	for {
		au, err := s.Next()
		if err != nil {
			return units, err
		}
		units = append(units, au)
	}
}

func TestConvertedAudio(t *testing.T) {
	for name, c := range map[string]struct {
		length, sound time.Duration
		late, sounds  int
	}{
		"in step":             {length: 5 * time.Second, sound: 5 * time.Second, sounds: 250},
		"late encoder":        {length: 5 * time.Second, sound: 5 * time.Second, late: 20, sounds: 250},
		"sound ends early":    {length: 20 * time.Second, sound: 2 * time.Second, late: 5, sounds: 100},
		"shorter than a look": {length: 200 * time.Millisecond, sound: 200 * time.Millisecond, late: 5, sounds: 10},
	} {
		t.Run(name, func(t *testing.T) {
			src := interleaved(c.length, c.sound)
			pictures := 0
			for _, au := range src.units {
				if au.Track == 0 {
					pictures++
				}
			}
			s, err := newConverted(src, 1)
			require.NoError(t, err)
			standIn(t, s, c.late, never)
			require.Equal(t, Track{Codec: Opus, ClockRate: 48000, Channels: 2}, s.Tracks()[1])
			units, err := drain(t, s)
			require.ErrorIs(t, err, io.EOF)
			var last [2]time.Duration
			var count [2]int
			for _, au := range units {
				require.GreaterOrEqual(t, au.DTS, last[au.Track])
				if name != "sound ends early" {
					require.InDelta(t, max(last[0], last[1]), au.DTS, float64(41*time.Millisecond), "interleaved")
				}
				if au.Track == 1 {
					// The sample that is in front of the pre-skip of 6.5 ms.
					want := max(time.Duration(count[1])*20*time.Millisecond-6500*time.Microsecond, 0)
					require.Equal(t, want, au.PTS)
					require.Equal(t, byte(count[1]), au.Units[0][1])
				}
				last[au.Track] = au.DTS
				count[au.Track]++
			}
			require.Equal(t, pictures, count[0])
			require.InDelta(t, c.sounds, count[1], 2)
			require.NoError(t, s.Close())
			require.True(t, src.closed)
		})
	}
}

func TestConverterFails(t *testing.T) {
	src := interleaved(10*time.Second, 10*time.Second)
	s, err := newConverted(src, 1)
	require.NoError(t, err)
	standIn(t, s, 0, 50)
	units, err := drain(t, s)
	require.ErrorIs(t, err, errConverter)
	require.NotEmpty(t, units)
	require.NoError(t, s.Close())
}

func TestConverterIsStopped(t *testing.T) {
	src := interleaved(10*time.Second, 10*time.Second)
	s, err := newConverted(src, 1)
	require.NoError(t, err)
	standIn(t, s, 0, never)
	for range 20 {
		_, err := s.Next()
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
}

func TestNothingToConvert(t *testing.T) {
	src := interleaved(time.Second, time.Second)
	for _, track := range []int{-1, 0, 2} {
		_, err := newConverted(src, track)
		require.ErrorIs(t, err, ErrUnsupported)
	}
	src.tracks[1].Config = []byte{0}
	_, err := newConverted(src, 1)
	require.ErrorIs(t, err, ErrUnsupported)
	t.Setenv("PATH", "")
	_, err = ConvertAudio(t.Context(), src, 1)
	require.ErrorIs(t, err, ErrUnsupported)
	require.False(t, CanConvertAudio())
	require.False(t, src.closed)
}

// TestConvertedTimestamps: the output keeps to the input's timestamps through jitter
// and gaps, and never steps back.
func TestConvertedTimestamps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var clock convertClock
		var truth []time.Duration
		var pts, out, last time.Duration
		for range 200 {
			if rapid.IntRange(0, 19).Draw(t, "gap") == 0 {
				pts += time.Duration(rapid.Int64Range(0, int64(2*time.Second)).Draw(t, "by"))
			}
			jitter := time.Duration(rapid.Int64Range(0, int64(time.Millisecond)).Draw(t, "jitter"))
			clock.fed(pts+jitter, aacFrame)
			truth = append(truth, pts)
			pts += aacFrame
			for clock.in-out >= 3*aacFrame {
				at := clock.at(out, 20*time.Millisecond)
				require.GreaterOrEqual(t, at, last)
				if place := out - opusLookahead; place >= 0 {
					frame := int(place / aacFrame)
					want := truth[frame] + place - time.Duration(frame)*aacFrame
					require.InDelta(t, want, at, float64(convertTolerance+2*time.Millisecond))
				}
				last = at
				out += 20 * time.Millisecond
			}
		}
	})
}

func TestConvertWithFFmpeg(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	src := openBytes(t, load(t, "clip-aac.mp4"), "clip-aac.mp4")
	track := 0
	for i, tr := range src.Tracks() {
		if tr.Codec == AAC {
			track = i
		}
	}
	s, err := ConvertAudio(t.Context(), src, track)
	require.NoError(t, err)
	units, err := drain(t, s)
	require.ErrorIs(t, err, io.EOF)
	var audio time.Duration
	for _, au := range units {
		if au.Track == track {
			audio += au.Duration
		}
	}
	require.Greater(t, audio, time.Second)
	require.NoError(t, s.Close())
}
