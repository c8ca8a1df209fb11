// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"time"

	"github.com/rtmcc/rtmcc/internal/lab/timeline"
)

// beforeFall is how long before a fall its reason is looked for: a few round trips.
const beforeFall = time.Second

// climbFrom and climbTo are the part of the way from trough to peak that shows the path
// without the reason for a fall: the queue has drained and the next one has not begun.
const climbFrom, climbTo = 0.25, 0.6

// reasons is what the path was like before the falls and between them.
type reasons struct {
	// before is the mean delay, calm that of the climbs and deviation theirs, in seconds.
	before, calm, deviation float64
	lossBefore, lossCalm    float64
}

func reasonsOf(f []fall, t *timeline.Timeline) reasons {
	var before, calm, lost, lostCalm tally
	for i := range f {
		from := f[i].peak - bins(beforeFall)
		to := min(f[i].trough, f[i].peak+bins(beforeFall)) + 1
		before.add(meanOf(t.Delay, from, to))
		lost.add(meanOf(t.Loss, from, to))
		next := f[i].back + (f[i].back - f[i].trough)
		if i+1 < len(f) {
			next = f[i+1].peak
		}
		climb := float64(next - f[i].trough)
		from, to = f[i].trough+int(climb*climbFrom), f[i].trough+int(climb*climbTo)+1
		calm.addAll(cut(t.Delay, from, to))
		lostCalm.addAll(cut(t.Loss, from, to))
	}

	return reasons{
		before: before.mean(), calm: calm.mean(), deviation: calm.deviation(), lossBefore: orZero(lost.mean()), lossCalm: orZero(lostCalm.mean()),
	}
}

// causeOf says why falls happened.
func causeOf(f []fall, t *timeline.Timeline, c *SwingConfig) Cause {
	r := reasonsOf(f, t)
	switch {
	case r.before-r.calm >= c.QueueDelay.Seconds()+c.QueueDeviations*r.deviation:
		return Congestion
	case r.lossBefore >= c.Loss && (r.lossBefore >= c.LossRatio*r.lossCalm || r.lossBefore >= c.SteadyLoss):
		return Loss
	default:
		return Overuse
	}
}
