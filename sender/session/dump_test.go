// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/dump"
	"github.com/rtmcc/rtmcc/internal/ingest"
	"github.com/rtmcc/rtmcc/sender"
	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/sender/session"
)

// dumpOver pushes over a path, with the dumps of both sides, and compares them.
func dumpOver(t *testing.T, up *path, open func(context.Context) (media.Source, error), cfg sender.Config, length time.Duration) (session.Summary, *dump.Report) {
	t.Helper()
	dir := t.TempDir()
	n := newNetwork(t)
	server, err := ingest.New(ingest.Config{
		LoggerFactory: quiet(), ConfigureSettingEngine: on(&shaped{n.server, &path{delay: up.delay}}),
		NewDump: func() (ingest.Dump, error) { return dump.NewIngest(dir, "test", nil) },
	})
	require.NoError(t, err)
	pushed, err := dump.NewPush(dir, "test", nil)
	require.NoError(t, err)
	summary, err := session.Push(t.Context(), session.Options{
		URL: "http://ingest.example/whip/live", Open: open, Loop: true, Duration: length, Config: cfg, Dump: pushed,
		HTTPClient:    &http.Client{Transport: inProcess{server.Handler()}},
		LoggerFactory: quiet(), ConfigureSettingEngine: on(&shaped{n.pusher, up}),
	})
	require.NoError(t, err)
	require.NoError(t, server.Close())
	require.NoError(t, pushed.Close())
	report, err := dump.Verify(dir)
	require.NoError(t, err)
	for i := range report.Tracks {
		t.Log(report.Tracks[i].Summary())
	}

	return summary, report
}

// TestDumpsOfAPushAreEqual: what is lost on the way and repaired is no difference.
func TestDumpsOfAPushAreEqual(t *testing.T) {
	for name, up := range map[string]*path{
		"without loss": {rate: 5 * bwe.Mbps, delay: 10 * time.Millisecond, queue: 300 * time.Millisecond},
		"with loss":    lossyPath(),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := sender.Default()
				cfg.BWE.StartBitrate = bwe.Mbps
				summary, report := dumpOver(t, up, clip, cfg, 4*time.Second)
				require.True(t, report.Equal, "%v", report.First)
				require.Empty(t, report.Notes)
				require.EqualValues(t, summary.FramesSent, report.Compared)
				require.Len(t, report.Tracks, 2)
				for i := range report.Tracks {
					require.Equal(t, map[dump.Stage]int64{dump.Reassembled: report.Tracks[i].Frames}, report.Tracks[i].Compared)
				}
			})
		})
	}
}

// TestDumpTellsDroppedFrames: what the path does not carry is dropped, not lost.
func TestDumpTellsDroppedFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := sender.Default()
		cfg.BWE.StartBitrate, cfg.BWE.MaxBitrate, cfg.RateControl.MaxBitrate = 250*bwe.Kbps, 250*bwe.Kbps, 250*bwe.Kbps
		up := &path{rate: 5 * bwe.Mbps, delay: 10 * time.Millisecond, queue: 300 * time.Millisecond}
		summary, report := dumpOver(t, up, clip, cfg, 4*time.Second)
		require.True(t, report.Equal, "%v", report.First)
		var dropped int64
		for _, n := range report.Tracks[0].Dropped {
			dropped += n
		}
		require.Positive(t, dropped)
		require.EqualValues(t, summary.FramesDropped, dropped)
	})
}
