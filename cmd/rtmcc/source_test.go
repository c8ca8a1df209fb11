// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/sender/media/x264"
)

// summaryOf reads the last line of --json.
func summaryOf(t *testing.T, r *result) map[string]any {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(r.out.String()), "\n")
	var last struct {
		Summary map[string]any `json:"summary"`
	}
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &last))

	return last.Summary
}

// TestPushRenditions pushes two files, of which loopback carries the higher one.
func TestPushRenditions(t *testing.T) {
	r := call(t, "", 0, "push", "--duration", "1s", "--json", "--start-bitrate", "2M", "--config", "testdata/patient.json",
		"--rendition", "../../testdata/rendition-high.ts@300k", "--rendition", "../../testdata/rendition-low.ts")
	require.Equal(t, exitOK, r.code, r.err.String())
	require.Regexp(t, `rendition rendition-low.ts: \d\d kbps\nrendition rendition-high.ts: 300 kbps\n`, r.err.String())
	require.Contains(t, r.err.String(), "sending rendition-high.ts\n")
	require.Contains(t, r.out.String(), `"rendition":"rendition-high.ts"`)
	s := summaryOf(t, r)
	require.Equal(t, "rendition-high.ts", s["rendition"])
	require.Zero(t, s["frames_dropped"])
	require.Equal(t, s["frames_sent"], s["frames_received"])
	require.InDelta(t, 30, s["video_frames_sent"], 2)
	require.InDelta(t, 50, s["audio_frames_sent"], 3)
}

func TestPushEncoded(t *testing.T) {
	if !x264.Available {
		r := call(t, "", 0, "push", "--encode", "x264", "../../testdata/clip.ts")
		require.Equal(t, exitFailed, r.code)
		require.Contains(t, r.err.String(), "built without libx264")
		require.Contains(t, r.err.String(), "-tags x264")

		return
	}
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not on PATH")
	}
	r := call(t, "", 0, "push", "--duration", "1s", "--json", "--encode", "x264", "../../testdata/clip-aac.mp4", "--config", "testdata/patient.json")
	require.Equal(t, exitOK, r.code, r.err.String())
	s := summaryOf(t, r)
	require.Equal(t, "640x360@30", s["rendition"])
	require.InDelta(t, 30, s["video_frames_sent"], 4)
	require.InDelta(t, 50, s["audio_frames_sent"], 3)
	require.Equal(t, s["frames_sent"], s["frames_received"])
}
