// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package captrace

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

func drain(t require.TestingT, s recording.Source) (points []recording.Capacity) {
	for {
		ev, err := s.Next()
		if errors.Is(err, io.EOF) {
			require.NoError(t, s.Close())

			return points
		}
		require.NoError(t, err)
		c := *ev.(*recording.Capacity)
		if n := len(points); c.Bitrate < 0 || (n > 0 && c.At <= points[n-1].At) {
			require.Fail(t, "points are in order", "%+v", c)
		}
		points = append(points, c)
	}
}

func at(ms int64) bwe.Time { return bwe.Time(ms) * bwe.Time(time.Millisecond) }

func TestRead(t *testing.T) {
	steps := []recording.Capacity{{At: 0, Bitrate: 1_000_000}, {At: at(100), Bitrate: 0}, {At: at(350), Bitrate: 2_500_000}}
	for _, c := range []struct {
		name, text, format string
		bad                int
		first              string
		want               []recording.Capacity
	}{
		{"comma", "0,1000000\n100,0\n350,2500000\n", "capacity trace", 0, "", steps},
		{"heading, comment, no last line end", "# x\ntime_ms,capacity_bps\n50 1e6\n150 0\n400 2.5e6", "capacity trace", 0, "", steps},
		{"damaged lines", "0,1000000\n5,x\n7\n100,0\n90,5\n200,-1\n350,2500000\n", "capacity trace", 4, `line 2: "x" is no number`, steps},
		{"too much", "0,1000000\n50,1e30\n100,0\n350,2500000\n", "capacity trace", 1, "line 2: capacity 1e+30 bps, want 0 to 100000000000", steps},
		{"too late", "0,1000000\n100,0\n350,2500000\n604800001,5\n", "capacity trace", 1, "line 4: time 6.04800001e+08 ms is too late, want at most 168h0m0s", steps},
		{"too long", "0,1000000\n" + strings.Repeat("x", 2*maxLine) + "\n100,0\n350,2500000\n", "capacity trace", 1, "line 2 is longer than 4096 bytes", steps},
		{"Mahimahi", "0\n5\n5\n150\n200\n", "Mahimahi trace", 0, "", []recording.Capacity{{Bitrate: 360_000}, {At: at(100), Bitrate: 240_000}}},
		{"Mahimahi, damaged", "0\n5\n5\n1.5\n4\n6,7\n150\nx\n200\n", "Mahimahi trace", 4, `line 4: "1.5" is no number`, []recording.Capacity{{Bitrate: 360_000}, {At: at(100), Bitrate: 240_000}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.True(t, Is([]byte(c.text)) || c.bad > 0)
			s, err := New(iotest.OneByteReader(strings.NewReader(c.text)))
			require.NoError(t, err)
			require.Equal(t, c.want, drain(t, s))
			require.Equal(t, recording.Info{Format: c.format}, s.Info())
			require.Equal(t, c.bad, s.Damage().Records)
			require.Equal(t, c.first, s.Damage().First)
		})
	}
}

func TestBrokenStream(t *testing.T) {
	s, err := New(io.MultiReader(strings.NewReader("0,5\n10,6\n"), iotest.ErrReader(io.ErrUnexpectedEOF)))
	require.NoError(t, err)
	require.Len(t, drain(t, s), 2)
	require.True(t, s.Damage().Truncated)
}

func TestNothingToRead(t *testing.T) {
	for _, text := range []string{"", "time,bps\n", "x\ny\nz\n", "0\n", "-5\n"} {
		_, err := New(strings.NewReader(text))
		require.ErrorIs(t, err, recording.ErrFormat, "%q", text)
	}
	_, err := New(io.MultiReader(strings.NewReader("0,5\n"), iotest.ErrReader(errors.New("disk"))))
	require.ErrorContains(t, err, "disk")
	require.NotErrorIs(t, err, recording.ErrFormat)
}

func TestIs(t *testing.T) {
	for text, want := range map[string]bool{
		"0,1000\n":                              true,
		"0\n1\n1\n":                             true,
		"# rates\n\ntime_ms,capacity_bps\n0,10": true,
		"\ufeff0;10;x\n":                        true,
		"0,1\n1,2\n2,3\n3,4\nx\n5,6\n":          true,
		"0,1\nx\n":                              false,
		"a,b\nc,d\n0,1\n":                       false,
		"":                                      false,
		"# only\n":                              false,
		"{\"rtmcc_trace\":1}\n":                 false,
		"0,1\n\x00\x01":                         false,
	} {
		require.Equal(t, want, Is([]byte(text)), "%q", text)
	}
}

// TestAnyTrace: points written as lines are read back, with damage among them or not.
func TestAnyTrace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, bad, now := strings.Builder{}, 0, int64(0)
		want := []recording.Capacity{}
		for range rapid.IntRange(1, 40).Draw(t, "points") {
			rate := rapid.Int64Range(0, 100_000_000_000).Draw(t, "rate")
			want = append(want, recording.Capacity{At: at(now), Bitrate: bwe.Bitrate(rate)})
			fmt.Fprintf(&text, "%d,%d\n", now, rate)
			now += rapid.Int64Range(1, 100_000).Draw(t, "interval")
			if rapid.Bool().Draw(t, "damage") {
				text.WriteString(rapid.SampledFrom([]string{"-1,5", "x,y", "3", "9e99,1"}).Draw(t, "line") + "\n")
				bad++
			}
		}
		s, err := New(strings.NewReader(text.String()))
		require.NoError(t, err)
		require.Equal(t, want, drain(t, s))
		require.Equal(t, bad, s.Damage().Records)
	})
}

func FuzzNew(f *testing.F) {
	f.Add([]byte("0,1000000\n100,0\n350,2500000\n"))
	f.Add([]byte("0\n5\n5\n150\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_ = Is(data)
		s, err := New(bytes.NewReader(data))
		if err != nil {
			require.ErrorIs(t, err, recording.ErrFormat)

			return
		}
		drain(t, s)
	})
}
