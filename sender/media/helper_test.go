// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// load reads a file of testdata.
func load(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
	require.NoError(t, err)

	return b
}

// warnings collects what a source passes over.
type warnings []error

func (w *warnings) option() Option { return WithWarnings(func(err error) { *w = append(*w, err) }) }

// openBytes opens b and closes the source with the test.
func openBytes(t testing.TB, b []byte, name string, opts ...Option) Source {
	t.Helper()
	src, err := OpenReader(context.Background(), bytes.NewReader(b), name, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = src.Close() })

	return src
}

// readAll reads to the end, and checks what every source promises.
func readAll(t testing.TB, src Source) []AccessUnit {
	t.Helper()
	var units []AccessUnit
	last := map[int]time.Duration{}
	newest := time.Duration(0)
	for {
		au, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		require.Less(t, au.Track, len(src.Tracks()))
		require.GreaterOrEqual(t, au.DTS, last[au.Track], "DTS goes back")
		require.GreaterOrEqual(t, au.PTS, au.DTS)
		require.NotEmpty(t, au.Units)
		require.Positive(t, au.Size())
		last[au.Track] = au.DTS
		newest = max(newest, au.DTS)
		units = append(units, au)
	}
	_, err := src.Next()
	require.ErrorIs(t, err, io.EOF, "the end stays the end")

	return units
}

// ofTrack picks the access units of one track.
func ofTrack(units []AccessUnit, track int) []AccessUnit {
	var out []AccessUnit
	for _, au := range units {
		if au.Track == track {
			out = append(out, au)
		}
	}

	return out
}

// slices of an access unit: its NAL units without those that containers may add.
func slicesOf(c Codec, au AccessUnit) [][]byte {
	var out [][]byte
	for _, nal := range au.Units {
		if (c == H264 && h264Type(nal) <= 5) || (c == H265 && h265Type(nal) <= h265LastVCL) {
			out = append(out, nal)
		}
	}

	return out
}

// annexBOf joins access units to a byte stream.
func annexBOf(units []AccessUnit) []byte {
	var b []byte
	for _, au := range units {
		for _, nal := range au.Units {
			b = append(append(b, 0, 0, 0, 1), nal...)
		}
	}

	return b
}

const near = 2 * time.Nanosecond // rounding of clocks to nanoseconds

func requireTime(t testing.TB, want, got time.Duration, msg ...any) {
	t.Helper()
	require.InDelta(t, want, got, float64(near), msg...)
}

// requireSame compares access units without printing megabytes where they differ.
func requireSame(t testing.TB, want, got []AccessUnit, msg ...any) {
	t.Helper()
	requireCount(t, len(want), got, msg...)
	for i := range want {
		require.True(t, reflect.DeepEqual(want[i], got[i]), "access unit %d differs %v", i, msg)
	}
}

// requireCount is require.Len that does not print what it counts.
func requireCount(t testing.TB, want int, got []AccessUnit, msg ...any) {
	t.Helper()
	n := len(got)
	require.Equal(t, want, n, msg...)
}
