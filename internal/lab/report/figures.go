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
	add := func(name, help, format string, factor float64, values ...*float64) {
		known := make([]any, len(values))
		for i, v := range values {
			if v == nil {
				return
			}
			known[i] = factor * *v
		}
		out = append(out, figure{Name: name, Value: fmt.Sprintf(format, known...), Help: help})
	}
	rate := func(b *bwe.Bitrate, name, help string) {
		if b != nil {
			out = append(out, figure{Name: name, Value: b.String(), Help: help})
		}
	}
	rate(m.Sent, "sent", "All bytes that left, over the time of the session.")
	rate(m.Received, "received", "All bytes that were acknowledged, over the time of the session.")
	rate(m.EstimateMean, "estimate, mean", "What the controller held the path to carry.")
	rate(m.TargetMean, "target, mean", "What encoders were asked for.")
	add("utilisation", "What was received over what the path carried.", "%.0f %%", 100, m.Utilisation)
	add("one-way delay p50 / p95 / p99", "Above the least one of the last minute: what queues and jitter add. Quantiles over time, not over packets.",
		"%.0f / %.0f / %.0f ms", 1, m.Delay50, m.Delay95, m.Delay99)
	add("round trip, median", "From the departure of a packet to the feedback that acknowledged it: the median of the least of each tenth of a second.", "%.0f ms", 1, m.RTT)
	add("jitter", "Mean difference of the transit times of consecutive packets (RFC 3550).", "%.1f ms", 1, m.Jitter)
	add("loss", "Share of packets that were reported lost.", "%.2f %%", 100, m.Loss)
	add("feedback every", "Mean time between two feedbacks.", "%.0f ms", 1, m.FeedbackInterval)
	add("estimate's variation", "Standard deviation over mean.", "%.2f", 1, m.EstimateCV)
	add("falls of the estimate", "How often it fell by more than 15 % from its peak.", "%.1f /min", 1, m.Falls)
	add("target's variation", "Standard deviation over mean.", "%.2f", 1, m.TargetCV)
	add("watermark crossings", "How often the sent rate went from below 85 % of its mean to above 115 % (RFC 8868).", "%.1f /min", 1, m.Crossings)
	add("dropped frames", "Frames that were given up before they were sent.", "%.1f /min", 1, m.FrameDrops)
	add("freezes", "How often the picture stood.", "%.1f /min", 1, m.Freezes)

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
	switch e := &s.Episodes; {
	case e.Any():
		add("note", "episodes: %s", episodes(e))
	case s.Healthy():
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
		{s.Path.FeedbackTrouble, feedbackTrouble(s.Path.FeedbackReasons)}, {s.Path.Lossy, "lossy path"},
		{s.Path.Jittery, "jittery path"}, {s.Path.LowBandwidth, "low bandwidth"},
	} {
		if p.is {
			add("note", "%s", p.text)
		}
	}
	if s.Window.Any() {
		add("note", "of %s alone", s.Window)
	}
	for _, what := range s.Unknown {
		add("note", "no %s in the recording", what)
	}
	if n := s.Ignored; n > 0 {
		add("note", "%d events left out for their time", n)
	}
	if s.Damage.Truncated {
		add("note", "the recording is cut off")
	}
	if n := s.Damage.Records; n > 0 {
		add("note", "%d records could not be read", n)
	}

	return out
}

// feedbackTrouble names what is wrong with the feedback.
func feedbackTrouble(reasons []session.FeedbackReason) string {
	text := "feedback trouble"
	for i, r := range reasons {
		if i == 0 {
			text += ": "
		} else {
			text += ", "
		}
		text += words(string(r))
	}

	return text
}

// episodes counts what went wrong for a while.
func episodes(e *session.Episodes) string {
	var parts []string
	for _, kind := range []struct {
		of         *session.Episode
		one, other string
	}{
		{&e.SendingStalls, "sending stall", "sending stalls"}, {&e.FrozenPictures, "freeze", "freezes"},
		{&e.StandingQueues, "standing queue", "standing queues"}, {&e.LossBursts, "burst of loss", "bursts of loss"},
	} {
		if !kind.of.There() {
			continue
		}
		name := kind.other
		if *kind.of.Count == 1 {
			name = kind.one
		}
		parts = append(parts, fmt.Sprintf("%d %s", *kind.of.Count, name))
	}

	return strings.Join(parts, ", ")
}

// words makes words of a name.
func words(name string) string { return strings.ReplaceAll(name, "_", " ") }
