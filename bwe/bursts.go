// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "math"

// bursts reads the link's capacity off the spacing in which packets arrive that
// left faster than the link carries them: the pacer sends each video frame as such
// a burst, so that every frame is a free sample (packet trains, Dovrolis et al. 2001;
// frames as trains, SQP, Ray et al. 2022). It needs no baseline delay and is blind to
// delay that changes slower than a frame.
type bursts struct {
	cfg *CapacityConfig

	begun      bool
	seq        int64
	sent, recv Time
	bits       float64

	// queue is the wait in seconds that our own packets meet at a link of the
	// estimated capacity; dense is the same at a link somewhat faster, so that what
	// waits there left faster than any capacity in question.
	queue, dense float64
	// sums since the last feedback.
	sums      burstSums
	pairCount int
	// stalled is a pair after a long pause, of which only the next packet tells whether
	// the link or something behind it made it.
	stalled burstSums
	// pairs is how many neighbouring packets a second were measured.
	pairs float64
	// bunched is the share of packets that came closer together than a link lets
	// them out, usual the same over a longer while, pushedCount how many did since the
	// last feedback, seen how many packets usual is the mean of.
	bunched, usual    float64
	pushedCount, seen int

	onset  onset
	jitter jitterLevel
	own    ownShare
}

// burstSums adds up neighbouring packets within bursts: what the second of each pair
// took to arrive and what the first of each pair took to be sent.
type burstSums struct {
	recvBits, recvTime float64
	sentBits, sentTime float64
}

func (s *burstSums) add(o *burstSums) {
	s.recvBits += o.recvBits
	s.recvTime += o.recvTime
	s.sentBits += o.sentBits
	s.sentTime += o.sentTime
}

func (s *burstSums) scale(k float64) {
	s.recvBits *= k
	s.recvTime *= k
	s.sentBits *= k
	s.sentTime *= k
}

const (
	// maxGapJump is the disagreement of send and receive gap in seconds above which a
	// clock was set rather than a packet delayed.
	maxGapJump = 3
	// cleanLevel is the jitter level in seconds below which a single gap tells
	// something.
	cleanLevel = 0.003
	// squeezed is the share of a packet's own time on the link below which a gap
	// shows that something behind the link pushed packets together.
	squeezed = 0.1
	// longPause is the gap in seconds above which it may be a stall.
	longPause = 0.015
	// bunchedWeight is the weight of a packet in the share of bunched ones.
	bunchedWeight = 1.0 / 64
	// bunchedKnown is the number of packets that make that share the usual one.
	bunchedKnown = 512
)

// add takes in the arrival of a packet over a link held to carry capacity bits a
// second, and that packet in transit seconds; queued is what its delay was above the base, in seconds. skipped is the size
// of the packets between this one and the last that went over the link too, lost
// behind it or late, and negative where they did not or none can tell. It returns the
// wait in seconds that our own packets before it explain.
func (b *bursts) add(seq int64, sent, recv Time, bits, transit, skipped, capacity, queued float64) float64 {
	if !b.begun {
		b.begun = true
		b.queue, b.dense = transit, transit/b.cfg.Busy
		b.remember(seq, sent, recv, bits)

		return 0
	}
	if seq <= b.seq || sent < b.sent {
		return b.queue
	}
	sendGap, recvGap := inSeconds(sent.Sub(b.sent)), inSeconds(recv.Sub(b.recv))
	neighbours := skipped >= 0 && math.Abs(recvGap-sendGap) < maxGapJump
	wait, dense := b.queue, b.dense
	if skipped > 0 {
		between := skipped / capacity
		wait += between
		dense += between / b.cfg.Busy
	}
	wait, dense = positive(wait-sendGap), positive(dense-sendGap)
	if neighbours && b.jitter.level < cleanLevel && pauseArrived(sendGap, recvGap, b.bits, capacity) {
		wait, dense = 0, 0
	}
	b.queue = wait + transit
	b.dense = dense + transit/b.cfg.Busy
	if neighbours && dense > 0 {
		b.measure(bits, skipped, transit, sendGap, recvGap)
	}
	if over := bits + positive(skipped); dense > 0 {
		b.own.more(over)
		b.onset.add(over, recvGap, neighbours)
	} else {
		b.startBurst(sent, recv, over, transit, wait)
	}
	// A queue that the delay does not show is not there.
	if seen := queued + inSeconds(b.cfg.QueueSlack) + b.jitter.level; b.queue > seen {
		b.queue = positive(seen)
		b.dense = min(b.dense, b.queue)
	}
	b.remember(seq, sent, recv, bits)

	return wait
}

// positive returns v, or zero where v is negative. It is cheaper than the built-in max,
// which also has to order zeros by their sign.
func positive(v float64) float64 {
	if v < 0 {
		return 0
	}

	return v
}

// pauseArrived tells whether a pause in sending arrived as one: then no queue was
// there to fill it. bits is the size of the packet before it.
func pauseArrived(sendGap, recvGap, bits, capacity float64) bool {
	const least = 0.001

	return recvGap < 1.3*sendGap && recvGap > 0.85*sendGap && sendGap > float64(1.3*(bits/capacity))+least
}

// measure takes in two neighbours that left closer together than the link lets them
// through.
func (b *bursts) measure(bits, skipped, transit, sendGap, recvGap float64) {
	const long = 4
	sums := &b.sums
	pushed := 0.0
	switch {
	case recvGap < squeezed*transit:
		pushed = 1
		b.pushedCount++
	case b.stalled.recvTime > 0:
		b.passStalled()
	}
	if recvGap > longPause && recvGap > long*transit {
		sums = &b.stalled
	}
	sums.recvBits += skipped + bits
	sums.recvTime += recvGap
	sums.sentBits += b.bits + skipped
	sums.sentTime += sendGap
	b.pairCount++
	b.bunched = nonTiny(b.bunched + float64(bunchedWeight*(pushed-b.bunched)))
}

// passStalled counts a long pause in with what the link shows.
func (b *bursts) passStalled() {
	b.sums.add(&b.stalled)
	b.stalled = burstSums{}
}

// startBurst tells what observes whole bursts that a packet begins one.
func (b *bursts) startBurst(sent, recv Time, bits, transit, wait float64) {
	delay := inSeconds(recv.Sub(sent)) - transit
	b.onset.close()
	b.onset.start()
	b.own.start(sent, delay-wait, bits)
	if wait == 0 {
		b.jitter.add(delay)
	}
}

func (b *bursts) remember(seq int64, sent, recv Time, bits float64) {
	b.seq, b.sent, b.recv, b.bits = seq, sent, recv, bits
}

// released tells that packets which something behind the link had held back came at
// once, on a path where that is rare: neither the pause before nor the rush after shows
// what the link carries. Where it is usual, or other jitter is, pauses and rushes make
// up for each other over the capacity's memory.
func (b *bursts) released() bool {
	const rare, least, share = 0.15, 3, 0.2

	if b.seen < bunchedKnown || b.usual >= rare || b.jitter.usual >= cleanLevel {
		return false
	}

	return b.pushedCount >= least && float64(b.pushedCount) > share*float64(b.pairCount)
}

// take hands over what was summed since the last feedback, elapsed seconds ago.
func (b *bursts) take(elapsed float64) burstSums {
	const weight = 1.0 / 8
	if b.pushedCount > 0 {
		b.passStalled()
	}
	s := b.sums
	if b.released() {
		s = burstSums{}
	}
	if b.pairCount > 0 {
		b.seen = min(b.seen+b.pairCount, bunchedKnown)
		b.usual += float64((float64(b.pushedCount) - float64(b.usual*float64(b.pairCount))) / float64(b.seen))
	}
	b.sums, b.pushedCount = burstSums{}, 0
	b.pairs = nonTiny(b.pairs + float64(weight*(float64(b.pairCount)/max(elapsed, 0.01)-b.pairs)))
	b.pairCount = 0

	return s
}
