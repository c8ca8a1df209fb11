// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"fmt"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
)

const (
	// unordered is how far an event may be behind the one before it: it is then taken to
	// have happened with that one.
	unordered = time.Second
	// suspicious is the length of a pause from which on an event alone is not believed.
	suspicious = time.Minute
	// confirmations is how many events in a row, each at most suspicious after the last,
	// show that the clock is another.
	confirmations = 3
	// longestPause is the longest pause that stays in a recording.
	longestPause = time.Hour
	// sequenceGap lies between the sequence numbers of two connections. It is the span of
	// the number on the wire, so that feedback that names packets from before the first
	// one does not hit those of the former connection.
	sequenceGap = 1 << 16
	// sequenceLimit bounds sequence numbers, so that sums stay in range.
	sequenceLimit = 1 << 61
)

// continuity makes one stream of the connections of a trace, each of which has a clock
// and sequence numbers of its own. A later connection begins at the time of the last event
// before it, for the session's own lines between two connections are on the clock of the
// former one and carry the outage. Events whose time jumps are refused, until others
// confirm the jump.
type continuity struct {
	begun   bool
	latest  bwe.Time
	shift   time.Duration
	refused int
	doubted bwe.Time

	numbered bool
	seqShift int64
	// highest is the highest number so far, -sequenceGap before the first.
	highest int64
}

func newContinuity() continuity { return continuity{highest: -sequenceGap} }

// place puts an event into the stream, or refuses it, changing nothing of it.
func (c *continuity) place(ev bwe.Event) error {
	_, starts := ev.(*control.Started)
	shift := c.shift
	if starts || !c.begun {
		shift = c.border(ev.Time())
	}
	at := ev.Time().Add(shift)
	if gap := at.Sub(c.latest); gap < -unordered || gap > suspicious && c.begun && !starts {
		if !c.confirmed(ev.Time()) {
			return fmt.Errorf("t jumps from %v to %v", c.latest, at)
		}
		if gap < 0 || gap > longestPause {
			shift = c.latest.Sub(ev.Time())
		}
		at = ev.Time().Add(shift)
	}
	if starts {
		c.numbered = false
	}
	if err := c.number(ev); err != nil {
		return err
	}
	c.begun, c.refused, c.shift = true, 0, shift
	c.latest = max(c.latest, at)
	if shift != 0 || c.latest != ev.Time() {
		moveTo(ev, c.latest, shift)
	}

	return nil
}

// border returns the shift of a connection that begins at t on its own clock.
func (c *continuity) border(t bwe.Time) time.Duration {
	if gap := t.Add(c.shift).Sub(c.latest); gap >= 0 && gap <= longestPause {
		return c.shift
	}

	return c.latest.Sub(t)
}

// confirmed tells whether enough events in a row agree on another clock.
func (c *continuity) confirmed(t bwe.Time) bool {
	if gap := t.Sub(c.doubted); c.refused == 0 || gap < 0 || gap > suspicious {
		c.refused = 0
	}
	c.refused++
	c.doubted = t

	return c.refused >= confirmations
}

// number gives packets their numbers in the stream.
func (c *continuity) number(ev bwe.Event) error {
	switch e := ev.(type) {
	case *bwe.SentPacket:
		if err := c.checkSequence(e.Seq); err != nil {
			return err
		}
		e.Seq += c.seqShift
		c.highest = max(c.highest, e.Seq)
	case *bwe.Feedback:
		for i := range e.Results {
			if err := c.checkSequence(e.Results[i].Seq); err != nil {
				return err
			}
		}
		if c.seqShift == 0 {
			return nil
		}
		for i := range e.Results {
			e.Results[i].Seq += c.seqShift
		}
	}

	return nil
}

// checkSequence refuses numbers that are out of range, and takes the shift of a
// connection from its first one.
func (c *continuity) checkSequence(seq int64) error {
	if seq < -sequenceLimit || seq > sequenceLimit {
		return fmt.Errorf("sequence number %d is out of range", seq)
	}
	if !c.numbered {
		c.numbered = true
		c.seqShift = 0
		if c.highest >= 0 && seq < c.highest+sequenceGap {
			c.seqShift = c.highest + sequenceGap - seq
		}
	}
	if out := seq + c.seqShift; out < -sequenceLimit || out > sequenceLimit {
		return fmt.Errorf("sequence number %d is out of range", seq)
	}

	return nil
}
