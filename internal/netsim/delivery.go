// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

// fate is what became of a frame.
type fate uint8

// The fates.
const (
	// framePending: it waits in the sender or is on its way.
	framePending fate = iota
	// frameArrived: all of its packets are there.
	frameArrived
	// frameSkipped: it was not encoded, so that nothing misses it.
	frameSkipped
	// frameDropped: it was encoded and not sent.
	frameDropped
	// frameLost: the receiver gave up what is missing of it.
	frameLost
)

// frame is one picture on its way from the source to the player.
type frame struct {
	// at is when the source took it.
	at   bwe.Time
	fate fate
	key  bool
	// missing is how many of its packets have not arrived.
	missing int
	// settled is when the receiver knew its fate, never for one that is pending.
	settled bwe.Time
}

// mediaPacket is a packet of a frame, which may cross the path more than once.
type mediaPacket struct {
	frame   int
	size    int
	arrived bool
	// queued: a repeat waits in the pacer.
	queued bool
	// missedAt is when the receiver first saw that it is missing, and askedAt when it
	// last asked for it.
	missedAt, askedAt bwe.Time
}

// delivery follows the frames of a flow, and has lost packets sent again. The
// sender and the receiver share it, but each learns only what packets tell it.
type delivery struct {
	cfg    Player
	frames []frame
	// packets are those from the media sequence number first on.
	packets ring[mediaPacket]
	first   int64
	// highest is the number behind the highest that arrived.
	highest int64
	// keyAfter is the last frame that was given up, behind which a key frame is needed,
	// and lastKey the last key frame that was sent; negative for none.
	keyAfter, lastKey int
}

const (
	// reordering is how long a packet may be overtaken before it is asked for.
	reordering = 20 * time.Millisecond
	// leastRepeat is the least time from one request for a packet to the next, and
	// repeatRounds the round trips.
	leastRepeat  = 50 * time.Millisecond
	repeatRounds = 1.5
)

func newDelivery(cfg Player) delivery { return delivery{cfg: cfg, keyAfter: -1, lastKey: -1} }

// offer adds a frame that the source made or skipped.
func (d *delivery) offer(now bwe.Time, key bool, f fate) {
	added := frame{at: now, fate: f, key: key, settled: bwe.Never}
	if f != framePending {
		added.settled = now
	}
	if f == framePending && (key || d.lastKey < 0) {
		added.key, d.lastKey = true, len(d.frames)
	}
	d.frames = append(d.frames, added)
}

// packet adds one to the latest frame and returns its media sequence number.
func (d *delivery) packet(size int) int64 {
	f := len(d.frames) - 1
	d.frames[f].missing++
	d.packets.push(mediaPacket{frame: f, size: size, missedAt: bwe.Never, askedAt: bwe.Never})

	return d.first + int64(d.packets.len()) - 1
}

// find returns a packet that is not settled, nil for any other.
func (d *delivery) find(seq int64) *mediaPacket {
	if i := seq - d.first; i >= 0 && i < int64(d.packets.len()) {
		return d.packets.at(int(i))
	}

	return nil
}

// arrived notes a packet's arrival.
func (d *delivery) arrived(now bwe.Time, seq int64) {
	d.highest = max(d.highest, seq+1)
	p := d.find(seq)
	if p == nil || p.arrived {
		return
	}
	p.arrived = true
	f := &d.frames[p.frame]
	if f.missing--; f.missing == 0 && f.fate == framePending {
		f.fate, f.settled = frameArrived, now
	}
}

// settle lets go of packets that arrived, and gives those up that were missing for
// as long as the player's buffer lasts.
func (d *delivery) settle(now bwe.Time) {
	patience := d.cfg.Buffer.Std()
	if d.cfg.NoRetransmission {
		patience = reordering
	}
	for d.packets.len() > 0 && d.first < d.highest {
		p := d.packets.at(0)
		if !p.arrived {
			if p.missedAt == bwe.Never || now.Sub(p.missedAt) < patience {
				return
			}
			if f := &d.frames[p.frame]; f.fate == framePending {
				f.fate, f.settled = frameLost, now
			}
			d.keyAfter = max(d.keyAfter, p.frame)
		}
		d.packets.pop()
		d.first++
	}
}

// missing appends the packets that are to be asked for, each at most once in a
// round trip.
func (d *delivery) missing(now bwe.Time, round time.Duration, out []int64) []int64 {
	wait := max(leastRepeat, time.Duration(repeatRounds*float64(round)))
	for i := range int(max(0, min(d.highest-d.first, int64(d.packets.len())))) {
		p := d.packets.at(i)
		switch {
		case p.arrived:
			continue
		case p.missedAt == bwe.Never:
			p.missedAt = now
		}
		if d.cfg.NoRetransmission || now.Sub(p.missedAt) < reordering || p.askedAt != bwe.Never && now.Sub(p.askedAt) < wait {
			continue
		}
		p.askedAt = now
		out = append(out, d.first+int64(i))
	}

	return out
}

// wantsKey reports whether decoding waits for a key frame that was not sent yet.
func (d *delivery) wantsKey() bool { return d.keyAfter >= 0 && d.lastKey <= d.keyAfter }
