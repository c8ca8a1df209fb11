// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"math"
	"slices"
	"time"
)

const (
	// jitterSlots is the jitter buffer's size in packets: 400 ms at 100 Mbps.
	jitterSlots = 4096
	// maxDropout is the largest step of sequence numbers taken for loss; a larger one
	// is believed only when the next packet confirms it (RFC 3550, appendix A.1).
	maxDropout = 3000

	// reorderWait lets a packet be overtaken before it is asked for.
	reorderWait = 10 * time.Millisecond
	// nackFallback is the time between two requests for one packet while the round
	// trip is unknown, and nackFloor its least value.
	nackFallback = 100 * time.Millisecond
	nackFloor    = 30 * time.Millisecond
	// tailWait is the silence within a frame after which the next packet, too, is taken
	// to be lost: at the end of a stream no later one shows the gap.
	tailWait = 50 * time.Millisecond
	// maxAsks bounds the requests for one packet, as libwebrtc's NackRequester does.
	maxAsks = 10
	// maxNackBatch bounds the packets asked for in one message.
	maxNackBatch = 256
)

// rtpPacket is what the pipeline needs of one RTP packet. The payload is only valid
// during the call that it is passed to.
type rtpPacket struct {
	seq       uint16
	timestamp uint32
	marker    bool
	payload   []byte
	arrival   time.Time
	// composition is the composition time that the packet carries.
	composition compositionTime
}

// ordered takes what a [jitterBuffer] releases, in sequence order.
type ordered interface {
	// packet takes the next packet.
	packet(p *rtpPacket)
	// gap takes the place of n packets that did not come in time.
	gap(n int)
}

// verdict is what became of a packet given to a [jitterBuffer].
type verdict uint8

const (
	// accepted: first copy, in time.
	accepted verdict = iota
	// reordered: it was missing for a moment, but nobody had asked for it.
	reordered
	// repaired: it came after it had been asked for.
	repaired
	// duplicate: it was here already.
	duplicate
	// late: its place had been declared a gap.
	late
	// outOfRange: its sequence number is too far off to be believed yet.
	outOfRange
)

type slotState uint8

const (
	slotEmpty slotState = iota
	slotHeld
	slotReleased
	slotLost
)

type slot struct {
	rtpPacket
	index int64
	state slotState
}

type missingPacket struct {
	index   int64
	noticed time.Time
	nextAsk time.Time
	asks    int
}

// jitterBuffer puts packets in order by sequence number, waits for missing ones up
// to a delay, and knows which to ask for. Its memory is bounded by [jitterSlots]
// payloads. It is not safe for concurrent use.
type jitterBuffer struct {
	limit time.Duration // the longest delay
	delay time.Duration // that a missing packet is waited for
	out   ordered
	// begins, where set, tells whether a stream usually begins with a payload. Until
	// one came, the packet ahead of the first is asked for, and waited for; it is no
	// gap when there is none.
	begins  func(payload []byte) bool
	ahead   int64     // the index of that packet
	begun   bool      // something has been released
	first   time.Time // when the first packet came
	slots   []slot
	next    int64 // the index to release next
	highest int64
	started bool
	missing []missingPacket // by index
	// unfinished is set by the owner while what was released ends within a frame; tail
	// is the packet that would go on with it.
	unfinished bool
	tail       missingPacket
	suspect    int64    // the index that would confirm a jump
	asked      []uint16 // reused by due
}

func newJitterBuffer(delay time.Duration, out ordered) *jitterBuffer {
	return &jitterBuffer{limit: delay, delay: delay, out: out, slots: make([]slot, jitterSlots)}
}

func (b *jitterBuffer) slot(index int64) *slot {
	return &b.slots[index&(jitterSlots-1)]
}

// push takes a packet and releases what is in order.
func (b *jitterBuffer) push(p *rtpPacket) verdict {
	if !b.started {
		b.started = true
		b.next = int64(p.seq)
		b.highest = b.next - 1
		b.suspect, b.ahead = math.MinInt64, math.MinInt64
		b.first = p.arrival
	}
	index := unwrap16(b.highest, p.seq)
	if index > b.highest+maxDropout || index <= b.next-maxDropout {
		if index != b.suspect {
			b.suspect = index + 1

			return outOfRange
		}
		b.restart(index)
	}
	if index < b.next {
		if s := b.slot(index); s.index == index && s.state == slotReleased {
			return duplicate
		}

		return late
	}
	result := b.account(index, p.arrival)
	if result == duplicate {
		return result
	}
	if index == b.next && !b.begun && b.begins != nil && len(p.payload) > 0 && !b.begins(p.payload) {
		b.next--
		b.ahead = b.next
		b.missing = slices.Insert(b.missing, 0, missingPacket{index: b.next, noticed: b.first, nextAsk: p.arrival})
	}
	for index-b.next >= jitterSlots {
		b.advance(p.arrival, true)
	}
	s := b.slot(index)
	payload := append(s.payload[:0], p.payload...)
	*s = slot{rtpPacket: *p, index: index, state: slotHeld}
	s.payload = payload
	b.release(p.arrival)

	return result
}

// account notes that a packet at or after next came, and which are missing before it.
func (b *jitterBuffer) account(index int64, now time.Time) verdict {
	if index > b.highest {
		result := accepted
		if index == b.tail.index && b.tail.asks > 0 {
			result = repaired
		}
		b.tail = missingPacket{index: index + 1, noticed: now, nextAsk: now.Add(tailWait)}
		for m := b.highest + 1; m < index; m++ {
			b.missing = append(b.missing, missingPacket{index: m, noticed: now, nextAsk: now.Add(reorderWait)})
		}
		b.highest = index

		return result
	}
	i, found := slices.BinarySearchFunc(b.missing, index, func(m missingPacket, index int64) int {
		return int(m.index - index)
	})
	if !found {
		return duplicate
	}
	result := reordered
	if b.missing[i].asks > 0 {
		result = repaired
	}
	b.missing = slices.Delete(b.missing, i, i+1)

	return result
}

// restart releases everything and goes on at index, behind a gap of unknown size.
func (b *jitterBuffer) restart(index int64) {
	b.flush()
	b.out.gap(1)
	b.next = index
	b.highest = index - 1
}

// release gives out what is in order at now, giving up on what is overdue.
func (b *jitterBuffer) release(now time.Time) {
	for b.next <= b.highest && b.advance(now, false) {
	}
}

// advance releases the next packet, or the gap in its place when that is overdue or
// force is set. It reports whether it got on.
func (b *jitterBuffer) advance(now time.Time, force bool) bool {
	if s := b.slot(b.next); s.index == b.next && s.state == slotHeld {
		s.state = slotReleased
		b.next++
		b.begun = true
		b.out.packet(&s.rtpPacket)

		return true
	}
	n := 0
	for n < len(b.missing) && b.missing[n].index == b.next && (force || now.Sub(b.missing[n].noticed) >= b.delay) {
		s := b.slot(b.next)
		s.index, s.state = b.next, slotLost
		b.next++
		n++
	}
	if n == 0 {
		return false
	}
	lost := n
	if !b.begun && b.missing[0].index == b.ahead {
		lost--
	}
	b.missing = slices.Delete(b.missing, 0, n)
	b.begun = true
	if lost > 0 {
		b.out.gap(lost)
	}

	return true
}

// flush releases everything, with gaps where packets are still missing.
func (b *jitterBuffer) flush() {
	for b.started && b.next <= b.highest {
		b.advance(time.Time{}, true)
	}
}

// due returns the sequence numbers to ask for at now, given the round trip, zero
// where unknown. The slice is valid until the next call.
func (b *jitterBuffer) due(now time.Time, rtt time.Duration) []uint16 {
	b.asked = b.asked[:0]
	retry := retryAfter(rtt)
	ask := func(m *missingPacket) {
		if m.asks < maxAsks && !m.nextAsk.After(now) && len(b.asked) < maxNackBatch {
			m.asks++
			m.nextAsk = now.Add(retry)
			b.asked = append(b.asked, uint16(m.index)) //nolint:gosec // modular by design
		}
	}
	for i := range b.missing {
		ask(&b.missing[i])
	}
	switch {
	case b.waitsForTail(now):
		ask(&b.tail)
	case len(b.missing) == 0:
		b.unfinished = false
	}

	return b.asked
}

// retryAfter is the time between two requests for one packet.
func retryAfter(rtt time.Duration) time.Duration {
	if rtt <= 0 {
		return nackFallback
	}

	return max(rtt+rtt/4, nackFloor)
}

// adapt sets how long missing packets are waited for: until the answer to the last
// request can have come, given the round trip, zero where unknown.
func (b *jitterBuffer) adapt(rtt time.Duration) {
	b.delay = b.limit
	if rtt > 0 {
		b.delay = min(b.limit, reorderWait+maxAsks*retryAfter(rtt))
	}
}

// waitsForTail tells whether the end of a frame is missing, with nothing behind it.
func (b *jitterBuffer) waitsForTail(now time.Time) bool {
	return b.unfinished && len(b.missing) == 0 && now.Sub(b.tail.noticed) < b.delay
}

// waits tells whether anything is missing at now that may still come.
func (b *jitterBuffer) waits(now time.Time) bool {
	return len(b.missing) > 0 || b.waitsForTail(now)
}

// wake returns when due or release has something to do, zero for never.
func (b *jitterBuffer) wake() time.Time {
	var at time.Time
	if len(b.missing) > 0 {
		at = b.missing[0].noticed.Add(b.delay)
	}
	for i := range b.missing {
		if m := &b.missing[i]; m.asks < maxAsks && m.nextAsk.Before(at) {
			at = m.nextAsk
		}
	}
	if at.IsZero() && b.unfinished && b.tail.asks < maxAsks {
		at = b.tail.nextAsk
	}

	return at
}
