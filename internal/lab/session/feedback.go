// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"time"

	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// FeedbackReason says what is wrong with the feedback.
type FeedbackReason string

// The reasons, in order.
const (
	// Silent: it is waited for too long in too much of the session.
	Silent FeedbackReason = "silent"
	// Sparse: it comes too seldom on average.
	Sparse FeedbackReason = "sparse"
	// Unreported: it never names too much of what was sent.
	Unreported FeedbackReason = "unreported"
	// NeverSent: it names packets that were never sent.
	NeverSent FeedbackReason = "never_sent"
)

// feedback is what is known of the feedback of a session; what is unknown is NaN.
type feedback struct {
	// silent is the part of the session in which it was waited for longer than it may be,
	// interval the mean time between two, in seconds, unreported the share of the packets
	// that none names, and neverSent that of the results for packets that were never sent.
	silent, interval, unreported, neverSent float64
}

func feedbackOf(t *timeline.Timeline, c *PathConfig) feedback {
	n := &t.Totals
	if n.PacketsSent == 0 || n.Feedbacks == 0 {
		return feedback{unknownFigure, unknownFigure, unknownFigure, unknownFigure}
	}
	silent := 0
	for _, s := range t.Silence {
		if s >= c.Silence.Seconds() {
			silent++
		}
	}
	results := n.PacketsReceived + n.PacketsLost + n.ResultsUnknown + n.ResultsRepeated

	return feedback{
		silent: ratio(int64(silent), int64(t.Bins())), interval: interval(t).Seconds(),
		unreported: ratio(n.PacketsUnreported, n.PacketsSent), neverSent: ratio(n.ResultsUnknown, results),
	}
}

// interval is the mean time between feedbacks while something was sent.
func interval(t *timeline.Timeline) time.Duration {
	active := 0
	for _, s := range t.Sent {
		if s > 0 {
			active++
		}
	}

	return time.Duration(active) * timeline.Bin / time.Duration(max(1, t.Totals.Feedbacks))
}

// reasons lists what is wrong with it.
func (f *feedback) reasons(c *PathConfig) []FeedbackReason {
	var out []FeedbackReason
	for _, r := range []struct {
		is     bool
		reason FeedbackReason
	}{
		{f.silent > c.SilentShare, Silent},
		{f.interval > c.Interval.Seconds(), Sparse},
		{f.unreported > c.Unreported, Unreported},
		{f.neverSent > c.Unknown, NeverSent},
	} {
		if r.is {
			out = append(out, r.reason)
		}
	}

	return out
}
