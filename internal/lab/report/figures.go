// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package report

import (
	"fmt"
	"strings"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/lab/session"
)

// figure is a quantity of a summary.
type figure struct {
	Name, Value string
	// Help says what it means.
	Help string
}

func figures(s *session.Summary) []figure {
	m := &s.Metrics
	var out []figure
	add := func(known bool, name, help, format string, values ...any) {
		if known {
			out = append(out, figure{Name: name, Value: fmt.Sprintf(format, values...), Help: help})
		}
	}
	rate := func(b bwe.Bitrate, name, help string) { add(b > 0, name, help, "%s", b) }
	rate(m.Sent, "sent", "All bytes that left, over the time of the session.")
	rate(m.Received, "received", "All bytes that were acknowledged, over the time of the session.")
	rate(m.EstimateMean, "estimate, mean", "What the controller held the path to carry.")
	rate(m.TargetMean, "target, mean", "What encoders were asked for.")
	add(m.Utilisation >= 0, "utilisation", "What was received over what the path carried.", "%.0f %%", 100*m.Utilisation)
	add(true, "one-way delay p50 / p95 / p99", "Above the least one of the last minute: what queues and jitter add.",
		"%.0f / %.0f / %.0f ms", m.Delay50, m.Delay95, m.Delay99)
	add(m.RTT > 0, "round trip, median", "From the departure of a packet to the feedback that acknowledged it.", "%.0f ms", m.RTT)
	add(true, "jitter", "Mean difference of the transit times of consecutive packets (RFC 3550).", "%.1f ms", m.Jitter)
	add(true, "loss", "Share of packets that were reported lost.", "%.2f %%", 100*m.Loss)
	add(m.FeedbackInterval > 0, "feedback every", "Mean time between two feedbacks.", "%.0f ms", m.FeedbackInterval)
	add(m.EstimateMean > 0, "estimate's variation", "Standard deviation over mean.", "%.2f", m.EstimateCV)
	add(m.EstimateMean > 0, "falls of the estimate", "How often it fell by more than 15 % from its peak.", "%.1f /min", m.Falls)
	add(m.TargetMean > 0, "target's variation", "Standard deviation over mean.", "%.2f", m.TargetCV)
	add(true, "watermark crossings", "How often the sent rate went from below 85 % of its mean to above 115 % (RFC 8868).", "%.1f /min", m.Crossings)
	// Recordings without a target have no frames either, and few know the player's freezes.
	add(m.TargetMean > 0 || m.FrameDrops > 0, "dropped frames", "Frames that were given up before they were sent.", "%.1f /min", m.FrameDrops)
	add(m.Freezes > 0, "freezes", "How often the picture stood.", "%.1f /min", m.Freezes)

	return out
}

// verdict is a finding in a few words.
type verdict struct {
	// Kind is good, bad or note.
	Kind, Text string
}

func verdicts(s *session.Summary) []verdict {
	if s.Error != "" {
		return []verdict{{Kind: "bad", Text: "not judged: " + s.Error}}
	}
	var out []verdict
	add := func(kind, format string, values ...any) {
		out = append(out, verdict{Kind: kind, Text: fmt.Sprintf(format, values...)})
	}
	if s.Healthy() {
		add("good", "healthy")
	}
	if e := &s.Estimate; e.Oscillates {
		cause := ""
		if e.Cause != session.NoCause {
			cause = " by " + words(string(e.Cause))
		}
		add("bad", "estimate oscillates%s", cause)
	}
	if t := &s.Target; t.Oscillates {
		alone := ""
		if t.Alone {
			alone = ", the estimate does not"
		}
		add("bad", "target oscillates%s", alone)
	}
	if c := &s.Capped; c.Present {
		add("bad", "held at %s, with an estimate of %s", c.Ceiling, c.Estimate)
	}
	for _, p := range []struct {
		is   bool
		text string
	}{
		{s.Path.FeedbackTrouble, "feedback trouble"}, {s.Path.Lossy, "lossy path"},
		{s.Path.Jittery, "jittery path"}, {s.Path.LowBandwidth, "low bandwidth"},
	} {
		if p.is {
			add("note", "%s", p.text)
		}
	}
	for _, what := range s.Unknown {
		add("note", "no %s in the recording", what)
	}
	if s.Damage.Truncated {
		add("note", "the recording is cut off")
	}
	if n := s.Damage.Records; n > 0 {
		add("note", "%d records could not be read", n)
	}

	return out
}

// words makes words of a name.
func words(name string) string { return strings.ReplaceAll(name, "_", " ") }
