// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package joining makes the events of a recording out of the packets and the raw RTCP
// that it holds: it unwraps what wraps, and matches feedback with what was sent.
package joining

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/ccfeedback"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// Bounds of what belongs together, those of libwebrtc's own reader of event logs.
const (
	// maxGap is the pause between packets after which numbers start anew.
	maxGap = 30 * time.Second
	// maxAge is how long after its sending feedback may tell of a packet.
	maxAge = 60 * time.Second
	// maxClockStep is how far the receiver's clock may move against the sender's between
	// two feedbacks before it counts as reset, as for a live sender.
	maxClockStep = 30 * time.Second
)

// Joiner joins what one sender sent with the feedback that it got. Calls come in the
// order of the recording's time. It is not safe for concurrent use.
type Joiner struct {
	sent   sentTable
	names  names
	twcc   ccfeedback.TransportWide
	ccfb   ccfeedback.RFC8888
	clock  ccfeedback.Clock
	ntp    ccfeedback.Clock
	reach  ccfeedback.Reach
	damage recording.Damage

	// What is handed out is used again at the next call.
	packet    bwe.SentPacket
	events    []bwe.Event
	feedbacks []*bwe.Feedback
	rembs     []*bwe.REMB
}

// New returns a joiner that knows of no packet yet.
func New() *Joiner {
	return &Joiner{sent: newSentTable(), clock: ccfeedback.TransportWideClock(), ntp: ccfeedback.RFC8888Clock()}
}

// Damage counts the RTCP that could not be read, and the results for packets that the
// joiner does not have.
func (j *Joiner) Damage() recording.Damage { return j.damage }

// Sent takes in a packet that left at a time, of size bytes with its RTP header, under a
// transport-wide sequence number. cluster is its probe's [bwe.Probe.ID], zero for none.
// It returns nil for a number that was there already; what it returns is valid until
// the next call.
func (j *Joiner) Sent(at bwe.Time, transportSeq uint16, size int, kind bwe.PacketKind, cluster int) *bwe.SentPacket {
	return j.keep(at, j.sent.unwrap(transportSeq, at), size, kind, cluster)
}

// SentRTP is [Joiner.Sent] for a recording without transport-wide sequence numbers:
// packets are numbered as they come, and RFC 8888 feedback finds them by their own.
func (j *Joiner) SentRTP(at bwe.Time, ssrc uint32, seq uint16, size int, kind bwe.PacketKind) *bwe.SentPacket {
	number := j.sent.following(at)
	j.names.add(ssrc, seq, number)

	return j.keep(at, number, size, kind, 0)
}

func (j *Joiner) keep(at bwe.Time, seq int64, size int, kind bwe.PacketKind, cluster int) *bwe.SentPacket {
	if !j.sent.add(seq, at) {
		return nil
	}
	j.packet = bwe.SentPacket{At: at, Seq: seq, Size: max(size, 0), Kind: kind, ProbeCluster: cluster}

	return &j.packet
}

// RTCP takes in a compound packet that reached the sender at a time, and returns what
// it says of packets and of the path: [bwe.Feedback] and [bwe.REMB]. Feedback that
// brings no news, such as a repeated one, makes no event. What it returns is valid until
// the next call.
func (j *Joiner) RTCP(at bwe.Time, raw []byte) []bwe.Event {
	j.events = j.events[:0]
	for len(raw) > 0 {
		p, rest, ok := ccfeedback.Next(raw)
		if !ok {
			j.damage.Note(fmt.Errorf("%w at %v: this is no RTCP", recording.ErrFormat, at))

			break
		}
		raw = rest
		if err := j.message(at, p); err != nil {
			j.damage.Note(fmt.Errorf("%w at %v: %w", recording.ErrFormat, at, err))
		}
	}

	return j.events
}

func (j *Joiner) message(at bwe.Time, b []byte) error {
	packetType, format := ccfeedback.Kind(b)
	switch {
	case packetType == ccfeedback.TypeTransport && format == ccfeedback.FormatTransportWide:
		return j.transportWide(at, b)
	case packetType == ccfeedback.TypeTransport && format == ccfeedback.FormatRFC8888:
		return j.rfc8888(at, b)
	case packetType == ccfeedback.TypePayload && format == ccfeedback.FormatREMB:
		return j.remb(at, b)
	default:
		return nil
	}
}

func (j *Joiner) transportWide(at bwe.Time, b []byte) error {
	if err := j.twcc.Parse(b); err != nil {
		return err
	}
	// The receiver's times begin at that of the first feedback.
	j.clock.Start(j.twcc.Reference, at)
	reference, _ := j.clock.Unwrap(j.twcc.Reference, at, maxClockStep)
	base := j.sent.nearest(j.twcc.Base)
	f := j.feedback(at)
	j.inferLosses(f, base)
	for i, p := range j.twcc.Packets {
		j.settle(f, base+int64(i), p.Received, reference.Add(p.At))
	}
	j.reach.Advance(j.twcc.Count, min(base+int64(len(j.twcc.Packets))-1, j.sent.last))
	j.tell(f)

	return nil
}

// inferLosses settles what lies between two successive feedbacks, as a live sender does.
func (j *Joiner) inferLosses(f *bwe.Feedback, base int64) {
	first, end := j.reach.Skipped(j.twcc.Count, base)
	for seq := max(first, j.sent.first); seq < end; seq++ {
		if news, _ := j.sent.settle(seq, false, f.At); news {
			f.Results = append(f.Results, bwe.PacketResult{Seq: seq})
		}
	}
}

func (j *Joiner) rfc8888(at bwe.Time, b []byte) error {
	if err := j.ccfb.Parse(b); err != nil {
		return err
	}
	j.ntp.Start(j.ccfb.Timestamp, at)
	reported, _ := j.ntp.Unwrap(j.ccfb.Timestamp, at, maxClockStep)
	f := j.feedback(at)
	for _, r := range j.ccfb.Reports {
		arrived := reported
		if r.Timed {
			arrived = reported.Add(-r.Offset)
		}
		j.settle(f, j.names.find(r.SSRC, r.Seq), r.Received, arrived)
	}
	slices.SortFunc(f.Results, func(a, b bwe.PacketResult) int { return cmp.Compare(a.Seq, b.Seq) })
	j.tell(f)

	return nil
}

func (j *Joiner) remb(at bwe.Time, b []byte) error {
	rate, ok, err := ccfeedback.ParseREMB(b)
	if err != nil || !ok {
		return err
	}
	n := 0
	for _, ev := range j.events {
		if _, is := ev.(*bwe.REMB); is {
			n++
		}
	}
	if n == len(j.rembs) {
		j.rembs = append(j.rembs, &bwe.REMB{})
	}
	*j.rembs[n] = bwe.REMB{At: at, Bitrate: rate}
	j.events = append(j.events, j.rembs[n])

	return nil
}

// feedback returns an event to fill, one that the events told so far do not use.
func (j *Joiner) feedback(at bwe.Time) *bwe.Feedback {
	n := 0
	for _, ev := range j.events {
		if _, is := ev.(*bwe.Feedback); is {
			n++
		}
	}
	if n == len(j.feedbacks) {
		j.feedbacks = append(j.feedbacks, &bwe.Feedback{})
	}
	f := j.feedbacks[n]
	f.At, f.Results = at, f.Results[:0]

	return f
}

// settle takes in what a feedback says of one packet; arrived counts where received.
func (j *Joiner) settle(f *bwe.Feedback, seq int64, received bool, arrived bwe.Time) {
	news, known := j.sent.settle(seq, received, f.At)
	switch {
	case !known:
		j.damage.Unmatched++
	case news:
		r := bwe.PacketResult{Seq: seq, Received: received}
		if received {
			r.ReceivedAt = arrived
		}
		f.Results = append(f.Results, r)
	}
}

// tell adds a feedback that brings news to the events.
func (j *Joiner) tell(f *bwe.Feedback) {
	if len(f.Results) > 0 {
		j.events = append(j.events, f)
	}
}
