// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// maxProbes bounds how many probes wait; the oldest are given up for newer ones,
// which know more.
const maxProbes = 8

// probes sends one probe cluster after the other, each at its own rate (libwebrtc:
// BitrateProber).
type probes struct {
	waiting [maxProbes]pendingProbe
	n       int

	started bool
	start   bwe.Time
	packets int
	bytes   int64
}

type pendingProbe struct {
	bwe.Probe
	asked bwe.Time
}

func (q *probes) add(now bwe.Time, list []bwe.Probe) {
	for _, p := range list {
		if p.Bitrate <= 0 || p.ID <= 0 {
			continue
		}
		if q.n == maxProbes {
			q.end()
		}
		q.waiting[q.n] = pendingProbe{Probe: p, asked: now}
		q.n++
	}
}

// id is that of the running probe.
func (q *probes) id() int { return q.waiting[0].ID }

// due returns when the next packet of the running probe shall leave. A probe that
// was not finished within limit is given up.
func (q *probes) due(now bwe.Time, limit time.Duration) (bwe.Time, bool) {
	for q.n > 0 && now.Sub(q.waiting[0].asked) > limit {
		q.end()
	}
	if q.n == 0 {
		return bwe.Never, false
	}
	if !q.started {
		return now, true
	}

	return q.start.Add(q.waiting[0].Bitrate.TimeFor(q.bytes)), true
}

// begin is called before each packet of the probe. What a starved probe missed is
// made up for by no more than slack.
func (q *probes) begin(now bwe.Time, slack time.Duration) {
	if !q.started {
		q.started, q.start = true, now
	}
	if late := now.Sub(q.start.Add(q.waiting[0].Bitrate.TimeFor(q.bytes))); late > slack {
		q.start = q.start.Add(late - slack)
	}
}

func (q *probes) sent(size int64) {
	if q.n == 0 {
		return
	}
	q.packets++
	q.bytes += size
	p := &q.waiting[0]
	// The first and the last packet have to be MinDuration apart.
	if q.packets >= p.MinPackets && p.Bitrate.TimeFor(q.bytes-size) >= p.MinDuration {
		q.end()
	}
}

func (q *probes) end() {
	copy(q.waiting[:], q.waiting[1:q.n])
	q.n--
	q.started, q.packets, q.bytes = false, 0, 0
}
