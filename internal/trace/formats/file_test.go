// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package formats

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestFilesHaveASize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte("some text"), 0o600))
	f, err := OpenFile(t.Context(), path)
	require.NoError(t, err)
	require.EqualValues(t, 9, f.Size())
	text, err := io.ReadAll(f)
	require.NoError(t, err)
	require.Equal(t, "some text", string(text))
	require.NoError(t, f.Close())

	_, err = OpenFile(t.Context(), filepath.Dir(path))
	require.ErrorContains(t, err, "is a directory, give a file in it")
	_, err = OpenFile(t.Context(), path+"s")
	require.ErrorIs(t, err, os.ErrNotExist)
	device, err := OpenFile(t.Context(), os.DevNull)
	require.NoError(t, err)
	require.Zero(t, device.Size())
	text, err = io.ReadAll(device)
	require.NoError(t, err)
	require.Empty(t, text)
	require.NoError(t, device.Close())
}

func TestInterruptibleReadersGiveAll(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef!"), 3*readAhead/16)
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"whole":              func(r io.Reader) io.Reader { return r },
		"halves":             iotest.HalfReader,
		"error with content": iotest.DataErrReader,
	} {
		require.NoError(t, iotest.TestReader(Interruptible(t.Context(), wrap(bytes.NewReader(content))), content), name)
	}
	got, err := io.ReadAll(Interruptible(t.Context(), iotest.TimeoutReader(iotest.HalfReader(bytes.NewReader(content)))))
	require.ErrorIs(t, err, iotest.ErrTimeout)
	require.Equal(t, content[:len(got)], got)
	require.NotEmpty(t, got)
}

func TestInterruptibleReadersEndWithTheirContext(t *testing.T) {
	waiting, release := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	r := Interruptible(ctx, waiting)
	go func() { _, _ = release.Write([]byte("first")) }()
	buffer := make([]byte, 3)
	n, err := r.Read(buffer)
	require.NoError(t, err)
	require.Equal(t, "fir", string(buffer[:n]))
	cancel()
	_, err = r.Read(buffer)
	require.ErrorIs(t, err, context.Canceled)

	ctx, cancel = context.WithCancel(t.Context())
	go cancel()
	_, err = Interruptible(ctx, waiting).Read(buffer)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, release.Close())
}
