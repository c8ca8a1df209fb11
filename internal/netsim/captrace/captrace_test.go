// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package captrace

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

const ms = time.Millisecond

func TestReadCSV(t *testing.T) {
	want := &Trace{
		Points: []Point{{0, bwe.Mbps}, {100 * ms, 2 * bwe.Mbps}, {300 * ms, 0}},
		Length: 500 * ms,
	}
	for name, text := range map[string]string{
		"commas":         "0,1000000\n100,2000000\n300,0\n",
		"blanks":         "0 1000000\n100\t2000000\n300   0",
		"semicolons":     "0;1e6\n100;2e6\n300;0\n",
		"windows":        "\ufeff0,1000000\r\n100,2000000\r\n300,0\r\n",
		"heading":        "time_ms,capacity_bps\n0,1000000\n100,2000000\n300,0\n",
		"comments":       "# from a drive\ntime,bps\n\n0,1000000\n  # tunnel\n100,2000000\n300,0\n",
		"later origin":   "5000,1000000\n5100,2000000\n5300,0\n",
		"negative start": "-100,1000000\n0,2000000\n200,0\n",
		"more columns":   "0,1000000,a\n100,2000000,b\n300,0,c\n",
		"repeated time":  "0,7\n0,1000000\n100,2000000\n300,0\n",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadCSV(strings.NewReader(text))
			require.NoError(t, err)
			require.Equal(t, want, got)
			got, err = Read(strings.NewReader(text), 0)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

func TestReadCSVRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing":          {"", "no line of figures"},
		"heading alone":    {"time_ms,capacity_bps\n", "no line of figures"},
		"second heading":   {"a,b\nc,d\n0,1\n", "line 2"},
		"half a line":      {"0,1000\n100,x\n", `line 2: "x" is no number`},
		"one column":       {"0,1000\n100\n", "line 2"},
		"back in time":     {"0,1\n100,1\n99,1\n", "line 3: time goes back"},
		"before the first": {"0,1\n-1,1\n", "line 2: time goes back"},
		"negative":         {"0,-1\n", "line 1: capacity -1"},
		"too fast":         {"0,1e12\n", "capacity 1e+12"},
		"not a number":     {"0,NaN\n", `"NaN" is no number`},
		"endless":          {"0,1\n1e15,1\n", "at most 168h"},
		"no text":          {strings.Repeat("x", 10_000), "no capacity trace"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadCSV(strings.NewReader(c.text))
			require.ErrorIs(t, err, ErrFormat)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestALonePointLastsASecond(t *testing.T) {
	got, err := ReadCSV(strings.NewReader("0,5000"))
	require.NoError(t, err)
	require.Equal(t, time.Second, got.Length)
	require.Equal(t, bwe.Bitrate(5000), got.Mean())
}

func TestReadMahimahi(t *testing.T) {
	// Two opportunities in the first 10 ms, none in the second, one in the third, and
	// two at the very end, which count with the window before.
	got, err := Read(strings.NewReader("1\n1\n25\n30\n30\n"), 10*ms)
	require.NoError(t, err)
	const one = 1500 * 8 * 100 // an opportunity in 10 ms, in bits per second
	require.Equal(t, &Trace{Points: []Point{{0, 2 * one}, {10 * ms, 0}, {20 * ms, 3 * one}}, Length: 30 * ms}, got)
	// Whatever the window, the mean is what was delivered.
	for _, bin := range []time.Duration{ms, 7 * ms, 10 * ms, 0} {
		got, err := ReadMahimahi(strings.NewReader("1\n1\n25\n30\n30\n"), bin)
		require.NoError(t, err)
		require.InDelta(t, 5*1500*8/0.03, float64(got.Mean()), 100, "%v", bin)
	}
}

func TestReadMahimahiRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing":      {"", "at least 1 ms"},
		"no time":      {"0\n0\n", "at least 1 ms"},
		"back in time": {"5\n4\n", "line 2: time goes back"},
		"fraction":     {"5\n5.5\n", "line 2"},
		"negative":     {"-5\n", "line 1"},
		"two columns":  {"5\n6 7\n", "line 2"},
		"endless":      {"5\n99999999999\n", "too late"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadMahimahi(strings.NewReader(c.text), 0)
			require.ErrorIs(t, err, ErrFormat)
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := ReadMahimahi(strings.NewReader("5\n"), 1500*time.Microsecond)
	require.ErrorIs(t, err, ErrFormat)
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"0,1000000\n100,2000000\n", "time_ms capacity_bps\n0 1\n", "1\n1\n25\n", "# nothing\n", "0,1e308\n", "9223372036854\n"} {
		f.Add(seed, int64(100))
	}
	f.Fuzz(func(t *testing.T, text string, binMS int64) {
		got, err := Read(strings.NewReader(text), time.Duration(binMS%1000)*ms)
		if err != nil {
			require.ErrorIs(t, err, ErrFormat)

			return
		}
		require.NotEmpty(t, got.Points)
		require.Zero(t, got.Points[0].At)
		last := time.Duration(-1)
		for _, p := range got.Points {
			if p.At <= last || p.Bitrate < 0 || p.Bitrate > MaxBitrate {
				t.Fatalf("%+v after %v", p, last)
			}
			last = p.At
		}
		require.Greater(t, got.Length, last)
	})
}
