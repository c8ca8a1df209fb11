// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package replay

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

const (
	// sameRate is how far, as a factor, the rate of a probe of the recorder may be from
	// one that a controller asked for, to be taken for it.
	sameRate = 1.25
	// answerable is for how long a probe that a controller asked for waits for one of the
	// recorder.
	answerable = 5 * time.Second
	// probeTime is for how long after the start of a probe packets are taken for its.
	probeTime = time.Second
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

// recordedProbes says which packets belong to which probe of the recorder, also where
// the recording does not: then the packets after the start of a probe are its, up to
// its size, but for audio, which is not paced.
type recordedProbes struct {
	// linked tells that the recording says it itself.
	linked bool
	open   []openProbe
}

type openProbe struct {
	id, packets int
	bytes       int64
	until       bwe.Time
}

// begin takes in the start of a probe.
func (r *recordedProbes) begin(p *recording.ProbeStarted) {
	if len(r.open) == mostKept {
		r.open = append(r.open[:0], r.open[1:]...)
	}
	r.open = append(r.open, openProbe{id: p.ID, packets: p.MinPackets, bytes: p.MinBytes, until: p.At.Add(probeTime)})
}

// end takes in that the recorder has the result of a probe.
func (r *recordedProbes) end(id int) {
	for i := range r.open {
		if r.open[i].id == id {
			r.open = append(r.open[:i], r.open[i+1:]...)

			return
		}
	}
}

// of returns the number of the recorder's probe that a packet belongs to, zero for none.
func (r *recordedProbes) of(p *bwe.SentPacket) int {
	if p.ProbeCluster != 0 {
		r.linked = true
	}
	if r.linked {
		return p.ProbeCluster
	}
	for len(r.open) > 0 && p.At > r.open[0].until {
		r.open = append(r.open[:0], r.open[1:]...)
	}
	if len(r.open) == 0 || p.Kind == bwe.PacketAudio {
		return 0
	}
	o := &r.open[0]
	id := o.id
	o.packets--
	o.bytes -= int64(p.Size)
	if o.packets <= 0 && o.bytes <= 0 {
		r.open = append(r.open[:0], r.open[1:]...)
	}

	return id
}
