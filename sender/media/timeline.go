// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import "time"

const (
	// maxSourceGap is the longest forward step of a track's DTS that is taken for
	// a real pause. Anything longer is a splice or a damaged timestamp.
	maxSourceGap = 10 * time.Second
	// maxBackstep is the longest backward step that is taken for a muxer's
	// rounding and not for a new clock.
	maxBackstep = 500 * time.Millisecond
	// defaultStep is the time between two access units before it is known.
	defaultStep = time.Second / 30
)

// timeline joins the pieces of a file whose clock jumps, so that DTS goes on
// where it stopped. All tracks move by the same amount at a splice, which keeps
// them in step with one another.
type timeline struct {
	newest time.Duration
	latest time.Duration
	tracks []trackClock
	begun  bool
}

// trackClock is one track's place on the timeline. offset is what its clock has
// to be moved by; a track may still be in the piece before the newest one.
type trackClock struct {
	offset, last, step time.Duration
	begun              bool
}

// offset returns what to add to dts of the track, and whether a jump was joined.
func (t *timeline) offset(track int, dts time.Duration) (_ time.Duration, joined bool) {
	c := &t.tracks[track]
	switch {
	case !t.begun:
		t.begun, t.latest = true, dts
	case !c.begun:
		// A track that first shows up must be near the others.
		c.offset = t.newest
		if d := dts + c.offset - t.latest; d < -maxSourceGap || d > maxSourceGap {
			c.offset, joined = t.latest-dts, true
		}
	case !c.follows(dts, c.offset):
		joined = true
		if !c.follows(dts, t.newest) {
			t.newest = c.last + max(c.step, defaultStep) - dts
		}
		c.offset = t.newest
	}
	at := dts + c.offset
	if !c.begun {
		c.begun, c.last = true, at
	}
	if step := at - c.last; !joined && step > 0 {
		c.step = step
	}
	c.last = max(c.last, at)
	t.latest = max(t.latest, at)

	return c.offset, joined
}

func (c *trackClock) follows(dts, offset time.Duration) bool {
	d := dts + offset - c.last

	return d >= -maxBackstep && d <= maxSourceGap
}
