// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

// timerInterval is how often the estimator wants to be woken while it waits for
// feedback (libwebrtc's process interval).
const timerInterval = 25 * time.Millisecond

// Estimator turns sent packets and feedback into an estimate of what the path
// carries. It is not safe for concurrent use.
type Estimator struct {
	cfg     Config
	observe Observer
	update  Update

	history    history
	rtt        roundTrip
	throughput throughput
	loss       lossMeter
	prober     prober
	schedule   probeSchedule
	limited    limited
	model      pathModel
	lossTest   lossResponse
	gradient   gradientControl
	smoother   *Smoother
	stats      Stats
	events     scratchEvents

	timerAt    Time // when to be woken next
	now        Time // latest time seen: inputs from the past do not turn it back
	firstSent  Time
	feedbackAt Time
	remb       Bitrate
	started    bool
	heard      bool
	state      State
	// late is the share of packets that come after later ones.
	late float64
}

// scratchEvents are told again and again, so that telling allocates nothing.
type scratchEvents struct {
	state   StateChange
	probe   ProbeResult
	sharing SharingChange
	reset   ClockReset
}

// Stats counts input that was ignored, and why.
type Stats struct {
	// SentIgnored counts sent packets whose number did not grow.
	SentIgnored uint64 `json:"sent_ignored"`
	// Unknown counts results for packets that were never sent or are forgotten.
	Unknown uint64 `json:"unknown"`
	// Duplicate counts results for packets that were already settled.
	Duplicate uint64 `json:"duplicate"`
	// LateReceived counts packets that were reported lost and received later.
	LateReceived uint64 `json:"late_received"`
	// ClockResets counts the times that a clock was set.
	ClockResets uint64 `json:"clock_resets"`
}

// New returns an estimator that starts at now. It fails where cfg is invalid.
func New(cfg Config, now Time) (*Estimator, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	smoother, err := NewSmoother(cfg.Smoother)
	if err != nil {
		return nil, err
	}
	e := &Estimator{cfg: cfg, observe: func(Event) {}, now: now, smoother: smoother}
	e.prober.cfg, e.schedule.cfg, e.limited.cfg = &e.cfg.Probe, &e.cfg.Probe, &e.cfg.Probe
	e.lossTest.cfg, e.lossTest.share = &e.cfg.Loss, 1
	e.model.init(&e.cfg)
	e.gradient.init(&e.cfg)
	e.publish(e.raw())

	return e, nil
}

// SetObserver sends the estimator's internal events (states, probes, sharing,
// oscillation) to o from now on; nil stops them.
func (e *Estimator) SetObserver(o Observer) {
	if o == nil {
		o = func(Event) {}
	}
	e.observe = o
	e.smoother.SetObserver(o)
}

// SetConfig replaces the configuration; what was learnt of the path stays. It
// fails, changing nothing, where cfg is invalid.
func (e *Estimator) SetConfig(cfg Config, now Time) (Update, error) {
	if err := cfg.Validate(); err != nil {
		return e.Latest(), err
	}
	if err := e.smoother.SetConfig(cfg.Smoother); err != nil {
		return e.Latest(), err
	}
	e.cfg = cfg
	e.advance(now)

	return e.publish(e.smoother.OnTimer(e.now, e.raw())), nil
}

// Stats returns the counts of ignored input.
func (e *Estimator) Stats() Stats { return e.stats }

// OnSent records a packet that left for the wire. Sequence numbers that do not
// grow are ignored.
func (e *Estimator) OnSent(p SentPacket) {
	e.advance(p.At)
	p.At = e.now
	if !e.history.add(&p) {
		e.stats.SentIgnored++

		return
	}
	if !e.started {
		e.started, e.firstSent, e.timerAt = true, e.now, e.now
	}
	e.model.onSent(e.now)
	if !e.cfg.Capacity.Enabled {
		e.limited.onSent(8*int64(p.Size), Bitrate(e.gradient.rate), e.now)
	}
}

// OnFeedback takes in one transport feedback message.
func (e *Estimator) OnFeedback(f Feedback) Update {
	e.advance(f.At)
	e.loss.advance(e.now)
	got := e.settle(f.Results)
	if got.received == 0 {
		return e.publish(e.smoother.OnTimer(e.now, e.raw()))
	}
	if e.history.writeOffBefore(f.Results[0].Seq) {
		e.model.onMissing()
	}
	e.late = nonTiny(e.late + float64((float64(got.late)/float64(got.received)-e.late)/32))
	elapsed := e.now.Sub(e.feedbackAt).Seconds()
	e.heard, e.feedbackAt = true, e.now
	rtt := e.now.Sub(got.newest)
	e.rtt.add(rtt)
	mode, blind := e.model.response.mode, e.model.blind > 0
	if e.modelled() {
		e.model.onFeedback(rtt, got.lost > 0, e.now)
	}
	if e.cfg.Capacity.Enabled && e.cfg.Loss.Enabled {
		queued := e.model.queue.least > e.cfg.Response.Margin.Seconds()
		e.lossTest.update(&e.loss, queued || blind, e.rtt.smooth, min(elapsed, 1), e.now)
	}
	if !e.cfg.Capacity.Enabled {
		e.gradient.onFeedback(e)
	}
	e.tellSharing(mode)

	return e.publish(e.smooth(rtt))
}

// settled is what a feedback told.
type settled struct {
	received, lost, late int
	newest               Time // send time of the newest packet received
}

// settle matches a feedback with what was sent.
func (e *Estimator) settle(results []PacketResult) settled {
	var got settled
	var received, lost int64
	for i := range results {
		r := &results[i]
		p := e.history.get(r.Seq)
		if p == nil {
			e.stats.Unknown++

			continue
		}
		switch {
		case !r.Received && (p.state == packetInFlight || p.state == packetWrittenOff):
			e.history.settle(p, packetLost)
			if p.kind != PacketRetransmission {
				lost++
				got.lost++
			}
		case r.Received && p.state != packetReceived:
			if p.state == packetLost {
				e.stats.LateReceived++
				got.late++
				if p.kind != PacketRetransmission {
					lost--
				}
			}
			e.history.settle(p, packetReceived)
			if p.kind != PacketRetransmission {
				received++
			}
			got.received++
			got.newest = max(got.newest, p.sentAt)
			e.onReceived(r.Seq, p, r.ReceivedAt)
		default:
			e.stats.Duplicate++
		}
	}
	e.loss.add(received, lost)

	return got
}

// onReceived takes in a packet whose arrival was not known before.
func (e *Estimator) onReceived(seq int64, p *packet, at Time) {
	e.throughput.add(at, int(p.size))
	if e.modelled() {
		resets := e.model.queue.resets
		skipped := int64(0)
		if seq != e.model.bursts.seq+1 {
			skipped = e.skipped(seq)
		}
		e.model.onReceived(seq, p, skipped, at, e.now)
		if e.model.queue.resets != resets {
			e.stats.ClockResets++
			e.events.reset.At = e.now
			e.observe(&e.events.reset)
		}
	}
	if p.cluster != 0 {
		e.onProbed(p, at)
	}
	if !e.cfg.Capacity.Enabled {
		e.gradient.onReceived(p.sentAt, at, int64(p.size), e.now)
	}
}

// skipped returns the bytes between the last packet that the model saw and seq, not the
// next one, that went over the link too, negative where unknown. What is missing may
// have been dropped before the link, unless packets of this path are known to come late.
func (e *Estimator) skipped(seq int64) int64 {
	const often = 0.01
	if e.late < often {
		return -1
	}

	return e.history.between(e.model.bursts.seq, seq)
}

// modelled tells whether the path model is in use.
func (e *Estimator) modelled() bool { return e.cfg.Capacity.Enabled || e.cfg.Evidence.Enabled }

// onProbed takes in a packet of a probe.
func (e *Estimator) onProbed(p *packet, at Time) {
	c, result := e.prober.add(p.cluster, p.sentAt, at, int(p.size))
	if result <= 0 {
		return
	}
	e.events.probe = ProbeResult{At: e.now, ID: c.id, Asked: c.rate, Result: result}
	e.observe(&e.events.probe)
	e.model.onProbe(result)
	e.gradient.onProbe(result)
	// No further probe into a queue.
	if e.model.queue.own < e.cfg.Queue.OwnMargin.Seconds() {
		e.prober.further(result, e.cfg.MaxBitrate)
	}
}

// OnREMB takes in a receiver-side estimate.
func (e *Estimator) OnREMB(r REMB) Update {
	e.advance(r.At)
	e.remb = max(r.Bitrate, 0)

	return e.publish(e.smoother.OnTimer(e.now, e.raw()))
}

// RequestProbe asks for a probe at rate on behalf of whoever wants to send more than
// it does; the next update holds it, bounded by the greatest estimate. A rate of zero
// asks for nothing. A path with a queue of our own, or without feedback, is not probed.
func (e *Estimator) RequestProbe(rate Bitrate, now Time) {
	e.advance(now)
	if !e.cfg.Probe.Enabled || !e.heard || e.state == StateOveruse || e.state == StateBlind {
		return
	}
	e.prober.ask(min(rate, e.cfg.MaxBitrate))
}

// AdoptProbe makes the estimator read a probe that it did not ask for, such as one in a
// recording, and returns the number that its packets have to carry in
// [SentPacket.ProbeCluster]. It returns zero, and reads nothing, where probing is off,
// or where the probe's rate, packets or duration are not above zero, the rate is above
// 1 Tbps or the duration above a second. The probe's own ID is not used.
func (e *Estimator) AdoptProbe(p Probe, now Time) int {
	e.advance(now)

	return e.prober.adopt(p)
}

// OnTimer lets time pass. Calling it early or often is harmless.
func (e *Estimator) OnTimer(now Time) Update {
	e.advance(now)
	e.timerAt = e.now.Add(timerInterval)
	if e.started {
		e.prober.start(e.cfg.StartBitrate, e.cfg.MaxBitrate)
	}
	e.history.writeOff(e.now.Add(-e.cfg.Feedback.WriteOff))
	e.model.onTimer(e.now)
	if e.started && !e.cfg.Capacity.Enabled {
		e.gradient.onTimer(e)
	}

	return e.publish(e.smoother.OnTimer(e.now, e.raw()))
}

// NextTimer returns when OnTimer wants to be called next, [Never] for not at all.
func (e *Estimator) NextTimer() Time {
	if !e.started {
		return Never
	}

	return e.timerAt
}

// Latest returns the last update again, without its probes.
func (e *Estimator) Latest() Update {
	u := e.update
	u.Probes = nil

	return u
}

// advance moves the clock forward; it never turns it back.
func (e *Estimator) advance(now Time) { e.now = max(e.now, now) }
