// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package corpus

import "github.com/rtmcc/rtmcc/internal/lab/session"

// Share is a count and what part of all sessions it is, from 0 to 1.
type Share struct {
	Count int64   `json:"count"`
	Share float64 `json:"share"`
}

// Shares are [Counts] as parts of their sessions. Of causes only those that occurred are
// in it.
type Shares struct {
	Sessions           int64                   `json:"sessions"`
	Hours              float64                 `json:"hours"`
	Healthy            Share                   `json:"healthy"`
	Episodes           Share                   `json:"healthy_with_episodes"`
	EstimateOscillates Share                   `json:"estimate_oscillates"`
	ByCause            map[session.Cause]Share `json:"estimate_oscillates_by_cause"`
	TargetOscillates   Share                   `json:"target_oscillates"`
	TargetAlone        Share                   `json:"target_alone"`
	Capped             Share                   `json:"capped"`
	LowBandwidth       Share                   `json:"low_bandwidth"`
	Lossy              Share                   `json:"lossy"`
	Jittery            Share                   `json:"jittery"`
	FeedbackTrouble    Share                   `json:"feedback_trouble"`
	EstimateUnknown    Share                   `json:"estimate_unknown"`
	TargetUnknown      Share                   `json:"target_unknown"`
}

// All returns the counts of all classes together.
func (t *Tally) All() *Counts {
	var sum Tally
	for _, c := range t.Classes {
		sum.Merge(&Tally{Classes: map[session.Class]*Counts{"": c}})
	}

	return sum.class("")
}

// Shares returns the counts as parts of the sessions; all are zero where there are none.
func (c *Counts) Shares() Shares {
	const hour = 3600 * 1000
	s := Shares{
		Sessions:         c.Sessions,
		Hours:            float64(c.Milliseconds) / hour,
		Healthy:          c.share(c.Healthy),
		Episodes:         c.share(c.Episodes),
		ByCause:          make(map[session.Cause]Share, len(c.Estimate)),
		TargetOscillates: c.share(c.Target),
		TargetAlone:      c.share(c.TargetAlone),
		Capped:           c.share(c.Capped),
		LowBandwidth:     c.share(c.LowBandwidth),
		Lossy:            c.share(c.Lossy),
		Jittery:          c.share(c.Jittery),
		FeedbackTrouble:  c.share(c.FeedbackTrouble),
		EstimateUnknown:  c.share(c.EstimateUnknown),
		TargetUnknown:    c.share(c.TargetUnknown),
	}
	var swinging int64
	for cause, n := range c.Estimate {
		swinging += n
		s.ByCause[cause] = c.share(n)
	}
	s.EstimateOscillates = c.share(swinging)

	return s
}

func (c *Counts) share(n int64) Share {
	if c.Sessions == 0 {
		return Share{}
	}

	return Share{Count: n, Share: float64(n) / float64(c.Sessions)}
}
