// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/testdata"
)

func TestIdentify(t *testing.T) {
	for _, c := range []struct {
		name string
		head []byte
		want container
	}{
		{"x", []byte("OggS\x00\x02"), containerOgg},
		{"x.ts", []byte("DKIF\x00\x00"), containerIVF},
		{"x", []byte("\x00\x00\x00\x20ftypisom"), containerMP4},
		{"x", []byte("\x00\x00\x00\x20moof"), containerMP4},
		{"x.mp4", testdata.Clip[:sniffLength], containerMPEGTS},
		{"x", append([]byte("rubbish"), testdata.Clip[:1000]...), containerMPEGTS},
		{"x", []byte{0, 0, 0, 1, 0x67, 0x64, 0}, containerH264},
		{"x", []byte{0, 0, 1, 0x09, 0xf0, 0, 0, 1, 0x67, 1}, containerH264},
		{"x", []byte{0, 0, 0, 1, 0x40, 1, 0x0c}, containerH265},
		{"x", []byte{0, 0, 1, 0x46, 1, 0x50}, containerH265},
		{"x.265", []byte{0, 0, 1, 0x26, 1, 0x50}, containerH265}, // a slice: the name decides
		{"x.265", []byte{0, 0, 1, 0x28, 1, 0x50}, containerH265},
		{"x.h264", []byte{0, 0, 1, 0x65, 1, 0x50}, containerH264},
		{"x.h264", []byte{0, 0, 1, 0x06, 1, 0x50}, containerH264},
		{"x.ts", []byte("\x1aE\xdf\xa3"), unknownContainer}, // Matroska under a wrong name
		{"x.264", []byte{0, 0, 1, 0xba, 0x44}, unknownContainer},
		{"x.MTS", []byte("?"), containerMPEGTS},
		{"x.opus", nil, containerOgg},
		{"x.avi", []byte("?"), unknownContainer},
		{"", nil, unknownContainer},
	} {
		require.Equal(t, c.want, identify(c.head, c.name), "%q %x", c.name, c.head[:min(len(c.head), 8)])
	}
}

func TestIVFTime(t *testing.T) {
	ivfFile := func(rate, scale uint32, times ...uint64) []byte {
		b := append([]byte("DKIF\x00\x00\x20\x00VP80"), 160, 0, 90, 0)
		b = binary.LittleEndian.AppendUint32(b, rate)
		b = binary.LittleEndian.AppendUint32(b, scale)
		b = append(b, make([]byte, 8)...)
		for _, at := range times {
			b = binary.LittleEndian.AppendUint32(b, 2)
			b = append(binary.LittleEndian.AppendUint64(b, at), 0x10, 2)
		}

		return b
	}
	for _, c := range []struct {
		rate, scale uint32
		at          uint64
		want        time.Duration
	}{
		{30, 1, 1, time.Second / 30},
		{30000, 1001, 30, 1001 * time.Millisecond},
		{90000, 1, 90000, time.Second},
		{1000, 1, 5, 5 * time.Millisecond},
	} {
		units := readAll(t, openBytes(t, ivfFile(c.rate, c.scale, 0, c.at), ""))
		requireTime(t, c.want, units[1].DTS)
	}
	t.Setenv("PATH", "")
	for name, b := range map[string][]byte{
		"no rate":        ivfFile(0, 1),
		"no scale":       ivfFile(30, 0),
		"no frames":      ivfFile(30, 1),
		"time overflows": ivfFile(1, 1, 1<<63),
		"cut header":     ivfFile(30, 1)[:20],
	} {
		_, err := OpenReader(t.Context(), bytes.NewReader(b), "")
		require.ErrorIs(t, err, errMalformed, name)
	}

	var warned warnings
	units := readAll(t, openBytes(t, ivfFile(30, 1, 0, 1, 2)[:32+2*14+7], "", warned.option()))
	require.Len(t, units, 2)
	require.ErrorContains(t, warned[0], "cut short")

	huge := append(ivfFile(30, 1, 0), 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0, 1)
	src, err := OpenReader(t.Context(), bytes.NewReader(huge), "")
	require.NoError(t, err)
	_, err = src.Next()
	require.NoError(t, err)
	_, err = src.Next()
	require.ErrorIs(t, err, errMalformed)

	h264 := bytes.Replace(ivfFile(30, 1, 0), []byte("VP80"), []byte("H264"), 1)
	_, err = OpenReader(t.Context(), bytes.NewReader(h264), "")
	require.ErrorIs(t, err, ErrUnsupported)
}

// closeCounter is a reader that knows how often it was closed.
type closeCounter struct {
	io.Reader
	closed int
}

func (c *closeCounter) Close() error {
	c.closed++

	return nil
}

func TestOpenReaderClosesOnce(t *testing.T) {
	t.Setenv("PATH", "")
	good := &closeCounter{Reader: bytes.NewReader(testdata.Clip)}
	src, err := OpenReader(t.Context(), good, "")
	require.NoError(t, err)
	require.NoError(t, src.Close())
	require.Equal(t, 1, good.closed)

	for name, r := range map[string]io.Reader{
		"rubbish": bytes.NewReader([]byte("rubbish")),
		"empty":   bytes.NewReader(nil),
		"error":   iotest.ErrReader(errors.New("boom")),
		"no map":  bytes.NewReader(bytes.Repeat(testdata.Clip[3*188:4*188], 100)),
	} {
		c := &closeCounter{Reader: r}
		_, err := OpenReader(t.Context(), c, "")
		require.Error(t, err)
		require.Equal(t, 1, c.closed, name)
	}
}

func TestForeignWithoutFFmpeg(t *testing.T) {
	t.Setenv("PATH", "")
	_, err := Open(t.Context(), "../../testdata/tiny-aac.mkv")
	require.ErrorIs(t, err, ErrUnsupported)
	require.ErrorContains(t, err, "install ffmpeg")
	require.ErrorContains(t, err, "tiny-aac.mkv")

	var warned warnings
	src, err := Open(t.Context(), "../../testdata/clip-aac.mp4", WithOpusAudio(), warned.option())
	require.NoError(t, err)
	require.Equal(t, AAC, src.Tracks()[1].Codec, "the caller gets what there is")
	require.Len(t, warned, 1)
	require.NoError(t, src.Close())

	src, err = Open(t.Context(), "../../testdata/clip.ts", WithOpusAudio())
	require.NoError(t, err, "nothing to convert")
	require.NoError(t, src.Close())
}

// These run where ffmpeg is installed.
func TestFFmpeg(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	mkv := "../../testdata/tiny-aac.mkv"
	for name, c := range map[string]struct {
		file         string
		opts         []Option
		tracks       []Codec
		video, audio int
	}{
		"copies":     {file: mkv, tracks: []Codec{H264, AAC}, video: 30, audio: 48},
		"leaves AAC": {file: mkv, opts: []Option{WithOpusAudio(), WithAACAudio()}, tracks: []Codec{H264, AAC}, video: 30, audio: 48},
		"converts":   {file: mkv, opts: []Option{WithOpusAudio()}, tracks: []Codec{H264, Opus}, video: 30, audio: 51},
		"converts what could be read": {
			file: "../../testdata/clip-aac.mp4", opts: []Option{WithOpusAudio()},
			tracks: []Codec{H264, Opus}, video: 300, audio: 501,
		},
		"VP8": {file: "../../testdata/tiny-vp8.webm", tracks: []Codec{VP8}, video: 30},
	} {
		t.Run(name, func(t *testing.T) {
			src, err := Open(t.Context(), c.file, c.opts...)
			require.NoError(t, err)
			var codecs []Codec
			for _, track := range src.Tracks() {
				codecs = append(codecs, track.Codec)
			}
			require.Equal(t, c.tracks, codecs)
			units := readAll(t, src)
			requireCount(t, c.video, ofTrack(units, 0))
			// Encoders differ in how they pad the end.
			require.InDelta(t, c.audio, len(ofTrack(units, 1)), 2)
			require.NoError(t, src.Close())
		})
	}

	t.Run("from a reader", func(t *testing.T) {
		b, err := os.ReadFile(mkv)
		require.NoError(t, err)
		requireCount(t, 78, readAll(t, openBytes(t, b, "")))
	})
	t.Run("closed early", func(t *testing.T) {
		src, err := Open(t.Context(), mkv)
		require.NoError(t, err)
		_, err = src.Next()
		require.NoError(t, err)
		require.NoError(t, src.Close())
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		src, err := Open(ctx, mkv)
		require.NoError(t, err)
		cancel()
		require.NoError(t, src.Close())
	})
	t.Run("no media", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "-x.avi")
		require.NoError(t, os.WriteFile(path, []byte("no media at all"), 0o600))
		_, err := Open(t.Context(), path)
		require.ErrorIs(t, err, ErrUnsupported)
		require.ErrorContains(t, err, "ffmpeg")
	})
}

func TestWarningsAreBounded(t *testing.T) {
	n := 0
	o := newOptions([]Option{WithWarnings(nil), WithWarnings(func(error) { n++ })})
	for range 10 * maxWarnings {
		o.warn(errMalformed)
	}
	require.Equal(t, maxWarnings, n)
}
