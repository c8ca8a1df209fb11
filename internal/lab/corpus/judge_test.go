// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package corpus

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/session"
	"github.com/rtmcc/rtmcc/internal/lab/timeline"
	"github.com/rtmcc/rtmcc/internal/trace/formats"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

func TestHoweverARecordingComesItIsJudgedAlike(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.jsonl.gz")
	record(t, path, 500)
	cfg := session.Default()
	want, signals, err := JudgeFile(t.Context(), path, cfg, timeline.Window{})
	require.NoError(t, err)
	require.Empty(t, want.Error)
	require.Equal(t, "rtmcc trace", want.Format)
	require.True(t, want.Start.Equal(time.Unix(1_700_000_000, 0)))
	require.InDelta(t, 50, want.Duration, 0.2)
	require.InDelta(t, 0.25, *want.Metrics.Loss, 0.01)
	require.Equal(t, 500, signals.Bins())

	text, err := os.ReadFile(path)
	require.NoError(t, err)
	got, err := JudgeReader(bytes.NewReader(text), path, cfg)
	require.NoError(t, err)
	require.Equal(t, want, got)
	src, err := formats.Open(path)
	require.NoError(t, err)
	require.Equal(t, want, Judge(src, path, cfg))
	require.NoError(t, src.Close())

	cut, err := JudgeReader(bytes.NewReader(text[:len(text)/2]), "cut", cfg)
	require.NoError(t, err)
	require.True(t, cut.Damage.Truncated, "what is damaged is judged by what is left")
	require.Positive(t, cut.Duration)
	_, err = JudgeReader(bytes.NewReader(nil), "", cfg)
	require.ErrorIs(t, err, formats.ErrUnknown)
}

func TestJudgeFileTellsWhatIsNoRecording(t *testing.T) {
	folder := corpusOf(t)
	_, _, err := JudgeFile(t.Context(), filepath.Join(folder, "README"), session.Default(), timeline.Window{})
	require.ErrorIs(t, err, formats.ErrUnknown)
	s, signals, err := JudgeFile(t.Context(), filepath.Join(folder, "gone"), session.Default(), timeline.Window{})
	require.NoError(t, err)
	require.Nil(t, signals)
	require.Equal(t, "cannot open it: no such file or directory", s.Error, "the name stands beside it")
	readme := filepath.Join(folder, "README")
	tally, err := Run(t.Context(), Options{Paths: []string{readme}, Config: session.Default(), Row: func(s *session.Summary) error {
		require.Equal(t, readme, s.Name)
		require.NotContains(t, s.Error, readme)
		require.Contains(t, s.Error, "unknown format")

		return nil
	}})
	require.NoError(t, err)
	require.EqualValues(t, 1, tally.Failed)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = JudgeFile(ctx, filepath.Join(folder, "day-0", "s06.jsonl"), session.Default(), timeline.Window{})
	require.ErrorIs(t, err, context.Canceled)
}

// failing is a recording on a disk that fails.
type failing struct {
	recording.Slice

	err error
}

func (f *failing) Next() (bwe.Event, error) {
	ev, err := f.Slice.Next()
	if errors.Is(err, io.EOF) {
		err = f.err
	}

	return ev, err
}

func TestRecordingsThatFailSayWhy(t *testing.T) {
	src := &failing{Slice: recording.Slice{Events: []bwe.Event{&bwe.SentPacket{Size: 100}}}, err: errors.New("the disk is on fire")}
	s := Judge(src, "name", session.Default())
	require.Equal(t, "name", s.Name)
	require.Equal(t, "the disk is on fire", s.Error)
	require.False(t, s.Healthy())

	late := &recording.Slice{About: recording.Info{Format: "f", Start: time.Date(20_000, 1, 1, 0, 0, 0, 0, time.UTC)}}
	s = Judge(late, "name", session.Default())
	require.Contains(t, s.Error, "cannot be written down")
	require.Zero(t, s.Start)
}

func TestEventsOutOfTimeAreCounted(t *testing.T) {
	src := &recording.Slice{Events: []bwe.Event{
		&bwe.SentPacket{At: -1, Size: 100}, &bwe.SentPacket{Size: 100}, &bwe.SentPacket{At: bwe.Time(timeline.MaxLength), Size: 100},
	}}
	require.EqualValues(t, 2, Judge(src, "name", session.Default()).Ignored)
}

func TestARecordingSaysWhetherItKnowsFreezes(t *testing.T) {
	for _, known := range []bool{true, false} {
		src := &recording.Slice{About: recording.Info{Freezes: known}, Events: []bwe.Event{&bwe.SentPacket{Size: 100}}}
		require.Equal(t, known, Judge(src, "name", session.Default()).Metrics.Freezes != nil)
	}
}

func TestTheRecorderMayBecomeKnownOnTheWay(t *testing.T) {
	src := &recording.Slice{About: recording.Info{Recorder: "GoogCC"}, Events: []bwe.Event{&recording.Target{Bitrate: 1}}}
	signals, err := read(t.Context(), src, timeline.Window{})
	require.NoError(t, err)
	require.Equal(t, "GoogCC", signals.Recorded.Name)
}
