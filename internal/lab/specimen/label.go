// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package specimen

import (
	"fmt"

	"github.com/rtmcc/rtmcc/internal/lab/session"
)

// Answer is what is true of a specimen, as far as that is certain.
type Answer uint8

// The answers.
const (
	No Answer = iota
	Yes
	// Unclear is left out of every count: it lies between the bounds beyond which
	// people agree.
	Unclear
)

// String returns the answer's word.
func (a Answer) String() string {
	switch a {
	case No:
		return "no"
	case Yes:
		return "yes"
	case Unclear:
		return "unclear"
	default:
		return fmt.Sprintf("Answer(%d)", uint8(a))
	}
}

// answer is Yes or No.
func answer(is bool) Answer {
	if is {
		return Yes
	}

	return No
}

// Label is the truth about a specimen.
type Label struct {
	// Estimate tells whether the estimate oscillates, and Cause why, empty where that is
	// unclear or it does not.
	Estimate Answer
	Cause    session.Cause
	// Target tells whether the target oscillates, TargetAlone whether it does so while the
	// estimate does not.
	Target      Answer
	TargetAlone Answer
	Capped      Answer
	// The rest is what the path is like.
	LowBandwidth    Answer
	Lossy           Answer
	Jittery         Answer
	FeedbackTrouble Answer
}
