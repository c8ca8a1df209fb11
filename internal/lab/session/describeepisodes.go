// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"fmt"
	"math"
	"strings"
)

// describeEpisodes says how often something went wrong for a while, and when and how long
// the worst of each kind was.
func describeEpisodes(e *Episodes) string {
	var parts []string
	add := func(of *Episode, what, about string) {
		if of.There() {
			parts = append(parts, fmt.Sprintf("%s %s%s (%s)", what, times(*of.Count), about, when(of)))
		}
	}
	queue, lost := "", ""
	if e.QueueDelay != nil {
		queue = fmt.Sprintf(", with up to %.0f ms of delay", *e.QueueDelay)
	}
	if e.BurstLoss != nil {
		lost = ", of " + percent(*e.BurstLoss)
		if *e.LossBursts.Count > 1 {
			lost = ", the longest of " + percent(*e.BurstLoss)
		}
	}
	add(&e.SendingStalls, "sending stalled", "")
	add(&e.FrozenPictures, "the picture stood", "")
	add(&e.StandingQueues, "a queue stood", queue)
	add(&e.LossBursts, "packets were lost in a burst", lost)

	return "There were episodes of trouble: " + strings.Join(parts, "; ") + "."
}

func times(n int64) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	default:
		return fmt.Sprintf("%d times", n)
	}
}

// when says when the longest was and how long, and how long all took.
func when(e *Episode) string {
	at := fmt.Sprintf("%s at %s", seconds(*e.Longest), clock(*e.At))
	if *e.Count == 1 {
		return at
	}

	return fmt.Sprintf("%s in all, the longest %s", seconds(*e.Total), at)
}

// clock writes a time into the session.
func clock(at float64) string {
	s := int(math.Floor(at))

	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
