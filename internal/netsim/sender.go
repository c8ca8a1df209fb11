// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import (
	"math"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
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
	delivery delivery
	playback playback
	repeated repeatMeter
	receiver *receiver
	route    []*link
	record   *flowRecord
	// feedbackDelay is the delay of the way back.
	feedbackDelay time.Duration

	target      bwe.Bitrate
	window      int64
	outstanding outstanding
	nextSeq     int64
	lastSent    bwe.Time
	running     bool
	pumpAt      bwe.Time
	timerAt     bwe.Time

	// observe, where it is not nil, hears what the path carries for the flow, and of the
	// times in which the picture stood.
	observe  bwe.Observer
	capacity func(bwe.Time) bwe.Bitrate
	told     recording.Capacity
	// knowsCapacity tells that it heard of it before.
	knowsCapacity bool
	viewer        viewer
	freeze        recording.Freeze
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
		s.tellCapacity(now)
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
	s.window = u.CongestionWindow
	s.record.estimate = u.Estimate
	s.record.probesStarted += int64(len(u.Probes))
	s.follow(now, u.Estimate)
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

// follow tells the encoder what is left for it of an estimate, or what the rate
// controller decided.
func (s *sender) follow(now bwe.Time, estimate bwe.Bitrate) {
	if s.media == nil {
		most := s.run.limits.Max
		if len(s.cfg.Source.Tiers) > 0 {
			most = (s.cfg.Source.ceiling() + s.cfg.Source.Audio).Bitrate()
		}
		s.target = min(estimate, most)
		s.ask(now, min(estimate-min(s.repeated.rate(now), estimate/2), most))
	} else {
		d := s.media.decision()
		s.target = d.Target
		s.ask(now, d.Target)
		if tiers := s.media.tiers(); d.Tier != s.record.tier && d.Tier < len(tiers) {
			s.encoder.setFrameRate(tiers[d.Tier].FrameRate, s.record.tier == noTier)
			s.record.tier = d.Tier
		}
		if d.KeyFrame {
			s.encoder.requestKey()
		}
	}
	s.record.target = s.target
}

// ask gives the encoder its target.
func (s *sender) ask(now bwe.Time, rate bwe.Bitrate) {
	s.encoder.follow(now, rate)
	s.record.asked = s.encoder.bounded(rate)
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
	what := framePending
	if s.media != nil {
		header = rtpHeader
		s.media.onPacer(ratecontrol.PacerState{At: now, Delay: min(s.pacer.delay(), time.Hour), Bytes: s.pacer.bytes})
	}
	switch {
	case size <= 0 || s.media == nil && s.pacer.delay() > longestBacklog:
		what = frameSkipped
		s.encoder.skipped(key)
	case s.media != nil && s.media.onFrame(ratecontrol.Frame{At: now, Kind: ratecontrol.Video, Size: size, Key: key}).Drop != ratecontrol.KeepFrame:
		what = frameDropped
	}
	if what != frameSkipped {
		s.record.made[binOf(now)] += int64(size)
	}
	s.delivery.offer(now, key, what)
	if what != framePending {
		s.record.skipped++

		return
	}
	n := packets(size, header)
	for i := range n {
		part := packetSize(size, header, i, n)
		s.pacer.put(waiting{size: part, media: s.delivery.packet(part), since: now})
	}
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
		s.transmit(size, bwe.PacketAudio, noMedia)
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
		media := int64(noMedia)
		if kind != bwe.PacketPadding {
			head := s.pacer.take(kind)
			media = head.media
			if kind == bwe.PacketVideo {
				s.record.pacing.Add(now.Sub(head.since))
			}
		}
		s.transmit(size, kind, media)
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

func (s *sender) transmit(size int, kind bwe.PacketKind, media int64) {
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
	p.seq, p.size, p.kind, p.sentAt, p.media = sent.Seq, size, kind, now, media
	if kind == bwe.PacketRetransmission {
		s.repeated.add(now, size)
		if m := s.delivery.find(media); m != nil {
			m.queued = false
		}
	}
	forward(p)
}

// arrive takes in a feedback message.
func (s *sender) arrive(p *packet) {
	s.record.feedbackArrived++
	s.outstanding.report(p.results)
	s.repeat(p)
	if s.running {
		s.take(s.controller.OnFeedback(bwe.Feedback{At: s.run.timeline.now, Results: p.results}))
	}
	s.run.pool.put(p)
}

// repeat queues the packets that a feedback message asks for.
func (s *sender) repeat(p *packet) {
	now := s.run.timeline.now
	for _, seq := range p.missing {
		m := s.delivery.find(seq)
		if m == nil || m.arrived || m.queued || !s.running {
			continue
		}
		m.queued = true
		s.pacer.repeat(waiting{size: m.size, media: seq, since: now})
	}
	if p.wantsKey && s.delivery.wantsKey() {
		s.encoder.requestKey()
	}
}

// lose hears of a feedback message that was lost.
func (s *sender) lose(p *packet) {
	s.record.feedbackLost++
	s.run.pool.put(p)
}

// tellCapacity tells the observer what the path carries for the flow from now on, where
// that has changed.
func (s *sender) tellCapacity(now bwe.Time) {
	if s.observe == nil || !s.running {
		return
	}
	rate := s.capacity(now)
	if rate >= maxRate || rate == s.told.Bitrate && s.knowsCapacity {
		return
	}
	s.knowsCapacity, s.told = true, recording.Capacity{At: now, Bitrate: rate}
	s.observe(&s.told)
}

// tellFreezes tells the observer of the freezes and stalls at the player that are over.
func (s *sender) tellFreezes(now bwe.Time) {
	if s.observe == nil || now > s.cfg.Stop.time() {
		return
	}
	s.viewer.watch(now, s.delivery.frames)
	for _, stood := range s.viewer.ended() {
		s.freeze = recording.Freeze{At: now, Since: stood.from}
		s.observe(&s.freeze)
	}
}
