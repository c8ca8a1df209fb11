// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package eventlog

import (
	"time"

	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// probes finds the packets of a probe where the log does not name them. libwebrtc's
// pacer (BitrateProber) sends one probe after the other, counts to it all that it lets
// go meanwhile, and starts with a packet that is not small.
type probes struct {
	waiting []started
	// begun tells that packets of the first one waiting were sent.
	begun bool
	// named: the log says itself which packets belong to a probe.
	named bool
}

type started struct {
	id      int
	at      time.Duration
	packets int
	bytes   int64
}

const (
	// probeTimeout is how long libwebrtc keeps a probe that cannot be sent.
	probeTimeout = 5 * time.Second
	// smallPacket is the size below which a packet does not start a probe.
	smallPacket = 200
	maxWaiting  = 16
)

func (p *probes) start(at time.Duration, ev *recording.ProbeStarted) {
	if len(p.waiting) < maxWaiting {
		p.waiting = append(p.waiting, started{id: ev.ID, at: at, packets: ev.MinPackets, bytes: ev.MinBytes})
	}
}

// sent returns the probe that a packet belongs to, zero for none.
func (p *probes) sent(e *entry) int {
	if e.cluster != 0 {
		p.named = true

		return int(e.cluster)
	}
	for len(p.waiting) > 0 && !p.begun && e.at-p.waiting[0].at > probeTimeout {
		p.drop()
	}
	if p.named || len(p.waiting) == 0 || (!p.begun && e.size < smallPacket) {
		return 0
	}
	first := &p.waiting[0]
	p.begun = true
	first.packets--
	first.bytes -= int64(e.size)
	id := first.id
	if first.packets <= 0 && first.bytes <= 0 {
		// The next one goes on at once.
		p.drop()
		p.begun = len(p.waiting) > 0
	}

	return id
}

func (p *probes) drop() { p.waiting = append(p.waiting[:0], p.waiting[1:]...) }
