// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/rtp"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/ccfeedback"
	"github.com/rtmcc/rtmcc/internal/control"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// owner is the part of a Sender that one goroutine owns: all that decides.
type owner struct {
	s       *Sender
	cfg     Config
	log     logging.LeveledLogger
	observe bwe.Observer
	notify  *notifier
	in      inbox

	loop     *control.Loop
	pacer    pacer
	late     lateness
	sent     sentTable
	feedback feedbackState
	streams  []*stream
	// stamped: some stream carries transport-wide sequence numbers; those that do
	// not are then unknown to the receiver's feedback.
	stamped bool
	// indexed: the peer sends RFC 8888.
	indexed bool
	// untracked is the bytes that left without a number since the last that had one.
	untracked int

	rtcpWriter interceptor.RTCPWriter
	references []referenceTime
	budget     budget
	protection *ratecontrol.Protection
	plan       ratecontrol.ProtectionPlan
	overhead   overheadMeter
	reportRTT  time.Duration
	declared   uint32

	// last is the time of the latest input to the loop; inputs are in order.
	last        bwe.Time
	started     bool
	firstSent   bwe.Time
	lastSent    bwe.Time
	loopAt      bwe.Time
	reportedAt  bwe.Time
	reported    int64
	nextReports bwe.Time
	// feedbackMissing: the wait for transport feedback ended without any.
	feedbackMissing bool

	// shared is the budget that the Sender takes part in, nil for none, seat its place
	// there while it runs.
	shared *Budget
	seat   *budgetSeat
	weight float64

	packetTap  PacketTap
	header     rtp.Header
	fecHeader  rtp.Header
	extensions []rtp.Extension
	padding    *packet
	stats      Stats
	meter      rateMeter
	events     events
	overflowed atomic.Int64
	stampWarn  bool
}

func newOwner(s *Sender, opts options) (*owner, error) {
	o := &owner{
		s: s, cfg: opts.cfg, observe: opts.observe, notify: s.notify,
		shared: opts.budget, weight: opts.weight, packetTap: opts.tap,
		log:         opts.loggers.NewLogger(logScope),
		sent:        newSentTable(),
		feedback:    newFeedbackState(),
		loopAt:      bwe.Never,
		nextReports: bwe.Never,
	}
	if o.observe == nil {
		o.observe = func(bwe.Event) {}
	}
	o.stats.FeedbackKind = FeedbackNone
	o.pacer = pacer{cfg: opts.cfg.Pacer, dropped: o.packetDropped}
	var err error
	o.loop, err = control.NewLoop(control.Config{BWE: opts.cfg.BWE, RateControl: opts.cfg.RateControl}, 0, o.observe)
	if err != nil {
		return nil, err
	}
	if o.protection, err = ratecontrol.NewProtection(opts.cfg.Protection); err != nil {
		return nil, err
	}
	u := o.loop.Update()
	o.pacer.setRates(0, u.PacingRate, u.PaddingRate)
	s.target.Store(int64(o.loop.Decision().Target))

	return o, nil
}

// run works until the Sender is closed.
func (o *owner) run() {
	defer close(o.s.done)
	o.joinBudget()
	o.tellNeed()
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	for {
		closed := o.collect()
		o.work()
		if closed {
			o.close()

			return
		}
		o.timers()
		wake := o.drain()
		o.reportPacer()
		o.reportOverhead()
		wake = min(wake, o.deadline())
		if wake == bwe.Never {
			<-o.s.wake

			continue
		}
		timer.Reset(wake.Sub(o.s.now()))
		select {
		case <-o.s.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// collect takes over what was posted.
func (o *owner) collect() (closed bool) {
	o.in.reset()
	o.s.mu.Lock()
	defer o.s.mu.Unlock()
	o.in, o.s.in = o.s.in, o.in

	return o.s.closed
}

// tick makes at the time of an input to the loop: inputs never go back in time,
// though they are stamped where they arrive.
func (o *owner) tick(at bwe.Time) bwe.Time {
	o.last = max(o.last, at)

	return o.last
}

func (o *owner) work() {
	for _, call := range o.in.calls {
		call(o)
	}
	for _, m := range o.in.rtcp.messages {
		o.onRTCP(o.in.rtcp.bytes[m.start:m.end], o.tick(m.at))
	}
	if n := o.in.rtcp.overflow; n > 0 {
		o.ignore(o.tick(o.s.now()), IgnoredOverflow, n)
	}
	o.answerReferences()
	for _, m := range o.in.marks {
		if st := o.streamOf(m.ssrc); st != nil {
			st.marks.add(m)
		}
	}
	for _, p := range o.in.packets {
		o.enqueue(p)
	}
	if len(o.in.offers) > 0 {
		o.reportPacer()
	}
	for _, of := range o.in.offers {
		of.frame.At = o.tick(of.frame.At)
		of.verdict <- o.loop.OnFrame(of.frame)
	}
	if n := o.overflowed.Swap(0); n > 0 {
		o.stats.PacketsDropped += uint64(n)
	}
}

// onRTCP takes in one message or a compound of several.
func (o *owner) onRTCP(b []byte, at bwe.Time) {
	for len(b) > 0 {
		p, rest, ok := ccfeedback.Next(b)
		if !ok {
			o.ignore(at, IgnoredMalformed, 1)

			return
		}
		o.dispatch(p, at)
		b = rest
	}
}

func (o *owner) dispatch(p []byte, at bwe.Time) {
	var err error
	switch packetType, format := ccfeedback.Kind(p); packetType {
	case ccfeedback.TypeTransport:
		switch format {
		case ccfeedback.FormatTransportWide:
			o.onTransportCC(p, at)
		case ccfeedback.FormatRFC8888:
			o.onCCFB(p, at)
		case formatNACK:
			err = o.onNACK(p, at)
		}
	case ccfeedback.TypePayload:
		if format == ccfeedback.FormatREMB {
			o.onREMB(p, at)
		}
	case rtcpExtendedReport:
		err = o.onXR(p, at)
	case rtcpSenderReport, rtcpReceiverReport:
		err = parseReports(p, func(r reportBlock) { o.onReportBlock(r, at) })
	}
	if err != nil {
		o.ignore(at, IgnoredMalformed, 1)
	}
}

// timers does what time alone asks for.
func (o *owner) timers() {
	now := o.s.now()
	if o.awake(now) && now >= o.loopAt {
		at := o.tick(now)
		o.loop.OnTimer(at)
		o.decided(at)
	}
	if now >= o.feedbackDeadline() {
		o.feedbackMissing = true
		o.log.Warnf("peer sent no transport feedback within %v of the first media packet; "+
			"falling back to REMB, else to the start bitrate", o.cfg.Feedback.Timeout)
		if o.feedback.kind == FeedbackNone {
			o.events.feedback = FeedbackChanged{At: o.tick(now), Kind: FeedbackNone}
			o.observe(&o.events.feedback)
		}
	}
	o.closeDueBlocks(now)
	if now >= o.nextReports {
		o.sendReports(now)
	}
}

// awake says whether the estimator's timers run: not before the first packet, and not
// long after the last.
func (o *owner) awake(now bwe.Time) bool {
	return o.started && (o.pacer.bytes > 0 || now.Sub(o.lastSent) <= o.cfg.Pacer.IdleTimeout)
}

// feedbackDeadline is when transport feedback is overdue.
func (o *owner) feedbackDeadline() bwe.Time {
	k := o.feedback.kind
	if !o.started || o.feedbackMissing || k == FeedbackTransportCC || k == FeedbackRFC8888 {
		return bwe.Never
	}

	return o.firstSent.Add(o.cfg.Feedback.Timeout)
}

// deadline is when time alone will ask for something.
func (o *owner) deadline() bwe.Time {
	at := min(o.feedbackDeadline(), o.nextReports, o.fecDeadline())
	if o.awake(o.last) {
		o.schedule()
		at = min(at, o.loopAt)
	}
	if o.pacer.bytes != o.reported {
		at = min(at, o.reportedAt.Add(o.cfg.Pacer.ReportInterval))
	}

	return at
}

// decided puts the loop's latest decision into effect.
func (o *owner) decided(at bwe.Time) {
	u := o.loop.Update()
	o.pacer.setRates(at, u.PacingRate, u.PaddingRate)
	o.pacer.probes.add(at, u.Probes)
	o.planProtection(at)
	o.announce()
}

// announce tells the application of the loop's latest decision.
func (o *owner) announce() {
	d := o.loop.Decision()
	o.s.target.Store(int64(d.Target))
	o.notify.decision(*d)
	o.tellNeed()
}

// schedule asks the loop when it wants to be called. One that asks for a time gone
// by does not keep the owner from sleeping.
func (o *owner) schedule() {
	const least = time.Millisecond
	o.loopAt = o.loop.NextTimer()
	if o.loopAt != bwe.Never {
		o.loopAt = max(o.loopAt, o.last.Add(least))
	}
}

func (o *owner) setConfig(cfg Config) error {
	at := o.tick(o.s.now())
	if err := o.loop.SetConfig(control.Config{BWE: cfg.BWE, RateControl: cfg.RateControl}, at); err != nil {
		return err
	}
	if err := o.protection.SetConfig(cfg.Protection); err != nil {
		return err
	}
	o.cfg, o.pacer.cfg = cfg, cfg.Pacer
	o.decided(at)

	return nil
}

// close lets go of everything that waits.
func (o *owner) close() {
	o.leaveBudget()
	for len(o.streams) > 0 {
		o.removeStream(o.streams[0].ssrc)
	}
	if o.padding != nil {
		o.padding.release()
	}
}

func (o *owner) addStream(st *stream) {
	o.removeStream(st.ssrc)
	o.streams = append(o.streams, st)
	o.stamped = o.stamped || st.stampID != 0
	if o.declared == 0 {
		o.declared = st.ssrc
	}
}

func (o *owner) removeStream(ssrc uint32) {
	o.streams = without(o.streams, func(st *stream) bool {
		if st.ssrc != ssrc {
			return false
		}
		st.removed = true
		o.pacer.dropStream(st)
		st.history.clear()

		return true
	})
	o.stamped = slices.ContainsFunc(o.streams, func(st *stream) bool { return st.stampID != 0 })
}
