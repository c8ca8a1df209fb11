// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

//go:build unix

package formats

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o600))

	return path
}

func TestPipesAreRead(t *testing.T) {
	path := pipe(t)
	go func() {
		if out, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			_, _ = out.WriteString("some text")
			_ = out.Close()
		}
	}()
	f, err := OpenFile(t.Context(), path)
	require.NoError(t, err)
	require.Zero(t, f.Size())
	text, err := io.ReadAll(f)
	require.NoError(t, err)
	require.Equal(t, "some text", string(text))
	require.NoError(t, f.Close())
}

func TestPipeThatNobodyOpensEndsWithItsContext(t *testing.T) {
	path := pipe(t)
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	_, err := OpenContext(ctx, path, Options{})
	require.ErrorIs(t, err, context.Canceled)
	letGo(t, path)
}

// letGo ends the wait of one that opens a pipe to read it, now or soon.
func letGo(t *testing.T, path string) {
	t.Helper()
	for {
		// It fails for as long as nobody waits.
		out, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err == nil {
			require.NoError(t, out.Close())

			return
		}
		require.ErrorIs(t, err, syscall.ENXIO)
		runtime.Gosched()
	}
}

func TestPipeThatNobodyWritesIntoEndsWithItsContext(t *testing.T) {
	path := pipe(t)
	ctx, cancel := context.WithCancel(t.Context())
	opened := make(chan *os.File, 1)
	go func() {
		out, _ := os.OpenFile(path, os.O_WRONLY, 0)
		cancel()
		opened <- out
	}()
	_, err := OpenContext(ctx, path, Options{})
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, (<-opened).Close())
}
