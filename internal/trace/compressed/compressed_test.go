// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package compressed

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func pack(t require.TestingT, content []byte, path string) []byte {
	var out bytes.Buffer
	w, err := NewWriter(&out, path)
	require.NoError(t, err)
	_, err = w.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Flush())
	require.NoError(t, w.Close())

	return out.Bytes()
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := "plain " + rapid.String().Draw(t, "text")
		tc := rapid.SampledFrom([][2]string{
			{"a", ""}, {"a.gz", "gzip"}, {"A.GZ", "gzip"}, {"a.zst", "zstd"}, {"a.ZST", "zstd"}, {"gz", ""}, {"a.gz.txt", ""},
		}).Draw(t, "path")
		r, err := NewReader(iotest.OneByteReader(bytes.NewReader(pack(t, []byte(text), tc[0]))))
		require.NoError(t, err)
		require.Equal(t, tc[1], r.Compression())
		content, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, text, string(content))
		r.Close()
	})
}

func TestStreamsInARow(t *testing.T) {
	for _, path := range []string{"a.gz", "a.zst"} {
		r, err := NewReader(io.MultiReader(bytes.NewReader(pack(t, []byte("one "), path)), bytes.NewReader(pack(t, []byte("two"), path))))
		require.NoError(t, err)
		content, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, "one two", string(content))
		r.Close()
	}
}

func TestSkippableFrameAtTheBeginning(t *testing.T) {
	r, err := NewReader(io.MultiReader(strings.NewReader("\x53\x2a\x4d\x18\x02\x00\x00\x00xx"), bytes.NewReader(pack(t, []byte("text"), "a.zst"))))
	require.NoError(t, err)
	require.Equal(t, "zstd", r.Compression())
	content, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, "text", string(content))
	r.Close()
}

func TestFlushedTextIsReadWithoutTheEnd(t *testing.T) {
	for _, path := range []string{"a.gz", "a.zst"} {
		var out bytes.Buffer
		w, err := NewWriter(&out, path)
		require.NoError(t, err)
		_, err = io.WriteString(w, "kept")
		require.NoError(t, err)
		require.NoError(t, w.Flush())
		flushed := bytes.Clone(out.Bytes())
		require.NoError(t, w.Close())
		r, err := NewReader(bytes.NewReader(flushed))
		require.NoError(t, err)
		content, err := io.ReadAll(r)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Equal(t, "kept", string(content))
		r.Close()
	}
}

func TestErrors(t *testing.T) {
	failure := errors.New("disk gone")
	for _, path := range []string{"a.gz", "a.zst"} {
		whole := pack(t, bytes.Repeat([]byte("some text. "), 1000), path)
		changed := bytes.Clone(whole)
		changed[len(changed)-3] ^= 1 // within the checksum of either
		for name, tc := range map[string]struct {
			in   io.Reader
			want error
		}{
			"cut off": {bytes.NewReader(whole[:len(whole)-1]), io.ErrUnexpectedEOF},
			"changed": {bytes.NewReader(changed), ErrDamaged},
			"failing": {io.MultiReader(bytes.NewReader(whole[:len(whole)-1]), iotest.ErrReader(failure)), failure},
		} {
			t.Run(name+" "+path, func(t *testing.T) {
				r, err := NewReader(tc.in)
				require.NoError(t, err)
				_, err = io.ReadAll(r)
				require.ErrorIs(t, err, tc.want)
				_, again := r.Read(make([]byte, 1))
				require.Equal(t, err, again, "the error stays")
				r.Close()
			})
		}
	}
	_, err := NewReader(iotest.ErrReader(failure))
	require.ErrorIs(t, err, failure)
	_, err = NewReader(strings.NewReader("\x1f\x8b\x08"))
	require.ErrorIs(t, err, ErrDamaged)
	_, err = NewReader(io.MultiReader(strings.NewReader("\x1f\x8b\x08\x00"), iotest.ErrReader(failure)))
	require.ErrorIs(t, err, failure)
}

// TestWindowIsBounded has a zstd frame that asks for a gigabyte of memory.
func TestWindowIsBounded(t *testing.T) {
	r, err := NewReader(strings.NewReader("\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00"))
	require.NoError(t, err)
	_, err = io.ReadAll(r)
	require.ErrorIs(t, err, ErrDamaged)
	r.Close()
}
