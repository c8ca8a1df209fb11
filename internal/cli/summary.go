// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender/session"
)

// printSummaryJSON prints the last line of --json.
func printSummaryJSON(out io.Writer, s *session.Summary) error {
	return json.NewEncoder(out).Encode(struct {
		Summary *session.Summary `json:"summary"`
	}{s})
}

// printSummary prints what a person wants to know at the end.
func printSummary(out io.Writer, s *session.Summary) error {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-9s "+format+"\n", append([]any{name}, args...)...)
	}
	average := bwe.Bitrate(0)
	if s.DurationS > 0 {
		average = bwe.Bitrate(float64(s.BytesSent) * 8 / s.DurationS)
	}
	row("pushed", "%.1f s, %s, %v on average", s.DurationS, megabytes(s.BytesSent), average)
	row("frames", "%d sent (%d video, %d audio)%s, %d dropped%s",
		s.FramesSent, s.VideoFramesSent, s.AudioFramesSent, received(s.FramesReceived), s.FramesDropped, drops(s))
	row("packets", "%d sent, %d retransmitted, %d FEC, %d padding; 99 %% less than %.1f ms late",
		s.PacketsSent, s.PacketsRetransmitted, s.FECPackets, s.PaddingPackets, s.LateP99Ms)
	row("bitrates", "estimate %v, target %v", s.Estimate, s.Target)
	row("path", "rtt %.0f ms, loss %s, pacer queue %.0f ms, feedback %s", s.RTTMs, percent(s.Loss), s.QueueMs, cmp.Or(s.Feedback, "none"))
	if s.Rendition != "" {
		row("video", "%d switches, last %s", s.RenditionSwitches, s.Rendition)
	}
	if s.Reconnects > 0 {
		row("link", "%d reconnects", s.Reconnects)
	}
	_, err := io.WriteString(out, b.String())

	return err
}

func received(frames *uint64) string {
	if frames == nil {
		return ""
	}

	return fmt.Sprintf(", %d received", *frames)
}

// drops lists the reasons, in alphabetical order.
func drops(s *session.Summary) string {
	if s.FramesDropped == 0 {
		return ""
	}
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(s.Drops)) {
		parts = append(parts, fmt.Sprintf("%s %d", reason, s.Drops[reason]))
	}

	return " (" + strings.Join(parts, ", ") + ")"
}

func megabytes(n uint64) string { return fmt.Sprintf("%.2f MB", float64(n)/1e6) }
