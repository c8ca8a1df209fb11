// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import "time"

const (
	// maxPlayoutFrames and maxPlayoutBytes bound what waits in one stream: 5 s of video
	// at 100 frames a second.
	maxPlayoutFrames = 512
	maxPlayoutBytes  = 32 << 20
)

// playout holds complete frames, in decoding order, for as long as the jitter of the
// path asks for, at least for least and never longer than limit, so that they go on
// evenly. It is not
// safe for concurrent use.
type playout struct {
	limit time.Duration
	least time.Duration
	clock int64
	dts   *decodingTimes // nil where PTS are DTS
	out   func(f recordedFrame, decodable bool)

	level jitterLevel
	epoch time.Time // of arrivals, that of the first frame
	first int64     // its timestamp
	timed bool
	told  bool // composition times are there
	held  []playoutFrame
	bytes int
}

// playoutFrame is a frame that waits.
type playoutFrame struct {
	recordedFrame

	decodable bool
	size      int
	media     time.Duration // DTS from the stream's first timestamp
	ready     time.Time
}

func newPlayout(c codec, clock uint32, limit time.Duration, out func(recordedFrame, bool)) *playout {
	p := &playout{limit: limit, clock: int64(clock), out: out}
	if c.ofUnits() {
		p.dts = newDecodingTimes(c)
	}

	return p
}

// frame takes the next frame at now, and puts out what is due. The jitter is that of
// its own packets, the latest of which came at completed: waiting behind a packet that
// is lost is none.
func (p *playout) frame(f recordedFrame, decodable bool, completed, now time.Time) {
	if !p.timed {
		p.timed, p.first, p.epoch = true, f.timestamp, now
	}
	h := playoutFrame{recordedFrame: f, decodable: decodable, ready: now}
	for _, u := range f.units {
		h.size += len(u)
	}
	dts, known := p.decodingTime(&f)
	if known {
		h.media = time.Duration(dts) * 100000 / 9
		p.level.frame(now, h.media, completed.Sub(p.epoch))
	} else {
		h.media = now.Sub(p.epoch) - p.level.base() // due at once
	}
	p.held = append(p.held, h)
	p.bytes += h.size
	p.release(now)
}

// decodingTime returns a frame's DTS in ticks of [tsClock] from the first timestamp.
func (p *playout) decodingTime(f *recordedFrame) (int64, bool) {
	pts := (f.timestamp - p.first) * tsClock / p.clock
	if f.composition.known {
		p.told = true

		return pts - ticksOf(f.composition.value), true
	}
	if p.told { // this one lost its own
		return 0, false
	}
	if p.dts == nil {
		return pts, true
	}
	dts, err := p.dts.extract(f, pts)

	return dts, err == nil
}

// delay is how long a frame waits that came with the least delay.
func (p *playout) delay() time.Duration { return min(max(p.level.target(), p.least), p.limit) }

// due returns when a frame is to go on: by its media time, and at the latest when it
// has waited as long as any may.
func (p *playout) due(f *playoutFrame) time.Time {
	at := p.epoch.Add(f.media + p.level.base() + p.delay())
	if latest := f.ready.Add(p.limit); at.After(latest) {
		return latest
	}

	return at
}

// release puts out what is due at now, and the oldest of what is too much.
func (p *playout) release(now time.Time) {
	n := 0
	for n < len(p.held) {
		f := &p.held[n]
		if now.Before(p.due(f)) && len(p.held)-n <= maxPlayoutFrames && p.bytes <= maxPlayoutBytes {
			break
		}
		p.put(f)
		n++
	}
	p.drop(n)
}

// flush puts out everything.
func (p *playout) flush() {
	for i := range p.held {
		p.put(&p.held[i])
	}
	p.drop(len(p.held))
}

func (p *playout) put(f *playoutFrame) {
	p.bytes -= f.size
	p.out(f.recordedFrame, f.decodable)
}

// drop takes out the first n, which were put out.
func (p *playout) drop(n int) {
	if n == 0 {
		return
	}
	left := copy(p.held, p.held[n:])
	clear(p.held[left:])
	p.held = p.held[:left]
}

// wake returns when the next frame is due, zero for never.
func (p *playout) wake() time.Time {
	if len(p.held) == 0 {
		return time.Time{}
	}

	return p.due(&p.held[0])
}
