// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package corpus analyses many recordings and counts what is wrong with them.
package corpus

import (
	"slices"

	"github.com/rtmcc/rtmcc/internal/lab/session"
)

// Tally counts what was found in a set of sessions. Tallies of parts of a corpus add up
// to that of the whole, in any order. The zero value is empty.
type Tally struct {
	Classes map[session.Class]*Counts `json:"classes"`
	// Failed counts the recordings that could not be judged.
	Failed int64 `json:"failed"`
	// Skipped counts what was passed over, for being no recording.
	Skipped map[Reason]int64 `json:"skipped,omitempty"`
}

// Counts are those of one class of paths.
type Counts struct {
	Sessions int64 `json:"sessions"`
	// Milliseconds is the length of all sessions. Integers add up alike in any order.
	Milliseconds int64 `json:"milliseconds"`
	Healthy      int64 `json:"healthy"`
	// Episodes counts the healthy sessions in which something went wrong for a while.
	Episodes int64 `json:"healthy_with_episodes"`
	// Estimate counts sessions whose estimate oscillates, by cause.
	Estimate map[session.Cause]int64 `json:"estimate_oscillates"`
	// Target counts sessions whose target oscillates, TargetAlone those of them whose
	// estimate does not.
	Target      int64 `json:"target_oscillates"`
	TargetAlone int64 `json:"target_alone"`
	Capped      int64 `json:"capped"`
	// LowBandwidth to FeedbackTrouble count sessions by what their path was like, of
	// which several may hold.
	LowBandwidth    int64 `json:"low_bandwidth"`
	Lossy           int64 `json:"lossy"`
	Jittery         int64 `json:"jittery"`
	FeedbackTrouble int64 `json:"feedback_trouble"`
	// EstimateUnknown and TargetUnknown count sessions whose recording does not have
	// the one or the other, so that nothing could be found in it.
	EstimateUnknown int64 `json:"estimate_unknown"`
	TargetUnknown   int64 `json:"target_unknown"`
}

// What [session.Summary] lists as unknown.
const (
	noEstimate = "estimate"
	noTarget   = "target"
)

// Add counts a session.
func (t *Tally) Add(s *session.Summary) {
	if s.Error != "" {
		t.Failed++

		return
	}
	c := t.class(s.Class)
	c.Sessions++
	c.Milliseconds += int64(s.Duration*1000 + 0.5)
	count := func(n *int64, is bool) {
		if is {
			*n++
		}
	}
	count(&c.Healthy, s.Healthy())
	count(&c.Episodes, s.Healthy() && s.Episodes.Any())
	if s.Estimate.Oscillates {
		c.Estimate[s.Estimate.Cause]++
	}
	count(&c.Target, s.Target.Oscillates)
	count(&c.TargetAlone, s.Target.Oscillates && s.Target.Alone)
	count(&c.Capped, s.Capped.Present)
	count(&c.LowBandwidth, s.Path.LowBandwidth)
	count(&c.Lossy, s.Path.Lossy)
	count(&c.Jittery, s.Path.Jittery)
	count(&c.FeedbackTrouble, s.Path.FeedbackTrouble)
	count(&c.EstimateUnknown, slices.Contains(s.Unknown, noEstimate))
	count(&c.TargetUnknown, slices.Contains(s.Unknown, noTarget))
}

// Skip counts what was passed over.
func (t *Tally) Skip(why Reason) { t.skip(why, 1) }

func (t *Tally) skip(why Reason, n int64) {
	if t.Skipped == nil {
		t.Skipped = make(map[Reason]int64)
	}
	t.Skipped[why] += n
}

// Merge adds the counts of another tally, which it leaves as they are.
func (t *Tally) Merge(o *Tally) {
	t.Failed += o.Failed
	for why, n := range o.Skipped {
		t.skip(why, n)
	}
	for class, from := range o.Classes {
		c := t.class(class)
		theirs := from.figures()
		for i, n := range c.figures() {
			*n += *theirs[i]
		}
		for cause, n := range from.Estimate {
			c.Estimate[cause] += n
		}
	}
}

func (t *Tally) class(name session.Class) *Counts {
	if t.Classes == nil {
		t.Classes = make(map[session.Class]*Counts)
	}
	c := t.Classes[name]
	if c == nil {
		c = &Counts{}
		t.Classes[name] = c
	}
	if c.Estimate == nil {
		c.Estimate = make(map[session.Cause]int64)
	}

	return c
}

func (c *Counts) figures() []*int64 {
	return []*int64{
		&c.Sessions, &c.Milliseconds, &c.Healthy, &c.Episodes, &c.Target, &c.TargetAlone, &c.Capped, &c.LowBandwidth, &c.Lossy, &c.Jittery,
		&c.FeedbackTrouble, &c.EstimateUnknown, &c.TargetUnknown,
	}
}
