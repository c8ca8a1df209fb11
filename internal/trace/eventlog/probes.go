// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"time"

	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// probes finds the packets of a probe where the log does not name them. libwebrtc's
// pacer (BitrateProber) sends one probe after the other and counts to it all that it lets
// go meanwhile. It starts with padding or with a packet that is not small, once what
// waited before has gone.
type probes struct {
	waiting []started
	// begun tells that packets of the first one waiting were sent, the last of them at
	// last; round is how many bytes left with it at once.
	begun bool
	last  time.Duration
	round int64
	// named: the log says itself which packets belong to a probe.
	named bool
}

type started struct {
	id      int
	at      time.Duration
	packets int
	bytes   int64
	// round is how many bytes the pacer lets go at once.
	round int64
}

const (
	// probeTimeout is how long libwebrtc keeps a probe that cannot be sent.
	probeTimeout = 5 * time.Second
	// smallPacket is the size below which a packet does not start a probe, and backlog how
	// long after a probe was asked for media still leaves that waited before.
	smallPacket = 200
	backlog     = 3 * time.Millisecond
	// roundTime is what the pacer lets go at once, at the rate of the probe
	// (BitrateProber::RecommendedMinProbeSize).
	roundTime  = 2 * time.Millisecond
	maxWaiting = 16
	// overhead is what libwebrtc counts for the layers below, IPv4 and UDP.
	overhead = 28
)

func (p *probes) start(at time.Duration, ev *recording.ProbeStarted) {
	if len(p.waiting) < maxWaiting {
		p.waiting = append(p.waiting, started{id: ev.ID, at: at, packets: ev.MinPackets, bytes: ev.MinBytes, round: ev.Bitrate.Bytes(roundTime)})
	}
}

// sent returns the probe that a packet belongs to, zero for none; then is what follows it.
func (p *probes) sent(e *entry, then []*entry) int {
	if e.cluster != 0 {
		p.named = true

		return int(e.cluster)
	}
	for len(p.waiting) > 0 && !p.begun && e.at-p.waiting[0].at > probeTimeout {
		p.drop()
	}
	if p.named || len(p.waiting) == 0 || (!p.begun && !p.starts(e, then)) {
		return 0
	}
	first := &p.waiting[0]
	if !p.begun || e.at != p.last || p.round >= first.round {
		first.packets--
		p.round = 0
	}
	size := int64(e.size) + overhead
	p.round += size
	p.begun, p.last = true, e.at
	first.bytes -= size
	id := first.id
	if first.packets <= 0 && first.bytes <= 0 {
		// The next one goes on at once.
		p.drop()
		p.begun = len(p.waiting) > 0
	}

	return id
}

// starts tells whether a packet can be the first of the first probe waiting: by itself,
// or as a small one ahead of others that leave with it.
func (p *probes) starts(e *entry, then []*entry) bool {
	if e.at-p.waiting[0].at <= backlog {
		return e.padding && e.size >= smallPacket
	}
	for _, next := range then {
		if e.size >= smallPacket || next.at != e.at || next.class != classSent {
			break
		}
		e = next
	}

	return e.size >= smallPacket
}

func (p *probes) drop() { p.waiting = append(p.waiting[:0], p.waiting[1:]...) }
