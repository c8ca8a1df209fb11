// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package alphartc reads the log of AlphaRTC's receiver
// (https://github.com/OpenNetLab/AlphaRTC), which has a line for each packet that
// arrived, as a [recording.Source].
//
// The log has no feedback and says nothing of packets that were lost, so that both are
// made up: feedback every 60 ms of the receiver's clock, as transport-wide feedback would
// have told of the arrivals, and a lost packet for each gap in a stream's sequence
// numbers. sendTimestamp is abs-send-time in milliseconds: it starts within 64 s, and
// its wraps are counted by the receiver (RemoteEstimatorProxy, GetTtimeFromAbsSendtime).
// The two clocks are matched by the fastest packet, which is taken to have taken no
// time, as is the way back: only differences of delay mean anything.
package alphartc

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// FormatName names the format.
const FormatName = "AlphaRTC receiver log"

// logLine is how libwebrtc begins a line of its log, whichever file it comes from.
var logLine = regexp.MustCompile(`(?m)^(\[[\d:]+\] ?)*\(\w+\.(cc|h|cpp):\d+\): `)

// Is tells whether head, the first bytes of a file, is of such a log.
func Is(head []byte) bool {
	return logLine.Match(head) ||
		bytes.Contains(head, []byte(`"packetInfo"`)) && bytes.Contains(head, []byte(`"arrivalTimeMs"`))
}

type source struct {
	session session
	damage  recording.Damage

	// sent, fed and told count the packets, arrivals and targets that were given.
	sent, fed, told int
	// reported is one above the highest packet that feedback told of.
	reported int

	packet   bwe.SentPacket
	feedback bwe.Feedback
	target   recording.Target
}

// New reads a log to its end and returns its events. It takes some 300 bytes a packet.
// The error wraps [recording.ErrFormat] where the log has no packet.
func New(r io.Reader) (recording.Source, error) {
	s := &source{}
	all, err := read(r, &s.damage)
	if err != nil {
		return nil, fmt.Errorf("reading an AlphaRTC log: %w", err)
	}
	if len(all) == 0 {
		why := "it has no line of a packet; use the receiver's log (webrtc.log), not the sender's"
		if s.damage.First != "" {
			why = "none of its packets can be read: " + s.damage.First
		}

		return nil, fmt.Errorf("%w: AlphaRTC log: %s", recording.ErrFormat, why)
	}
	s.session = join(all, &s.damage)

	return s, nil
}

// Next implements [recording.Source].
func (s *source) Next() (bwe.Event, error) {
	sent, fed, told := int64(math.MaxInt64), int64(math.MaxInt64), int64(math.MaxInt64)
	if s.sent < len(s.session.packets) {
		sent = s.session.packets[s.sent].sent
	}
	if s.fed < len(s.session.arrivals) {
		fed = windowEnd(s.session.packets[s.session.arrivals[s.fed]].at)
	}
	if s.told < len(s.session.targets) {
		told = s.session.targets[s.told].at
	}
	switch {
	case sent == math.MaxInt64 && fed == math.MaxInt64 && told == math.MaxInt64:
		return nil, io.EOF
	case sent <= fed && sent <= told:
		return s.nextSent(), nil
	case fed <= told:
		return s.nextFeedback(fed), nil
	default:
		t := s.session.targets[s.told]
		s.told++
		s.target = recording.Target{At: timeOf(t.at), Bitrate: t.rate}

		return &s.target, nil
	}
}

func (s *source) nextSent() bwe.Event {
	p := &s.session.packets[s.sent]
	s.sent++
	s.packet = bwe.SentPacket{At: timeOf(p.sent), Seq: int64(s.sent), Size: int(p.size), Kind: p.kind}

	return &s.packet
}

// nextFeedback tells of all that arrived before end, and of what was overtaken by it. A
// packet that arrives after it was told to be lost is told again, as received.
func (s *source) nextFeedback(end int64) bwe.Event {
	packets := s.session.packets
	s.feedback.At = timeOf(end)
	s.feedback.Results = s.feedback.Results[:0]
	highest := s.reported
	first := s.fed
	for ; s.fed < len(s.session.arrivals); s.fed++ {
		i := int(s.session.arrivals[s.fed])
		if packets[i].at >= end {
			break
		}
		highest = max(highest, i+1)
	}
	late := s.session.arrivals[first:s.fed]
	for _, i := range late {
		if int(i) < s.reported {
			s.feedback.Results = append(s.feedback.Results, received(packets, int(i)))
		}
	}
	slices.SortFunc(s.feedback.Results, func(a, b bwe.PacketResult) int { return int(a.Seq - b.Seq) })
	for i := s.reported; i < highest; i++ {
		if !packets[i].lost && packets[i].at < end {
			s.feedback.Results = append(s.feedback.Results, received(packets, i))
		} else {
			s.feedback.Results = append(s.feedback.Results, bwe.PacketResult{Seq: int64(i) + 1})
		}
	}
	s.reported = highest

	return &s.feedback
}

func received(packets []packet, i int) bwe.PacketResult {
	return bwe.PacketResult{Seq: int64(i) + 1, Received: true, ReceivedAt: timeOf(packets[i].at)}
}

// windowEnd returns when the feedback leaves that tells of an arrival.
func windowEnd(at int64) int64 {
	const width = int64(feedbackInterval / time.Millisecond)

	return (at/width + 1) * width
}

func timeOf(ms int64) bwe.Time { return bwe.Time(ms) * bwe.Time(time.Millisecond) }

// Info implements [recording.Source].
func (s *source) Info() recording.Info {
	info := recording.Info{
		Format: FormatName + " (feedback synthesised)",
		Tool:   "AlphaRTC",
		Start:  time.UnixMilli(s.session.start).UTC(),
	}
	if len(s.session.targets) > 0 {
		info.Recorder = "AlphaRTC's estimator"
	}

	return info
}

// Damage implements [recording.Source].
func (s *source) Damage() recording.Damage { return s.damage }

// Close implements [recording.Source].
func (*source) Close() error { return nil }
