// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sender/media"
)

func TestFileAndURL(t *testing.T) {
	for _, tc := range []struct{ first, second, file, url string }{
		{"", "", "", ""},
		{"clip.ts", "", "clip.ts", ""},
		{"https://h/whip/k", "", "", "https://h/whip/k"},
		{"clip.ts", "https://h/whip/k", "clip.ts", "https://h/whip/k"},
		{"https://h/whip/k", "clip.ts", "clip.ts", "https://h/whip/k"},
		{"/a:b/c", "", "/a:b/c", ""},
		{`C:\clip.ts`, "", `C:\clip.ts`, ""},
		{"HTTP://h", "", "", "HTTP://h"},
		{"rtmp://h/app", "", "", "rtmp://h/app"},
		{"://x", "", "://x", ""},
	} {
		file, url, err := FileAndURL(tc.first, tc.second)
		require.NoError(t, err)
		require.Equal(t, tc.file, file)
		require.Equal(t, tc.url, url)
	}
	_, _, err := FileAndURL("a.ts", "b.ts")
	require.ErrorIs(t, err, ErrUsage)
	require.ErrorContains(t, err, "two files, a.ts and b.ts")
	_, _, err = FileAndURL("https://a", "https://b")
	require.ErrorContains(t, err, "two URLs, https://a and https://b")
}

func TestBundledClipIsMeasured(t *testing.T) {
	r, err := measure(t.Context(), openSource("", func(err error) { t.Error(err) }))
	require.NoError(t, err)
	require.InDelta(t, 850_000, int(r.video), 350_000)
	require.InDelta(t, 96_000, int(r.audio), 60_000)
}

// source delivers an access unit of 1000 bytes every 10 ms, video and audio in turn.
type source struct {
	n, end int
	fail   error
	closed bool
}

func (s *source) Tracks() []media.Track {
	return []media.Track{{Codec: media.H264}, {Codec: media.Opus}}
}

func (s *source) Next() (media.AccessUnit, error) {
	if s.n >= s.end {
		return media.AccessUnit{}, s.fail
	}
	dts := time.Hour + time.Duration(s.n)*10*time.Millisecond
	s.n++

	return media.AccessUnit{Track: s.n % 2, DTS: dts, PTS: dts, Units: [][]byte{make([]byte, 1000)}}, nil
}

func (s *source) Close() error {
	s.closed = true

	return nil
}

func TestMeasure(t *testing.T) {
	broken := errors.New("damaged")
	for name, tc := range map[string]struct {
		source  source
		rate    int
		read    int
		failure error
	}{
		"long":      {source{end: 100_000, fail: io.EOF}, 400_000, 501, nil},
		"short":     {source{end: 101, fail: io.EOF}, 400_000, 101, nil},
		"too short": {source{end: 50, fail: io.EOF}, 0, 50, nil},
		"empty":     {source{end: 0, fail: io.EOF}, 0, 0, nil},
		"damaged":   {source{end: 50, fail: broken}, 0, 50, broken},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := measure(t.Context(), func(context.Context) (media.Source, error) { return &tc.source, nil })
			require.ErrorIs(t, err, tc.failure)
			require.InDelta(t, tc.rate, int(r.video), 0.02*float64(tc.rate))
			require.InDelta(t, tc.rate, int(r.audio), 0.02*float64(tc.rate))
			require.Equal(t, tc.read, tc.source.n)
			require.True(t, tc.source.closed)
		})
	}
	_, err := measure(t.Context(), func(context.Context) (media.Source, error) { return nil, broken })
	require.ErrorIs(t, err, broken)
}

func TestOnlyFilesAreReadTwice(t *testing.T) {
	require.True(t, readableTwice(""))
	require.True(t, readableTwice(write(t, "x")))
	require.False(t, readableTwice(t.TempDir()))
	require.True(t, readableTwice(filepath.Join(t.TempDir(), "missing")), "so that the error comes from opening it")
}
