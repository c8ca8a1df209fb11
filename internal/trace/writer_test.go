// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

func TestWriterBeginsWithTheHeader(t *testing.T) {
	text := record(t, func(bwe.Observer) {})
	require.True(t, strings.HasSuffix(text, "}\n"))
	require.JSONEq(t, `{"rtmcc_trace":1,"tool":"rtmcc test","start":"2026-11-21T14:00:00Z"}`, text)
}

func TestWriterHeaderWithAnImpossibleStart(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out, Header{Start: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)})
	require.NoError(t, w.Close())
	_, err := NewReader(&out)
	require.NoError(t, err)
}

// gate is a destination that blocks until it is opened.
type gate struct {
	open chan struct{}
	mu   sync.Mutex
	out  bytes.Buffer
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()

	return g.out.Write(p)
}

func (g *gate) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()

	return g.out.String()
}

func TestWriterFlushesOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &gate{open: make(chan struct{})}
		close(out.open)
		w := NewWriter(out, header)
		w.Observe(&bwe.Timer{At: bwe.Time(time.Second - 1)})
		synctest.Wait()
		require.Empty(t, out.String())
		w.Observe(&bwe.Timer{At: bwe.Time(time.Second)})
		synctest.Wait()
		require.Equal(t, 3, strings.Count(out.String(), "\n"))
		// Another loop has another clock.
		w.Observe(&bwe.Timer{At: 0})
		synctest.Wait()
		require.Equal(t, 4, strings.Count(out.String(), "\n"))
		require.NoError(t, w.Close())
		require.NoError(t, w.Close())
		w.Observe(&bwe.Timer{At: bwe.Time(time.Hour)})
		require.Equal(t, 4, strings.Count(out.String(), "\n"))
	})
}

func TestWriterNeverWaitsForItsDestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &gate{open: make(chan struct{})}
		w := NewWriter(out, header)
		var reported []error
		w.OnError(func(err error) { reported = append(reported, err) })
		ev := &bwe.Feedback{Results: make([]bwe.PacketResult, 10_000)}
		for range 2 * mostPending / len(appendEvent(nil, ev)) {
			w.Observe(ev)
		}
		close(out.open)
		require.ErrorIs(t, w.Close(), ErrSlow)
		require.Equal(t, []error{ErrSlow}, reported)
	})
}

func TestWriterWaitsWhereItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &gate{open: make(chan struct{})}
		w := NewWriter(out, header)
		w.Wait()
		ev := &bwe.Feedback{Results: make([]bwe.PacketResult, 10_000)}
		n := 2 * mostPending / len(appendEvent(nil, ev))
		seen := 0
		go func() {
			for range n {
				w.Observe(ev)
				seen++
			}
		}()
		synctest.Wait()
		require.Less(t, seen, n, "there is no room for all")
		close(out.open)
		synctest.Wait()
		require.Equal(t, n, seen)
		require.NoError(t, w.Close())
	})

	failed := NewWriter(failing{errors.New("disk full")}, header)
	failed.Wait()
	ev := &bwe.Feedback{Results: make([]bwe.PacketResult, 10_000)}
	for range 2 * mostPending / len(appendEvent(nil, ev)) {
		failed.Observe(ev)
	}
	require.ErrorContains(t, failed.Close(), "disk full")
}

type failing struct{ err error }

func (f failing) Write(p []byte) (int, error) { return len(p) / 2, f.err }

func TestWriterReportsTheFirstErrorOnce(t *testing.T) {
	failure := errors.New("disk full")
	for _, tc := range []struct{ err, want error }{{failure, failure}, {nil, io.ErrShortWrite}} {
		synctest.Test(t, func(t *testing.T) {
			w := NewWriter(failing{tc.err}, header)
			var reported []error
			w.OnError(func(err error) { reported = append(reported, err) })
			for i := range 10 {
				w.Observe(&bwe.Timer{At: bwe.Time(i) * bwe.Time(time.Second)})
				synctest.Wait()
			}
			require.Equal(t, []error{tc.want}, reported)
			require.ErrorIs(t, w.Close(), tc.want)
			require.Len(t, reported, 1)
		})
	}
}

func TestFiles(t *testing.T) {
	for _, name := range []string{"t.jsonl", "t.jsonl.gz", "T.GZ", "t.jsonl.zst", "T.ZST"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			f, err := Create(path, header)
			require.NoError(t, err)
			steady(f.Observe)
			require.NoError(t, f.Close())

			content, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, strings.HasSuffix(strings.ToLower(name), ".gz"), content[0] == 0x1f)
			require.Equal(t, strings.HasSuffix(strings.ToLower(name), ".zst"), content[0] == 0x28)

			r, closer, err := Open(path)
			require.NoError(t, err)
			result, err := Replay(r, nil)
			require.NoError(t, err)
			require.NoError(t, closer.Close())
			require.True(t, result.Identical())
			require.False(t, result.Truncated)
			require.Equal(t, 1, result.Loops)
		})
	}
}

func TestFileThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	made, err := Create(filepath.Join(dir, "made", "t.jsonl"), header)
	require.NoError(t, err, "missing folders are made")
	require.NoError(t, made.Close())
	_, err = Create(filepath.Join(dir, "made", "t.jsonl", "t.jsonl"), header)
	require.ErrorContains(t, err, "cannot write the trace")
	_, _, err = Open(filepath.Join(dir, "t.jsonl"))
	require.ErrorIs(t, err, os.ErrNotExist)

	damaged := filepath.Join(dir, "damaged.gz")
	require.NoError(t, os.WriteFile(damaged, []byte{0x1f, 0x8b, 1, 2, 3}, 0o600))
	_, _, err = Open(damaged)
	require.ErrorIs(t, err, ErrFormat)
	require.ErrorContains(t, err, "damaged.gz")
	require.ErrorContains(t, err, "damaged gzip file")
}

func TestCompressedFileCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.gz")
	var whole bytes.Buffer
	gz := gzip.NewWriter(&whole)
	w := NewWriter(gz, header)
	steady(w.Observe)
	require.NoError(t, w.Close())
	// Without gz.Close, as a killed program leaves it.
	require.NoError(t, os.WriteFile(path, whole.Bytes(), 0o600))
	r, closer, err := Open(path)
	require.NoError(t, err)
	result, err := Replay(r, nil)
	require.NoError(t, err)
	require.NoError(t, closer.Close())
	require.True(t, result.Identical())
	require.True(t, result.Truncated)
	require.Equal(t, 4, strings.Count(record(t, steady), `"e":"feedback"`))
	require.Equal(t, 20+20+4+1, result.Inputs)
}
