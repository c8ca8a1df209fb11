// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"cmp"
	"hash/maphash"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/ccfeedback"
)

// feedbackState matches feedback with what was sent. The same message may be heard
// several times: once for every SSRC that it names, and again by another reader.
type feedbackState struct {
	twcc    ccfeedback.TransportWide
	ccfb    ccfeedback.RFC8888
	twccNow ccfeedback.Clock
	ccfbNow ccfeedback.Clock
	seen    recentHashes

	// kind is the feedback in use; two kinds at once would mix two clocks.
	kind     string
	kindAt   bwe.Time
	received bwe.Time

	// reach is that of the transport-wide feedback.
	reach ccfeedback.Reach

	results []bwe.PacketResult
}

func newFeedbackState() feedbackState {
	return feedbackState{
		twccNow: ccfeedback.TransportWideClock(),
		ccfbNow: ccfeedback.RFC8888Clock(),
		seen:    recentHashes{seed: maphash.MakeSeed()},
		kind:    FeedbackNone,
	}
}

// recentHashes recognises messages that were heard lately.
type recentHashes struct {
	seed maphash.Seed
	ring [64]uint64
	next int
}

func (r *recentHashes) add(b []byte) (duplicate bool) {
	h := maphash.Bytes(r.seed, b)
	if slices.Contains(r.ring[:], h) {
		return true
	}
	r.ring[r.next] = h
	r.next = (r.next + 1) % len(r.ring)

	return false
}

// accepts says whether feedback of this kind is listened to. The kind in use keeps
// out the other until it was silent for a while, so that two clocks never mix.
func (f *feedbackState) accepts(kind string, at bwe.Time, silence time.Duration) bool {
	switch f.kind {
	case kind, FeedbackNone, FeedbackREMB:
		return true
	default:
		return at.Sub(f.kindAt) > silence
	}
}

// level makes a clock that is heard for the first time go on from the one before.
func (f *feedbackState) level(c *ccfeedback.Clock, raw uint32, at bwe.Time) {
	if f.received != 0 {
		c.Start(raw, f.received.Add(at.Sub(f.kindAt)))
	}
}

func (o *owner) onTransportCC(b []byte, at bwe.Time) {
	f := &o.feedback
	if f.seen.add(b) {
		o.ignore(at, IgnoredDuplicate, 1)

		return
	}
	if err := f.twcc.Parse(b); err != nil {
		o.ignore(at, IgnoredMalformed, 1)

		return
	}
	if !f.accepts(FeedbackTransportCC, at, o.cfg.Feedback.Timeout) {
		o.ignore(at, IgnoredRepeated, len(f.twcc.Packets))

		return
	}
	f.level(&f.twccNow, f.twcc.Reference, at)
	ref, stepped := f.twccNow.Unwrap(f.twcc.Reference, at, o.cfg.Feedback.MaxClockStep)
	if stepped {
		o.ignore(at, IgnoredClockStep, 1)
	}
	base := o.sent.unwrap(f.twcc.Base)
	f.results = f.results[:0]
	o.inferLosses(base)
	var tally settled
	for i, p := range f.twcc.Packets {
		o.settle(base+int64(i), p.Received, ref.Add(p.At), &tally)
	}
	f.reach.Advance(f.twcc.Count, min(base+int64(len(f.twcc.Packets)), o.sent.next)-1)
	o.deliver(FeedbackTransportCC, at, tally)
}

// inferLosses settles what lies between two successive feedbacks.
func (o *owner) inferLosses(base int64) {
	f := &o.feedback
	first, end := f.reach.Skipped(f.twcc.Count, base)
	for seq := max(first, o.sent.first); seq < min(end, o.sent.next); seq++ {
		if news, _ := o.sent.settle(seq, false); news {
			f.results = append(f.results, bwe.PacketResult{Seq: seq})
			o.stats.LossesInferred++
		}
	}
}

func (o *owner) onCCFB(b []byte, at bwe.Time) {
	f := &o.feedback
	if f.seen.add(b) {
		o.ignore(at, IgnoredDuplicate, 1)

		return
	}
	if err := f.ccfb.Parse(b); err != nil {
		o.ignore(at, IgnoredMalformed, 1)

		return
	}
	// From now on, packets are found by their RTP sequence numbers as well.
	o.indexed = true
	if !f.accepts(FeedbackRFC8888, at, o.cfg.Feedback.Timeout) {
		o.ignore(at, IgnoredRepeated, len(f.ccfb.Reports))

		return
	}
	f.level(&f.ccfbNow, f.ccfb.Timestamp, at)
	ref, stepped := f.ccfbNow.Unwrap(f.ccfb.Timestamp, at, o.cfg.Feedback.MaxClockStep)
	if stepped {
		o.ignore(at, IgnoredClockStep, 1)
	}
	f.results = f.results[:0]
	var tally settled
	for _, p := range f.ccfb.Reports {
		arrived := ref
		if p.Timed {
			arrived = ref.Add(-p.Offset)
		}
		o.settle(o.transportSeq(p.SSRC, p.Seq), p.Received, arrived, &tally)
	}
	slices.SortFunc(f.results, func(a, b bwe.PacketResult) int { return cmp.Compare(a.Seq, b.Seq) })
	o.deliver(FeedbackRFC8888, at, tally)
}

// transportSeq is the number under which a stream's packet left, zero where it is
// not known.
func (o *owner) transportSeq(ssrc uint32, seq uint16) int64 {
	for _, st := range o.streams {
		switch ssrc {
		case st.ssrc:
			return st.index.find(seq)
		case st.rtxSSRC:
			return st.rtxIndex.find(seq)
		case st.fecSSRC:
			return st.fecIndex.find(seq)
		}
	}

	return 0
}

// settled counts what a feedback said of packets that are unknown, or settled before.
type settled struct{ unknown, repeated int }

// settle takes in what a feedback says of one packet; arrived counts where received.
func (o *owner) settle(seq int64, received bool, arrived bwe.Time, tally *settled) {
	news, known := o.sent.settle(seq, received)
	switch {
	case !known:
		tally.unknown++
	case !news:
		tally.repeated++
	default:
		r := bwe.PacketResult{Seq: seq, Received: received}
		if received {
			r.ReceivedAt = arrived
		}
		o.feedback.results = append(o.feedback.results, r)
	}
}

// deliver hands what is new to the loop.
func (o *owner) deliver(kind string, at bwe.Time, tally settled) {
	f := &o.feedback
	o.ignore(at, IgnoredUnknown, tally.unknown)
	o.ignore(at, IgnoredRepeated, tally.repeated)
	if len(f.results) == 0 {
		return
	}
	for _, r := range f.results {
		f.received = max(f.received, r.ReceivedAt)
	}
	o.stats.Feedbacks++
	o.setFeedbackKind(kind, at)
	o.loop.OnFeedback(bwe.Feedback{At: at, Results: f.results})
	o.decided(at)
}

// setFeedbackKind notes that feedback of a kind was used, and says so where that is
// a change.
func (o *owner) setFeedbackKind(kind string, at bwe.Time) {
	f := &o.feedback
	f.kindAt = at
	if f.kind == kind {
		return
	}
	f.kind = kind
	if kind != FeedbackREMB {
		o.feedbackMissing = false
	}
	o.log.Infof("peer sends %s feedback", kind)
	o.events.feedback = FeedbackChanged{At: at, Kind: kind}
	o.observe(&o.events.feedback)
}

func (o *owner) onREMB(b []byte, at bwe.Time) {
	rate, ok, err := ccfeedback.ParseREMB(b)
	switch {
	case err != nil:
		o.ignore(at, IgnoredMalformed, 1)
	case ok && rate > 0:
		if o.feedback.kind == FeedbackNone || o.feedback.kind == FeedbackREMB {
			o.setFeedbackKind(FeedbackREMB, at)
		}
		o.loop.OnREMB(bwe.REMB{At: at, Bitrate: rate})
		o.decided(at)
	}
}
