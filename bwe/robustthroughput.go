// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

// robustThroughput measures the acknowledged bitrate over the latest second or so of
// arrivals (libwebrtc RobustThroughputEstimator): the lesser of the rates at which the
// packets left and arrived, so that neither a burst out of a queue nor a pause in it
// passes for throughput.
type robustThroughput struct {
	ring     [robustPackets]arrivedPacket
	first, n int
	// forgotten is when the latest packet left that is no longer in the window: what
	// left before it belongs to an older one.
	forgotten Time
}

type arrivedPacket struct {
	sent, recv Time
	size       int64
}

// The bounds of the window (libwebrtc RobustThroughputEstimatorSettings).
const (
	robustPackets     = 500
	robustEnough      = 20
	robustLeast       = 10
	robustMinWindow   = time.Second
	robustMaxWindow   = 5 * time.Second
	robustMaxBackward = time.Second
)

func (r *robustThroughput) slot(i int) *arrivedPacket { return &r.ring[(r.first+i)%robustPackets] }

// add takes in a packet that arrived.
func (r *robustThroughput) add(sent, recv Time, size int64) {
	if r.n > 0 && r.slot(r.n-1).recv.Sub(recv) > robustMaxBackward {
		// The receiver's clock was set.
		r.n, r.forgotten = 0, 0
	}
	if r.n == robustPackets {
		r.forget()
	}
	i := r.n
	r.n++
	for ; i > 0 && r.slot(i-1).recv > recv; i-- {
		*r.slot(i) = *r.slot(i - 1)
	}
	*r.slot(i) = arrivedPacket{sent: sent, recv: recv, size: size}
	for r.outside() {
		r.forget()
	}
}

func (r *robustThroughput) forget() {
	r.forgotten = max(r.forgotten, r.slot(0).sent)
	r.first = (r.first + 1) % robustPackets
	r.n--
}

// outside tells whether the window is longer than it has to be.
func (r *robustThroughput) outside() bool {
	if r.n == 0 {
		return false
	}
	length := r.slot(r.n - 1).recv.Sub(r.slot(0).recv)

	return length > robustMaxWindow || r.n > robustEnough && length > robustMinWindow
}

// value returns the acknowledged bitrate, zero while unknown.
func (r *robustThroughput) value() Bitrate {
	if r.n < robustLeast {
		return 0
	}
	var received, sent int64
	var firstSent, lastSent Time
	var lastSize int64
	var longest, second time.Duration
	counted := 0
	for i := range r.n {
		p := r.slot(i)
		received += p.size
		if i > 0 {
			gap := p.recv.Sub(r.slot(i - 1).recv)
			second = max(second, min(gap, longest))
			longest = max(longest, gap)
		}
		if r.forgotten != 0 && p.sent < r.forgotten {
			continue
		}
		if counted == 0 || p.sent > lastSent {
			lastSent, lastSize = p.sent, p.size
		}
		if counted == 0 || p.sent < firstSent {
			firstSent = p.sent
		}
		sent += p.size
		counted++
	}
	// Between n packets lie n-1 intervals. The longest pause is taken for no longer than
	// the second longest, so that a single stall does not count.
	received -= r.slot(0).size
	took := r.slot(r.n-1).recv.Sub(r.slot(0).recv) - longest + second
	rate := RateOf(received, max(took, time.Millisecond))
	if counted < robustLeast {
		return rate
	}

	return min(rate, RateOf(sent-lastSize, max(lastSent.Sub(firstSent), time.Millisecond)))
}
