// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

const (
	// sameRate is how far, as a factor, the rate of a probe of the recorder may be from
	// one that a controller asked for, to be taken for it.
	sameRate = 1.25
	// answerable is for how long a probe that a controller asked for waits for one of the
	// recorder.
	answerable = 5 * time.Second
	// mostKept bounds the probes that are remembered.
	mostKept = 8
)

// ownProbes says which number packets of the recorder's probes carry for one controller.
// A probe of the recorder answers the probe that the controller asked for itself, where
// there is one of about its rate; else the controller is told of it, where it can be.
type ownProbes struct {
	asked [mostKept]struct {
		id   int
		rate bwe.Bitrate
		at   bwe.Time
	}
	known [mostKept]struct{ recorded, own int }
	// nextAsked and nextKnown are the slots that are written next.
	nextAsked, nextKnown int
}

// ask takes in a probe that the controller asked for.
func (o *ownProbes) ask(p bwe.Probe, now bwe.Time) {
	a := &o.asked[o.nextAsked%mostKept]
	o.nextAsked++
	a.id, a.rate, a.at = p.ID, p.Bitrate, now
}

// answer returns the number of the probe that the controller asked for and that one of
// this rate answers, zero where there is none.
func (o *ownProbes) answer(rate bwe.Bitrate, now bwe.Time) int {
	best, closest := -1, sameRate
	for i := range o.asked {
		a := &o.asked[i]
		if a.id == 0 || now.Sub(a.at) > answerable {
			continue
		}
		high, low := float64(max(a.rate, rate)), float64(min(a.rate, rate))
		if low > 0 && high <= closest*low {
			best, closest = i, high/low
		}
	}
	if best < 0 {
		return 0
	}
	id := o.asked[best].id
	o.asked[best].id = 0

	return id
}

// link notes the number that a probe of the recorder has for the controller.
func (o *ownProbes) link(recorded, own int) {
	k := &o.known[o.nextKnown%mostKept]
	o.nextKnown++
	k.recorded, k.own = recorded, own
}

// of returns the number that a packet of the recorder's probe carries.
func (o *ownProbes) of(recorded int) int {
	for i := 1; recorded != 0 && i <= mostKept; i++ {
		// The newest first: numbers may begin anew.
		if k := &o.known[(o.nextKnown+mostKept-i)%mostKept]; k.recorded == recorded {
			return k.own
		}
	}

	return 0
}
