// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// seed is the begin of a dump's file: enough for the first frames.
func seed(f *testing.F, size int, path ...string) []byte {
	f.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	require.NoError(f, err)

	return b[:min(len(b), size)]
}

func FuzzIndex(f *testing.F) {
	dir := makeDumps(f, fault{giveUp: at(0, 4, 1, lose)})
	for _, side := range []string{"push", "ingest-1"} {
		f.Add(seed(f, 2000, dir, side, indexFile))
	}
	f.Add([]byte(`{"dump":{"version":2,"side":"push"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := readIndex(bytes.NewReader(b))
		if err != nil {
			require.ErrorIs(t, err, ErrFormat)

			return
		}
		require.Equal(t, version, x.header.Version)
		for _, track := range x.tracks {
			require.Equal(t, filepath.Base(track.File), track.File)
		}
	})
}

// FuzzVerify compares dumps of which everything may be anything.
func FuzzVerify(f *testing.F) {
	dir := makeDumps(f, fault{arrived: at(0, 3, 1, lose)})
	f.Add(
		seed(f, 2000, dir, "push", indexFile), seed(f, 6000, dir, "push", packetsFile), seed(f, 6000, dir, "push", "source-0.h264"),
		seed(f, 2000, dir, "ingest-1", indexFile), seed(f, 6000, dir, "ingest-1", packetsFile),
	)
	f.Fuzz(func(t *testing.T, index, packets, frames, otherIndex, otherPackets []byte) {
		file := func(b []byte) *fstest.MapFile { return &fstest.MapFile{Data: b} }
		all, err := openDir(fstest.MapFS{
			"push/" + indexFile: file(index), "push/" + packetsFile: file(packets), "push/source-0.h264": file(frames),
			"ingest-1/" + indexFile: file(otherIndex), "ingest-1/" + packetsFile: file(otherPackets), "ingest-1/reassembled-0.h264": file(frames),
		}, "dir")
		defer func() {
			for _, r := range all {
				r.close()
			}
		}()
		if err != nil {
			return
		}
		r, err := verify(all)
		if err != nil {
			return
		}
		var frameSum int64
		for i := range r.Tracks {
			frameSum += r.Tracks[i].Equal
		}
		require.Equal(t, r.Compared, frameSum)
		require.Equal(t, r.Equal, r.First == nil)
		if r.First != nil {
			require.NotEmpty(t, r.First.String())
		}
	})
}
