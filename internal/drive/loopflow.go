// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package drive

import (
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// loopFlow answers the rate controller's target.
type loopFlow struct {
	loop  *control.Loop
	queue sourceQueue
}

func (f *loopFlow) onSent(p bwe.SentPacket) {
	f.loop.OnSent(p)
	f.queue.onSent(&p)
}

func (f *loopFlow) onFeedback(fb bwe.Feedback) answer {
	f.queue.onFeedback(fb.Results)
	f.reportQueue(fb.At)
	f.loop.OnFeedback(fb)

	return f.answer(fb.At)
}

func (f *loopFlow) onTimer(now bwe.Time) answer {
	f.reportQueue(now)
	f.loop.OnTimer(now)

	return f.answer(now)
}

func (f *loopFlow) reportQueue(now bwe.Time) {
	f.queue.advance(now)
	size := f.queue.bytes()
	f.loop.OnPacer(ratecontrol.PacerState{
		At: now, Bytes: size, Delay: min(f.loop.Update().PacingRate.TimeFor(size), time.Hour),
	})
}

func (f *loopFlow) answer(now bwe.Time) answer {
	u, d := f.loop.Update(), f.loop.Decision()
	f.queue.follow(now, d.Target, u)

	return answer{d.Target, *u}
}

// sourceQueue reckons what waits in the simulator's pacer, of which the protocol says
// nothing: what the source has made at the target, less what has left. A pause between
// two packets that neither the pacing rate nor the window explains shows that nothing
// waited, and puts the reckoning right.
type sourceQueue struct {
	waiting float64 // bytes
	target  bwe.Bitrate
	pacing  bwe.Bitrate
	window  int64
	now     bwe.Time
	begun   bool

	// last is when the latest packet left, free when the pacer let the next one go.
	free bwe.Time
	any  bool
	// sizes are those of the packets in flight, by sequence number.
	sizes  [flightPackets]flight
	flying int64
}

type flight struct {
	seq  int64
	size int
}

const (
	// flightPackets is how many packets in flight are remembered.
	flightPackets = 4096
	// sourceFrame is the frame interval of the protocol's source, and the time it may
	// hold back before frames are dropped.
	sourceFrame = time.Second / 30
	sourceLimit = 500 * time.Millisecond
	// pauseLeast is a pause that rounding does not explain.
	pauseLeast = 2 * time.Millisecond
)

// follow takes in what was answered.
func (q *sourceQueue) follow(now bwe.Time, target bwe.Bitrate, u *bwe.Update) {
	q.advance(now)
	q.target, q.pacing, q.window = target, u.PacingRate, u.CongestionWindow
	if q.window > 0 {
		q.window += u.Unreported
	}
}

// advance lets the source make what the target asks for. It makes no more while its
// pacer holds too much.
func (q *sourceQueue) advance(now bwe.Time) {
	if !q.begun {
		q.begun, q.now = true, now
	}
	if elapsed := now.Sub(q.now); elapsed > 0 {
		most := float64(q.pacing.Bytes(sourceLimit) + q.target.Bytes(sourceFrame))
		if q.waiting < most {
			q.waiting = min(q.waiting+float64(float64(q.target)/8*min(elapsed, time.Second).Seconds()), most)
		}
		q.now = now
	}
}

func (q *sourceQueue) onSent(p *bwe.SentPacket) {
	q.advance(p.At)
	if q.any && p.At.Sub(q.free) > pauseLeast && (q.window <= 0 || q.flying <= q.window) {
		// Nothing had waited: this is the first packet of a new frame.
		q.waiting = float64(q.target.Bytes(sourceFrame))
	}
	q.waiting = max(0, q.waiting-float64(p.Size))
	q.any, q.free = true, p.At.Add(min(q.pacing.TimeFor(int64(p.Size)), time.Second))
	slot := &q.sizes[uint64(p.Seq)%flightPackets]
	q.flying += int64(p.Size - slot.size)
	*slot = flight{p.Seq, p.Size}
}

func (q *sourceQueue) onFeedback(results []bwe.PacketResult) {
	for i := range results {
		if slot := &q.sizes[uint64(results[i].Seq)%flightPackets]; slot.seq == results[i].Seq {
			q.flying -= int64(slot.size)
			slot.size = 0
		}
	}
}

// bytes returns what waits beside the frame that is being sent.
func (q *sourceQueue) bytes() int64 {
	return max(0, int64(q.waiting)-q.target.Bytes(sourceFrame))
}
