// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package formats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/compressed"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const traceHeader = `{"rtmcc_trace":1,"tool":"rtmcc test","start":"2026-11-21T14:00:00Z"}` + "\n"

// timers is a trace of so many timers, one a millisecond.
func timers(n int) string {
	var b strings.Builder
	b.WriteString(traceHeader)
	for i := range n {
		fmt.Fprintf(&b, `{"e":"timer","t":%d}`+"\n", i*1_000_000)
	}

	return b.String()
}

func pack(t *testing.T, text, suffix string) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := compressed.NewWriter(&out, suffix)
	require.NoError(t, err)
	_, err = io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())

	return out.Bytes()
}

// drain counts the events of a recording.
func drain(t *testing.T, s recording.Source) int {
	t.Helper()
	last := bwe.Time(0)
	for n := 0; ; n++ {
		ev, err := s.Next()
		if errors.Is(err, io.EOF) {
			return n
		}
		require.NoError(t, err)
		if ev.Time() < last {
			require.Fail(t, "time goes back", "from %v to %v", last, ev.Time())
		}
		last = ev.Time()
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	for _, suffix := range []string{"", ".gz", ".zst"} {
		// The content tells, not the name.
		path := filepath.Join(dir, "recording"+strings.TrimPrefix(suffix, "."))
		require.NoError(t, os.WriteFile(path, pack(t, timers(1000), suffix), 0o600))
		s, err := Open(path)
		require.NoError(t, err)
		require.Equal(t, "rtmcc test", s.Info().Tool)
		require.Equal(t, "rtmcc trace", s.Info().Format)
		require.Equal(t, 1000, drain(t, s))
		require.False(t, s.Damage().Any())
		require.NoError(t, s.Close())
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, tc := range map[string]struct{ content, want string }{
		"empty":       {"", "there is nothing in it"},
		"text":        {"hello, world\n", `begins with the text "hello, world\n"`},
		"binary":      {"\x00\x01\x02\xff", "begins with the bytes 00 01 02 ff"},
		"known":       {"?", "known are rtmcc trace"},
		"later":       {`{"rtmcc_trace":2}` + "\n", "version 2, this program reads version 1"},
		"gzip header": {"\x1f\x8b\x08", "damaged gzip file"},
		"gzip text":   {string(pack(t, "hello", ".gz")), `begins with the text "hello"`},
		"zstd text":   {string(pack(t, "hello", ".zst")), `begins with the text "hello"`},
		"gzip twice":  {string(pack(t, string(pack(t, "hello", ".gz")), ".gz")), "compressed twice, unpack it once"},
		"zstd in gz":  {string(pack(t, string(pack(t, "hello", ".zst")), ".gz")), "compressed twice, unpack it once"},
		"zstd header": {"\x28\xb5\x2f\xfd", "the zstd file was cut off"},
		// RFC 8878, section 3.1.1.1.2: an exponent of 20 above 1 kB is 1 GiB.
		"zstd window": {"\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00", "asks for a window of more than 128 MiB"},
		"zstd whole":  {"\x28\xb5\x2f\xfd\xa0\x00\x00\x00\x10\x01\x00\x00", "asks for a window of more than 128 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, "f")
			require.NoError(t, os.WriteFile(path, []byte(tc.content), 0o600))
			_, err := Open(path)
			require.ErrorIs(t, err, recording.ErrFormat)
			require.ErrorContains(t, err, tc.want)
			require.ErrorContains(t, err, path)
		})
	}
	_, err := Open(filepath.Join(dir, "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Open(dir)
	require.ErrorContains(t, err, "is a directory")
}

// TestDamagedCompression cuts and changes compressed traces: what comes before is read.
func TestDamagedCompression(t *testing.T) {
	const lines = 60_000
	text := timers(lines)
	for _, suffix := range []string{".gz", ".zst"} {
		whole := pack(t, text, suffix)
		half := len(whole) / 2
		changed := bytes.Clone(whole)
		for i := range 64 {
			changed[half+i] ^= 0x5a
		}
		for name, content := range map[string][]byte{"cut off": whole[:half], "changed": changed, "garbage behind": append(bytes.Clone(whole), "garbage"...)} {
			t.Run(name+suffix, func(t *testing.T) {
				s, err := Read(bytes.NewReader(content))
				require.NoError(t, err)
				n := drain(t, s)
				require.Greater(t, n, lines/10)
				d := s.Damage()
				require.True(t, d.Truncated)
				require.NotEmpty(t, d.First)
				require.NoError(t, s.Close())
			})
		}
	}
}

func TestReadErrorsAreNoDamage(t *testing.T) {
	failure := errors.New("disk gone")
	for _, suffix := range []string{"", ".gz", ".zst"} {
		whole := pack(t, timers(60_000), suffix)
		s, err := Read(io.MultiReader(bytes.NewReader(whole[:len(whole)/2]), iotest.ErrReader(failure)))
		require.NoError(t, err)
		for err == nil {
			_, err = s.Next()
		}
		require.ErrorIs(t, err, failure)
		require.NoError(t, s.Close())
	}
	_, err := Read(iotest.ErrReader(failure))
	require.ErrorIs(t, err, failure)
}

func TestDocumentationHasEveryFormat(t *testing.T) {
	page, err := os.ReadFile("../../../docs/recordings.md")
	require.NoError(t, err)
	for _, f := range Known() {
		require.Contains(t, string(page), "\n| "+f.Name+" |")
	}
	text, err := json.Marshal(recording.Damage{Truncated: true, Records: 1, Bytes: 1, Encrypted: 1, Unmatched: 1, First: "x"})
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(text, &fields))
	for name := range fields {
		require.Contains(t, string(page), "`"+name+"`")
	}
}

func TestKnownFormatsAreWhole(t *testing.T) {
	names := make(map[string]bool)
	for _, f := range Known() {
		require.NotEmpty(t, f.Name)
		require.False(t, names[f.Name], f.Name)
		names[f.Name] = true
		require.False(t, f.Is(nil), f.Name)
		require.False(t, f.Is([]byte("\x00")), f.Name)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(timers(3)))
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Add([]byte("\x28\xb5\x2f\xfd\x04\x00\x01\x00\x00"))
	f.Add([]byte("\x50\x2a\x4d\x18\x01\x00\x00\x00x"))
	f.Fuzz(func(t *testing.T, content []byte) {
		s, err := Read(bytes.NewReader(content))
		if err != nil {
			require.ErrorIs(t, err, recording.ErrFormat)

			return
		}
		drain(t, s)
		require.NoError(t, s.Close())
	})
}
