// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"bytes"
	"context"
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/ingest"
	"github.com/rtmcc/rtmcc/sender"
	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/sender/session"
	"github.com/rtmcc/rtmcc/testdata"
)

func clip(ctx context.Context) (media.Source, error) {
	return media.OpenReader(ctx, bytes.NewReader(testdata.Clip), testdata.ClipName)
}

func TestClipOverLoopback(t *testing.T) {
	loopback := func(e *webrtc.SettingEngine) { e.SetIncludeLoopbackCandidate(true) }
	record := filepath.Join(t.TempDir(), "out.ts")
	server, err := ingest.Start(ingest.Config{Token: "secret", Record: record, LoggerFactory: quiet(), ConfigureSettingEngine: loopback})
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Close()) }()
	cfg := sender.Default()
	cfg.BWE.StartBitrate = 2 * bwe.Mbps
	summary, err := session.Push(t.Context(), session.Options{
		URL: server.URL(), Token: "secret", Open: clip, Duration: time.Second, Config: cfg,
		LoggerFactory: quiet(), ConfigureSettingEngine: loopback,
	})
	require.NoError(t, err)
	got := server.Sessions()[0]
	t.Logf("sent %+v", summary)
	t.Logf("received %+v", got)
	require.EqualValues(t, 30, summary.VideoFramesSent)
	require.Zero(t, summary.FramesDropped)
	require.Equal(t, summary.FramesSent, got.RecordedFrames)
	require.Equal(t, summary.VideoFramesSent, got.VideoFrames)
	require.Equal(t, summary.AudioFramesSent, got.AudioFrames)
	require.Equal(t, "transport-cc", summary.Feedback)
	require.Equal(t, ingest.StateEnded, got.State)
}

// overPath pushes a source over a path to the reference ingest.
func overPath(t *testing.T, up *path, open func(context.Context) (media.Source, error), length time.Duration) (session.Summary, ingest.SessionStats, []bwe.Bitrate) {
	t.Helper()
	n := newNetwork(t)
	down := &path{delay: up.delay}
	server, err := ingest.New(ingest.Config{LoggerFactory: quiet(), ConfigureSettingEngine: on(&shaped{n.server, down})})
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Close()) }()
	var estimates []bwe.Bitrate
	cfg := sender.Default()
	cfg.BWE.StartBitrate = bwe.Mbps
	d := &diary{t: t}
	summary, err := session.Push(t.Context(), session.Options{
		URL: "http://ingest.example/whip/live", Open: open, Loop: true, Duration: length, Config: cfg,
		HTTPClient: &http.Client{Transport: inProcess{server.Handler()}}, Observer: d.observe,
		OnStatus:      func(s session.Status) { estimates = append(estimates, s.Estimate) },
		LoggerFactory: quiet(), ConfigureSettingEngine: on(&shaped{n.pusher, up}),
	})
	require.NoError(t, err)
	require.Zero(t, summary.Reconnects)
	require.Empty(t, d.texts)
	require.GreaterOrEqual(t, len(estimates), int(length/time.Second))
	sessions := server.Sessions()
	require.Len(t, sessions, 1)
	require.Equal(t, ingest.StateEnded, sessions[0].State)
	t.Logf("sent %+v", summary)
	t.Logf("received %+v", sessions[0])
	t.Logf("estimates %v; %d datagrams, %d lost, queue at most %v", estimates, up.sent, up.lost, up.longest)

	return summary, sessions[0], estimates
}

func lossyPath() *path {
	return &path{
		rate: 1200 * bwe.Kbps, delay: 40 * time.Millisecond, queue: 300 * time.Millisecond,
		loss: 0.02, seed: 1, clear: 80,
	}
}

// scripted is a source of 600 kbps of video and 64 kbps of audio.
func scripted(context.Context) (media.Source, error) {
	s := newScript(time.Minute, h264Track(), opusTrack())
	s.frameSize = 2500

	return s, nil
}

// TestLossyPath: 20 s over 1.2 Mbps, 40 ms one way, 2 % loss. What was lost arrives
// by retransmission.
func TestLossyPath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := lossyPath()
		summary, got, estimates := overPath(t, up, scripted, 20*time.Second)
		require.EqualValues(t, 600, summary.VideoFramesSent)
		require.EqualValues(t, 1000, summary.AudioFramesSent)
		require.Zero(t, summary.FramesDropped)
		require.EqualValues(t, 600, got.VideoFrames)
		require.EqualValues(t, 1000, got.AudioFrames)
		require.Zero(t, got.PacketsLost)
		require.Greater(t, up.lost, up.sent/100)
		require.Greater(t, summary.PacketsRetransmitted, uint64(up.lost/2))
		for i, e := range estimates[3:] {
			require.Greater(t, e, 664*bwe.Kbps, "second %d", i+3)
			require.Less(t, e, 1500*bwe.Kbps, "second %d", i+3)
		}
		require.InDelta(t, 80, summary.RTTMs, 70)
	})
}

// TestEstimateFollowsTheLink: the link halves for 20 s and comes back.
func TestEstimateFollowsTheLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := lossyPath()
		time.AfterFunc(20*time.Second, func() { up.setRate(600 * bwe.Kbps) })
		time.AfterFunc(40*time.Second, func() { up.setRate(1200 * bwe.Kbps) })
		summary, got, estimates := overPath(t, up, scripted, time.Minute)
		for i, e := range estimates[23:39] {
			require.Less(t, e, 660*bwe.Kbps, "second %d", i+23)
			require.Greater(t, e, 150*bwe.Kbps, "second %d", i+23)
		}
		require.Greater(t, estimates[57], 660*bwe.Kbps)
		require.EqualValues(t, 3000, summary.AudioFramesSent)
		require.EqualValues(t, 1800, summary.VideoFramesSent+summary.FramesDropped)
		require.Positive(t, summary.FramesDropped, "what does not fit is dropped before it is sent")
		require.InDelta(t, summary.FramesSent, got.FramesReceived, 0.01*float64(summary.FramesSent))
	})
}

// TestClipOverLossyPath: the bundled clip, whose key frames are far above its mean,
// takes 0.93 of the 1.2 Mbps, and every frame of it arrives.
func TestClipOverLossyPath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		summary, got, estimates := overPath(t, lossyPath(), clip, 20*time.Second)
		require.EqualValues(t, 600, summary.VideoFramesSent)
		require.Zero(t, summary.FramesDropped)
		require.Equal(t, summary.VideoFramesSent, got.VideoFrames)
		require.Equal(t, summary.AudioFramesSent, got.AudioFrames)
		require.Equal(t, got.FramesReceived, got.FramesDecodable)
		require.Zero(t, got.PacketsLost)
		for i, e := range estimates[3:] {
			require.InDelta(t, float64(1150*bwe.Kbps), float64(e), 250*float64(bwe.Kbps), "second %d", i+3)
		}
	})
}
