// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAResultBearsItsNameOnceItIsWhole(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "out")
	require.NoError(t, os.WriteFile(path, []byte("before"), 0o600))
	names := func() int {
		entries, err := os.ReadDir(folder)
		require.NoError(t, err)

		return len(entries)
	}
	for _, whole := range []bool{false, true} {
		f, err := createResult(path)
		require.NoError(t, err)
		_, err = f.WriteString("after")
		require.NoError(t, err)
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "before", string(text))
		if whole {
			require.NoError(t, f.finish())
		} else {
			f.abandon()
		}
		require.Equal(t, 1, names(), "nothing else is left")
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "after", string(text))
	_, err = createResult(filepath.Join(path, "out"))
	require.ErrorContains(t, err, "cannot write")
	f, err := createResult(filepath.Join(folder, "new", "er", "out"))
	require.NoError(t, err)
	require.NoError(t, f.finish())
	require.FileExists(t, filepath.Join(folder, "new", "er", "out"), "missing folders are made")
}

func TestAResultThatCannotGetItsNameIsRemoved(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "taken")
	require.NoError(t, os.Mkdir(path, 0o750))
	f, err := createResult(path)
	require.NoError(t, err)
	require.Error(t, f.finish())
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestDevicesAreWrittenToAsTheyAre(t *testing.T) {
	f, err := createResult(os.DevNull)
	require.NoError(t, err)
	_, err = f.WriteString("text")
	require.NoError(t, err)
	require.NoError(t, f.finish())
	info, err := os.Stat(os.DevNull)
	require.NoError(t, err)
	require.False(t, info.Mode().IsRegular())
}

func TestTwoRunsDoNotMixTheirFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	first, err := createResult(path)
	require.NoError(t, err)
	_, err = first.WriteString("first")
	require.NoError(t, err)
	require.NoError(t, first.Flush())
	second, err := createResult(path)
	require.NoError(t, err)
	_, err = second.WriteString("second")
	require.NoError(t, err)
	// The older one gives up, whole as it is, and leaves the newer one its file.
	require.ErrorIs(t, first.finish(), errTaken)
	require.NoFileExists(t, path)
	require.NoError(t, second.finish())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "second", string(text))

	third, err := createResult(path)
	require.NoError(t, err)
	fourth, err := createResult(path)
	require.NoError(t, err)
	third.abandon()
	require.FileExists(t, path+partial, "it is the fourth one's")
	require.NoError(t, fourth.finish())
	require.NoFileExists(t, path+partial)
}
