// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package corpus

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func walked(t *testing.T, paths ...string) []File {
	t.Helper()
	var all []File
	require.NoError(t, Walk(t.Context(), paths, func(f File) error {
		all = append(all, f)

		return nil
	}))

	return all
}

func TestWalkVisitsInOrder(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"b/2", "b/1", "a", "c/d/e"} {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte(name), 0o600))
	}
	var names []string
	for _, f := range walked(t, filepath.Join(folder, "c")+"/", folder, filepath.Join(folder, "a")) {
		require.NoError(t, f.Err)
		require.Empty(t, f.Skip)
		require.Positive(t, f.Size)
		require.False(t, f.Modified.IsZero())
		name, err := filepath.Rel(folder, f.Path)
		require.NoError(t, err)
		names = append(names, filepath.ToSlash(name))
		require.Equal(t, len(names) == 6, f.Named)
	}
	require.Equal(t, []string{"c/d/e", "a", "b/1", "b/2", "c/d/e", "a"}, names)
	files, size, err := Count(t.Context(), []string{folder}, nil)
	require.NoError(t, err)
	require.EqualValues(t, 4, files)
	require.EqualValues(t, len("b/2")+len("b/1")+len("a")+len("c/d/e"), size)
	require.Empty(t, walked(t, t.TempDir()))
}

func TestWalkFollowsLinksButNotInCircles(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "file"), []byte("x"), 0o600))
	require.NoError(t, os.Symlink("file", filepath.Join(folder, "link")))
	require.NoError(t, os.Symlink(".", filepath.Join(folder, "loop")))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(folder, "lost")))
	socket, err := net.Listen("unix", filepath.Join(folder, "socket"))
	require.NoError(t, err)
	defer func() { _ = socket.Close() }()
	got := walked(t, folder)
	require.Len(t, got, 5)
	require.EqualValues(t, 1, got[1].Size)
	require.Equal(t, FolderLink, got[2].Skip)
	require.ErrorIs(t, got[3].Err, os.ErrNotExist)
	require.Equal(t, NoFile, got[4].Skip)
	named := walked(t, filepath.Join(folder, "socket"), filepath.Join(folder, "file"))
	require.Empty(t, named[0].Skip, "what is named is read")
	require.True(t, named[0].Stream)
	require.False(t, named[1].Stream)
	require.Len(t, walked(t, filepath.Join(folder, "loop")), 5, "a link that is named is followed")
}

func TestWalkSaysWhatCannotBeRead(t *testing.T) {
	got := walked(t, filepath.Join(t.TempDir(), "gone"))
	require.Len(t, got, 1)
	require.ErrorIs(t, got[0].Err, os.ErrNotExist)
	require.True(t, got[0].Named)
}

func TestWalkEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	visits := 0
	require.ErrorIs(t, Walk(ctx, []string{corpusOf(t)}, func(File) error {
		visits++
		cancel()

		return nil
	}), context.Canceled)
	require.Equal(t, 1, visits)
}
