// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"math"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// sender is the sending end of a media flow: encoder, pacer and controller.
type sender struct {
	run        *simulation
	cfg        Flow
	name       string
	controller Controller
	// media is the controller where that steers the encoder as well.
	media    mediaController
	encoder  encoder
	pacer    pacer
	receiver *receiver
	route    []*link
	record   *flowRecord

	target      bwe.Bitrate
	window      int64
	outstanding outstanding
	nextSeq     int64
	lastSent    bwe.Time
	running     bool
	pumpAt      bwe.Time
	timerAt     bwe.Time
}

// The events of a sender.
const (
	senderStart operation = iota
	senderStop
	senderFrame
	senderAudio
	senderPump
	senderTimer
)

const (
	// longestBacklog is the pacer's backlog above which an encoder skips frames.
	longestBacklog = 500 * time.Millisecond
	// keepalive is after how long one packet leaves although the congestion window
	// is full, as feedback that was lost for good would otherwise end the flow.
	keepalive = 500 * time.Millisecond
	// rtpHeader is what a packet adds to the payload that a rate controller counts,
	// in bytes.
	rtpHeader = 20
	// shortestTimer bounds how often a controller is called for time alone.
	shortestTimer = time.Millisecond
)

func (s *sender) handle(op operation, _ *packet) {
	now := s.run.timeline.now
	switch op {
	case senderStart:
		s.running = true
		s.take(s.controller.Start(now))
		s.receiver.start(now)
		s.frame(now)
		if s.cfg.Source.Audio > 0 {
			s.audio(now)
		}
	case senderStop:
		s.running = false
	case senderFrame:
		s.frame(now)
	case senderAudio:
		s.audio(now)
	case senderPump:
		if now == s.pumpAt {
			s.pumpAt = bwe.Never
			s.pump()
		}
	case senderTimer:
		if now == s.timerAt && s.running {
			s.timerAt = bwe.Never
			s.take(s.controller.OnTimer(now))
		}
	}
}

// take follows the controller's answer.
func (s *sender) take(u bwe.Update, err error) {
	now := s.run.timeline.now
	if err != nil {
		s.run.fail(errController(s.name, now, err))

		return
	}
	u = finite(u, s.run.limits)
	s.target, s.window = u.Estimate, u.CongestionWindow
	if s.media != nil {
		s.target = s.media.decision().Target
	}
	s.record.target = s.target
	s.record.estimates(&u)
	s.encoder.follow(now, s.target)
	s.pacer.set(now, &u, s.run.limits.Max*mostPacing)
	if at := s.controller.NextTimer(); at != bwe.Never {
		at = max(at, now.Add(shortestTimer))
		if at != s.timerAt {
			s.timerAt = at
			s.run.timeline.schedule(at, s, senderTimer, nil)
		}
	}
	s.pump()
}

func (s *sender) frame(now bwe.Time) {
	if !s.running {
		return
	}
	s.run.timeline.schedule(now.Add(s.encoder.interval()), s, senderFrame, nil)
	if !s.cfg.active(now) {
		return
	}
	size, key := s.encoder.frame(now)
	s.record.frames++
	header := 0
	skip := s.pacer.delay() > longestBacklog
	if s.media != nil {
		header = rtpHeader
		s.media.onPacer(ratecontrol.PacerState{At: now, Delay: min(s.pacer.delay(), time.Hour), Bytes: s.pacer.bytes})
		skip = s.media.onFrame(ratecontrol.Frame{At: now, Kind: ratecontrol.Video, Size: size, Key: key}).Drop != ratecontrol.KeepFrame
	}
	if skip {
		s.record.skipped++

		return
	}
	s.pacer.put(now, size, header)
	s.pump()
}

// audio bypasses the pacer's queue, as small regular packets do.
func (s *sender) audio(now bwe.Time) {
	if !s.running {
		return
	}
	s.run.timeline.schedule(now.Add(audioInterval), s, senderAudio, nil)
	if size := s.encoder.audio(); size > 0 && s.cfg.active(now) {
		if s.media != nil {
			// Audio is always sent; the controller counts it.
			s.media.onFrame(ratecontrol.Frame{At: now, Kind: ratecontrol.Audio, Size: size})
		}
		s.pacer.settle(now)
		s.transmit(size, bwe.PacketAudio)
	}
}

// pump sends what the pacer lets go and sees to it that it is asked again.
func (s *sender) pump() {
	now := s.run.timeline.now
	for s.running && s.run.err == nil {
		size, kind, wait := s.pacer.next(now, s.blocked(now))
		if size == 0 {
			s.pumpLater(now, wait)

			return
		}
		if kind == bwe.PacketVideo {
			head := s.pacer.queue.pop()
			s.pacer.bytes -= int64(size)
			s.record.pacing.add(now.Sub(head.since))
		}
		s.transmit(size, kind)
	}
}

func (s *sender) pumpLater(now bwe.Time, wait time.Duration) {
	at := bwe.Never
	if wait < math.MaxInt64 {
		at = now.Add(wait)
	}
	if s.blocked(now) {
		at = min(at, s.lastSent.Add(keepalive))
	}
	if at < s.pumpAt {
		s.pumpAt = at
		s.run.timeline.schedule(at, s, senderPump, nil)
	}
}

// blocked reports whether the congestion window is full.
func (s *sender) blocked(now bwe.Time) bool {
	return s.window > 0 && s.outstanding.bytes+payloadMost > s.window && s.outstanding.bytes > 0 &&
		now < s.lastSent.Add(keepalive)
}

func (s *sender) transmit(size int, kind bwe.PacketKind) {
	now := s.run.timeline.now
	sent := bwe.SentPacket{At: now, Seq: s.nextSeq, Size: size, Kind: kind, ProbeCluster: s.pacer.sent(size)}
	s.nextSeq++
	s.lastSent = now
	s.outstanding.add(size)
	s.record.sent(size, kind)
	if err := s.controller.OnSent(sent); err != nil {
		s.run.fail(errController(s.name, now, err))

		return
	}
	p := s.run.pool.get()
	p.owner, p.route, p.flow = s.receiver, s.route, s.record.index
	p.seq, p.size, p.kind, p.sentAt = sent.Seq, size, kind, now
	forward(p)
}

// arrive takes in a feedback message.
func (s *sender) arrive(p *packet) {
	s.record.feedbackArrived++
	s.outstanding.report(p.results)
	if s.running {
		s.take(s.controller.OnFeedback(bwe.Feedback{At: s.run.timeline.now, Results: p.results}))
	}
	s.run.pool.put(p)
}

// lose hears of a feedback message that was lost.
func (s *sender) lose(p *packet) {
	s.record.feedbackLost++
	s.run.pool.put(p)
}

// outstanding counts the bytes that no feedback has spoken of.
type outstanding struct {
	first int64
	sizes ring[int]
	bytes int64
}

func (o *outstanding) add(size int) {
	o.sizes.push(size)
	o.bytes += int64(size)
}

// report takes off what a feedback names, and what is older than its first packet:
// no later feedback will name that.
func (o *outstanding) report(results []bwe.PacketResult) {
	if len(results) == 0 {
		return
	}
	for _, r := range results {
		if i := r.Seq - o.first; i >= 0 && i < int64(o.sizes.len()) {
			size := o.sizes.at(int(i))
			o.bytes -= int64(*size)
			*size = 0
		}
	}
	for o.sizes.len() > 0 && (o.first < results[0].Seq || *o.sizes.at(0) == 0) {
		o.bytes -= int64(o.sizes.pop())
		o.first++
	}
}
