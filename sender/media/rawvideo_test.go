// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestY4MHeader(t *testing.T) {
	for line, want := range map[string]Format{
		"YUV4MPEG2 W640 H360 F30:1 Ip A1:1 C420jpeg XYSCSS=420JPEG\n": {Width: 640, Height: 360, FrameRate: 30},
		"YUV4MPEG2 W2 H2 F30000:1001\n":                               {Width: 2, Height: 2, FrameRate: 30000.0 / 1001},
		"YUV4MPEG2 W16384 H16384 F1:2 C420mpeg2\n":                    {Width: 16384, Height: 16384, FrameRate: 0.5},
	} {
		f, err := readY4MHeader(bufio.NewReader(strings.NewReader(line)))
		require.NoError(t, err, line)
		require.Equal(t, want, f)
	}
	for _, line := range []string{
		"", "\n", "YUV4MPEG2", "YUV4MPEG W2 H2 F1:1\n", "YUV4MPEG2 W2 H2\n", "YUV4MPEG2 W0 H2 F1:1\n", "YUV4MPEG2 W16386 H2 F1:1\n",
		"YUV4MPEG2 W2 H-2 F1:1\n", "YUV4MPEG2 W2 Hx F1:1\n", "YUV4MPEG2 W2 H2 F0:0\n", "YUV4MPEG2 W2 H2 F1:0\n", "YUV4MPEG2 W2 H2 F1001:1\n",
		"YUV4MPEG2 W2 H2 F30\n", "YUV4MPEG2 W2 H2 F1:1 C444\n", "YUV4MPEG2 W2 H2 F1:1 C420p10\n", "YUV4MPEG2 W2 H2 F1:1 " + strings.Repeat("X ", 200) + "\n",
	} {
		_, err := readY4MHeader(bufio.NewReader(strings.NewReader(line)))
		require.ErrorIs(t, err, errMalformed, line)
	}
}

// rawOf reads what ffmpeg would have written.
func rawOf(b []byte) (*RawVideo, error) {
	v := &RawVideo{r: bufio.NewReader(bytes.NewReader(b))}
	var err error
	v.format, err = readY4MHeader(v.r)

	return v, err
}

func TestRawPictures(t *testing.T) {
	const header = "YUV4MPEG2 W4 H2 F25:1\n"
	v, err := rawOf([]byte(header + "FRAME\nabcdefghijkl" + "FRAME Ip\nABCDEFGHIJKL"))
	require.NoError(t, err)
	b := make([]byte, v.Format().I420Size())
	require.NoError(t, v.Read(b))
	require.Equal(t, "abcdefghijkl", string(b))
	require.NoError(t, v.Read(b))
	require.Equal(t, "ABCDEFGHIJKL", string(b))
	require.ErrorIs(t, v.Read(b), io.EOF)
	for _, cut := range []string{"FRAME\nabc", "FRAME\n", "FRA", "abcdefghijkl\n"} {
		v, err := rawOf([]byte(header + cut))
		require.NoError(t, err)
		require.ErrorIs(t, v.Read(b), errMalformed, cut)
	}
}

func FuzzY4M(f *testing.F) {
	f.Add([]byte("YUV4MPEG2 W4 H2 F25:1 C420jpeg\nFRAME\nabcdefghijklFRAME\nABCDEFGHIJKL"))
	f.Add([]byte("YUV4MPEG2 W16384 H16384 F30000:1001\nFRAME\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := rawOf(b)
		if err != nil {
			require.ErrorIs(t, err, errMalformed)

			return
		}
		if v.format.I420Size() > 1<<20 {
			return
		}
		picture := make([]byte, v.format.I420Size())
		for err == nil {
			err = v.Read(picture)
		}
		require.True(t, errors.Is(err, io.EOF) || errors.Is(err, errMalformed))
	})
}

// needsFFmpeg skips where there is none.
func needsFFmpeg(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not on PATH")
	}
}

func TestOpenRaw(t *testing.T) {
	needsFFmpeg(t)
	v, err := OpenRaw(t.Context(), "../../testdata/tiny-aac.mkv")
	require.NoError(t, err)
	require.Equal(t, Format{Width: 160, Height: 90, FrameRate: 30}, v.Format())
	b := make([]byte, v.Format().I420Size())
	n := 0
	for err = v.Read(b); err == nil; err = v.Read(b) {
		n++
	}
	require.ErrorIs(t, err, io.EOF)
	require.InDelta(t, 30, n, 3, "a picture may be repeated where audio begins before video")
	require.NoError(t, v.Close())

	_, err = OpenRaw(t.Context(), "../../testdata/tiny.ogg")
	require.ErrorIs(t, err, ErrUnsupported)
	require.ErrorContains(t, err, "ffmpeg")
	_, err = OpenRaw(t.Context(), "none.ts")
	require.ErrorContains(t, err, "No such file")
}

// Whoever waits for a picture of a process that hangs is let go by Close.
func TestRawVideoCloses(t *testing.T) {
	needsFFmpeg(t)
	v, err := OpenRaw(t.Context(), "../../testdata/clip.ts")
	require.NoError(t, err)
	b := make([]byte, v.Format().I420Size())
	require.NoError(t, v.Read(b))
	done := make(chan error, 1)
	go func() {
		var err error
		for err == nil {
			err = v.Read(b)
		}
		done <- err
	}()
	require.NoError(t, v.Close())
	require.Error(t, <-done)
}

// A process that somebody else ends is no end of the pictures.
func TestRawVideoOfAProcessThatDies(t *testing.T) {
	needsFFmpeg(t)
	v, err := OpenRaw(t.Context(), "../../testdata/clip.ts")
	require.NoError(t, err)
	require.NoError(t, v.p.cmd.Process.Kill())
	b := make([]byte, v.Format().I420Size())
	for err == nil {
		err = v.Read(b)
	}
	require.NotErrorIs(t, err, io.EOF)
	require.ErrorContains(t, err, "ffmpeg: signal: killed")
	require.NoError(t, v.Close())
}

func TestOpenSound(t *testing.T) {
	needsFFmpeg(t)
	s, err := OpenSound(t.Context(), "../../testdata/tiny-aac.mkv")
	require.NoError(t, err)
	require.Equal(t, Opus, s.Tracks()[0].Codec)
	units := readAll(t, s)
	require.Zero(t, units[0].PTS)
	require.InDelta(t, 1, (units[len(units)-1].PTS + 20*time.Millisecond).Seconds(), 0.1)
	require.NoError(t, s.Close())

	_, err = OpenSound(t.Context(), "../../testdata/tiny.h264")
	require.Error(t, err)
	require.ErrorContains(t, err, "no streams")
}

func TestRawWithoutFFmpeg(t *testing.T) {
	t.Setenv("PATH", "")
	_, err := OpenRaw(t.Context(), "x.ts")
	require.ErrorIs(t, err, ErrUnsupported)
	require.ErrorContains(t, err, "install it")
	_, err = OpenSound(t.Context(), "x.ts")
	require.ErrorIs(t, err, ErrUnsupported)
}
