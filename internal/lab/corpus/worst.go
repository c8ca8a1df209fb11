// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package corpus

import (
	"cmp"
	"slices"

	"github.com/rtmcc/rtmcc/internal/lab/session"
)

// Worst keeps the sessions of a corpus that are worth looking at first. It is not safe
// for concurrent use.
type Worst struct {
	// Keep is how many are kept.
	Keep int

	// sessions are from the worst on; of equal ones, the first comes first.
	sessions []session.Summary
}

// Add takes in a session, of which it keeps a copy where it is among the worst.
func (w *Worst) Add(s *session.Summary) {
	badness := Badness(s)
	if badness == 0 {
		return
	}
	at, _ := slices.BinarySearchFunc(w.sessions, badness, func(have session.Summary, want float64) int {
		// Equal ones stay before the new one.
		return cmp.Or(cmp.Compare(want, Badness(&have)), -1)
	})
	if at == w.Keep {
		return
	}
	w.sessions = slices.Insert(w.sessions, at, *s)
	w.sessions = w.sessions[:min(len(w.sessions), w.Keep)]
}

// Sessions returns what is kept, from the worst on.
func (w *Worst) Sessions() []session.Summary { return w.sessions }

// Badness orders sessions by how much their problems take from them: for an estimate and
// a target that swing, depth by part of the session; for a target that a tier holds, the
// part of the estimate that is not used by part of the session. It is zero for a session
// that has none of the problems or was not judged.
func Badness(s *session.Summary) float64 {
	if s.Error != "" {
		return 0
	}
	// What oscillates is bad even where it does so briefly.
	const found = 0.01
	sum := 0.0
	if s.Estimate.Oscillates {
		sum += found + s.Estimate.Depth*s.Estimate.Share
	}
	if s.Target.Oscillates {
		sum += found + s.Target.Depth*s.Target.Share
	}
	if s.Capped.Present {
		sum += found
		if s.Capped.Estimate > 0 {
			sum += s.Capped.Share * (1 - float64(s.Capped.Ceiling)/float64(s.Capped.Estimate))
		}
	}

	return sum
}
