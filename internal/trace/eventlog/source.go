// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package eventlog reads the RTC event logs that Chromium and libwebrtc write
// (docs/eventlog.md): what was sent, the transport feedback, and the decisions of
// libwebrtc's own congestion control.
package eventlog

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/joining"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// FormatName names the formats that the package reads.
const FormatName = "RTC event log"

// Is tells by its beginning, of 16 bytes or so, whether a file is an RTC event log.
func Is(head []byte) bool {
	tag, n := binary.Uvarint(head)
	if n <= 0 {
		return false
	}
	if tag>>1 == versionThree {
		return true
	}
	length, m := binary.Uvarint(head[n:])
	field, wire := protowire.DecodeTag(tag)
	// Every message of either version begins with its time.
	const time = 0x08
	body := head[n+max(m, 0):]

	return m > 0 && wire == protowire.BytesType && field > 0 && length > 0 && length <= maxBody &&
		len(body) > 0 && body[0] == time
}

// log gathers what the records of a log say.
type log struct {
	merger
	streams streams
	origin  time.Duration
	begun   bool
	start   time.Time
}

// begin takes in when the log itself was begun.
func (l *log) begin(at time.Duration, wall time.Time) {
	if !l.begun {
		l.begun, l.origin, l.start = true, at, wall
	}
}

func (l *log) decision(at time.Duration, ev bwe.Event) {
	l.add(entry{at: at, class: classDecision, event: ev})
}

func (l *log) probe(at time.Duration, ev *recording.ProbeStarted) {
	l.add(entry{at: at, class: classProbe, event: ev})
}

// history is how far before its begin a log may reach: libwebrtc keeps the latest events
// for a log that is yet to be begun.
const history = 10 * time.Minute

// settle makes the times count from the begin of the log, or from the first event where
// that is earlier.
func (l *log) settle() {
	if !l.begun && len(l.ready) > 0 {
		l.origin = l.ready[0].at
	}
	for _, e := range l.ready {
		if e.at >= l.origin-history {
			if before := l.origin - e.at; before > 0 {
				l.origin = e.at
				if !l.start.IsZero() {
					l.start = l.start.Add(-before)
				}
			}

			return
		}
	}
}

// source is a log as a [recording.Source].
type source struct {
	log
	framing framing
	v1      v1
	v2      v2
	format  string
	closer  io.Closer
	damage  recording.Damage

	joiner *joining.Joiner
	probes probes
	// numbered: packets of this log have transport-wide sequence numbers. Those that
	// have none are then unknown to the feedback.
	numbered bool
	rtcp     []byte
	events   []bwe.Event
	now      bwe.Time
}

// New returns the events of a log. It fails where r is none, or of a version that is not
// read. Closing the source closes r, if that can be.
func New(r io.Reader) (recording.Source, error) {
	s := &source{joiner: joining.New(), framing: framing{r: bufio.NewReaderSize(r, 1<<16)}, format: "RTC event log V2"}
	s.streams = newStreams()
	s.v1.log, s.v2.log = &s.log, &s.log
	s.closer, _ = r.(io.Closer)
	head, err := s.framing.r.Peek(32)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	tag, n := binary.Uvarint(head)
	switch {
	case n > 0 && tag>>1 == versionThree:
		return nil, errVersionThree
	case !Is(head):
		return nil, fmt.Errorf("%w: this is no RTC event log", recording.ErrFormat)
	}
	if field, _ := protowire.DecodeTag(tag); field == fieldEvent {
		s.format = "RTC event log V1"
	}
	// What the log says of itself comes with its first records.
	if err := s.fill(); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	s.settle()
	for _, e := range s.ready {
		s.numbered = s.numbered || e.numbered
	}

	return s, nil
}

// fill reads records until entries are ready; [io.EOF] where none are left.
func (s *source) fill() error {
	for {
		rec, err := s.framing.next()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err != nil {
			s.release(true)
			if len(s.ready) == 0 {
				return io.EOF
			}

			return nil
		}
		if rec.field == fieldEvent {
			err = s.v1.read(rec.body)
		} else {
			err = s.v2.read(rec.field, rec.body)
		}
		if err != nil {
			s.damage.Note(fmt.Errorf("%w: a record: %w", recording.ErrFormat, err))
			s.damage.Bytes += int64(len(rec.body))
		}
		if s.full() {
			if s.release(false); len(s.ready) > 0 {
				return nil
			}
		}
	}
}

// Next implements [recording.Source].
func (s *source) Next() (bwe.Event, error) {
	for {
		if len(s.events) > 0 {
			ev := s.events[0]
			s.events = s.events[1:]

			return ev, nil
		}
		e := s.take()
		if e == nil {
			if err := s.fill(); err != nil {
				return nil, err
			}

			continue
		}
		if e.at < s.origin {
			s.damage.Note(fmt.Errorf("%w: an event from %v before the log was begun", recording.ErrFormat, s.origin-e.at))

			continue
		}
		// What comes later in the file than a batch may do keeps the order.
		s.now = max(s.now, bwe.Time(e.at-s.origin))
		if ev := s.join(e); ev != nil {
			return ev, nil
		}
	}
}

// join returns the event that an entry makes, nil for none or those in s.events.
func (s *source) join(e *entry) bwe.Event {
	switch e.class {
	case classSent:
		if p := s.sent(e); p != nil {
			return p
		}
	case classReceived:
		// Libwebrtc logs a packet once for each of its receivers.
		if bytes.Equal(e.raw, s.rtcp) {
			return nil
		}
		s.rtcp = e.raw
		s.events = s.joiner.RTCP(s.now, e.raw)
	default:
		if p, is := e.event.(*recording.ProbeStarted); is {
			s.probes.start(e.at, p)
		}
		date(e.event, s.now)

		return e.event
	}

	return nil
}

func (s *source) sent(e *entry) *bwe.SentPacket {
	kind := s.streams.kind(e.ssrc)
	if e.padding {
		kind = bwe.PacketPadding
	}
	cluster := s.probes.sent(e, s.ready[s.next:])
	switch {
	case e.numbered:
		return s.joiner.Sent(s.now, e.transport, int(e.size), kind, cluster)
	case s.numbered:
		return nil
	default:
		return s.joiner.SentRTP(s.now, e.ssrc, e.seq, int(e.size), kind)
	}
}

// Info implements [recording.Source].
func (s *source) Info() recording.Info {
	return recording.Info{Format: s.format, Tool: "libwebrtc", Start: s.start, Recorder: "GoogCC"}
}

// Damage implements [recording.Source].
func (s *source) Damage() recording.Damage {
	d, joined := s.framing.damage, s.joiner.Damage()
	for _, o := range []recording.Damage{s.damage, joined} {
		d.Records += o.Records
		d.Bytes += o.Bytes
		d.Unmatched += o.Unmatched
		if d.First == "" {
			d.First = o.First
		}
	}

	return d
}

// Close implements [recording.Source].
func (s *source) Close() error {
	if s.closer == nil {
		return nil
	}

	return s.closer.Close()
}
