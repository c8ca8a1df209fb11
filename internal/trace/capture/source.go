// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package capture reads captures of RTP and RTCP, rtpdump, pcap and pcapng, as a
// [recording.Source].
//
// A capture is taken to be made at the sender: a packet's time is when it was sent, and
// feedback's when it arrived. What was captured at the receiver tells itself by losses
// that are missing from the capture rather than there; [recording.Info] then says so.
package capture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/trace/joining"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// FormatName names the formats that the package reads.
const FormatName = "rtpdump, pcap, pcapng"

var (
	errEncrypted = errors.New("RTCP is encrypted: capture before SRTP, or use the peer's RTC event log")
	errOneWay    = errors.New("no RTCP towards the sender is in the capture: capture both directions")
)

// Is tells whether head, the first bytes of a file, is of an rtpdump, a pcap or a pcapng
// file.
func Is(head []byte) bool { return formatOf(head) != "" }

func formatOf(head []byte) string {
	if bytes.HasPrefix(head, []byte(rtpdumpMagic)) {
		return "rtpdump"
	}
	if len(head) < 4 {
		return ""
	}
	if _, is := pcapKinds[[4]byte(head)]; is {
		return "pcap"
	}
	if binary.BigEndian.Uint32(head) == pcapngSection {
		return "pcapng"
	}

	return ""
}

// About is what a [recording.Note] named "capture" says at the start of the events.
type About struct {
	At       bwe.Time `json:"t"`
	Sender   string   `json:"sender,omitempty"`
	Receiver string   `json:"receiver,omitempty"`
	SSRCs    []uint32 `json:"ssrcs"`
	// ExtensionID is what the transport-wide sequence number was found under, zero where
	// packets are known by their RTP sequence numbers.
	ExtensionID uint8 `json:"extension_id,omitempty"`
	// Side is where the capture is taken to be made, sender or receiver.
	Side    string `json:"side"`
	Packets int    `json:"packets"`
	// Unnumbered packets of the flow have no transport-wide sequence number, so that
	// they are not among the events.
	Unnumbered int `json:"unnumbered,omitempty"`
	// Messages counts the RTCP compounds towards the sender.
	Messages  int `json:"rtcp"`
	Encrypted int `json:"rtcp_encrypted,omitempty"`
	// OtherFlows counts the flows of RTP that are not read.
	OtherFlows int `json:"other_flows,omitempty"`
	others
}

// source gives the events of a flow.
type source struct {
	info   recording.Info
	damage recording.Damage
	rtcp   []byte
	flow   *chosen
	kinds  map[uint32]bwe.PacketKind
	origin int64

	joiner  *joining.Joiner
	highest map[uint32]uint16
	about   *recording.Note
	// sent and heard count the packets and messages that were taken in; events are those
	// of the last message that were not given yet.
	sent, heard int
	events      []bwe.Event
}

// New is [Open] with the zero value of [Options].
func New(r io.Reader) (recording.Source, error) { return Open(r, Options{}) }

// Open reads a capture to its end, and returns what one sender sent and heard. It keeps
// some 40 bytes for each packet of RTP. The error wraps [recording.ErrFormat] where
// there is nothing to follow.
func Open(r io.Reader, o Options) (recording.Source, error) {
	s := &source{}
	in := bufio.NewReaderSize(r, filterBuffer)
	head, err := in.Peek(len(rtpdumpMagic))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading a capture: %w", err)
	}
	s.info.Format = formatOf(head)
	var d datagrams
	switch s.info.Format {
	case "rtpdump":
		d, err = newRTPDump(in, &s.damage)
	case "pcap":
		d, err = newPcap(in, pcapKinds[[4]byte(head)], &s.damage)
	case "pcapng":
		d, err = newPcapng(in, &s.damage)
	default:
		err = fmt.Errorf("%w: this is no rtpdump, pcap or pcapng file", recording.ErrFormat)
	}
	if err != nil {
		return nil, err
	}
	t, err := read(d)
	if err != nil {
		return nil, err
	}
	if s.flow, err = t.choose(o, &s.damage); err != nil {
		return nil, err
	}
	s.rtcp = t.rtcp
	s.prepare(t)

	return s, nil
}

// prepare finds out what is said of the whole before its events.
func (s *source) prepare(t *table) {
	f := s.flow
	s.kinds = kinds(f.packets)
	s.origin = f.packets[0].at
	if len(f.feedback) > 0 {
		s.origin = min(s.origin, f.feedback[0].at)
	}
	if !t.start.IsZero() && t.start.Unix() > 0 {
		s.info.Start = t.start.Add(time.Duration(s.origin)).UTC()
	}
	about := About{
		ExtensionID: f.extension, Packets: len(f.packets), Messages: len(f.feedback), Encrypted: f.encrypted, others: t.others,
		Side: "sender",
	}
	if f.flow.src.IsValid() {
		about.Sender, about.Receiver = f.flow.src.String(), f.flow.dst.String()
	}
	for ssrc := range s.kinds {
		about.SSRCs = append(about.SSRCs, ssrc)
	}
	slices.Sort(about.SSRCs)
	for i := range f.packets {
		if _, ok := f.packets[i].find(f.extension); f.extension != 0 && !ok {
			about.Unnumbered++
		}
	}
	for _, other := range t.order {
		if other != f.stream && len(other.packets) > 0 {
			about.OtherFlows++
		}
	}
	if about.OtherFlows > 0 {
		s.info.Format += fmt.Sprintf(", one of %d flows of RTP", 1+about.OtherFlows)
	}
	if s.atReceiver() {
		about.Side = "receiver"
		s.info.Format += ", captured at the receiver: what the path did is not in it"
	}
	s.damage.Encrypted = f.encrypted
	switch {
	case len(f.feedback) > 0:
	case f.encrypted > 0:
		// This matters more than what was damaged before.
		s.damage.First = errEncrypted.Error()
	default:
		s.damage.Say(errOneWay)
	}
	fields, _ := json.Marshal(about) // cannot fail: only numbers and strings
	s.about = &recording.Note{Name: "capture", Fields: fields}
	s.rewind()
}

func (s *source) rewind() {
	s.joiner, s.highest = joining.New(), map[uint32]uint16{}
	s.sent, s.heard, s.events = 0, 0, nil
}

const (
	// minMissing is how many packets must be missing to tell where a capture was made,
	// minMissingLost the share of them that feedback tells of.
	minMissing     = 10
	minMissingLost = 0.8
)

// atReceiver goes through all events to tell where the capture was made: at the sender,
// packets that feedback calls lost are in it; at the receiver, they are missing.
func (s *source) atReceiver() bool {
	s.rewind()
	lost, sent, first, last := 0, int64(0), int64(0), int64(0)
	for {
		ev, err := s.advance()
		if err != nil {
			break
		}
		switch e := ev.(type) {
		case *bwe.SentPacket:
			if sent++; sent == 1 {
				first, last = e.Seq, e.Seq
			}
			first, last = min(first, e.Seq), max(last, e.Seq)
		case *bwe.Feedback:
			for _, r := range e.Results {
				if !r.Received {
					lost++
				}
			}
		}
	}
	missing := last - first + 1 - sent

	return lost == 0 && missing >= minMissing && float64(s.joiner.Damage().Unmatched) >= minMissingLost*float64(missing)
}

// Next implements [recording.Source].
func (s *source) Next() (bwe.Event, error) {
	if about := s.about; about != nil {
		s.about = nil

		return about, nil
	}

	return s.advance()
}

func (s *source) advance() (bwe.Event, error) {
	f := s.flow
	for {
		if len(s.events) > 0 {
			ev := s.events[0]
			s.events = s.events[1:]

			return ev, nil
		}
		switch packets, messages := s.sent < len(f.packets), s.heard < len(f.feedback); {
		case packets && (!messages || f.packets[s.sent].at <= f.feedback[s.heard].at):
			p := &f.packets[s.sent]
			s.sent++
			if ev := s.send(p); ev != nil {
				return ev, nil
			}
		case messages:
			m := f.feedback[s.heard]
			s.heard++
			s.events = s.joiner.RTCP(s.time(m.at), s.rtcp[m.start:m.end])
		default:
			return nil, io.EOF
		}
	}
}

// send returns a packet's event, nil for one that has no number or was captured twice.
func (s *source) send(p *packet) bwe.Event {
	var ev *bwe.SentPacket
	if s.flow.extension == 0 {
		ev = s.joiner.SentRTP(s.time(p.at), p.ssrc, p.seq, int(p.size), s.kind(p))
	} else if number, ok := p.find(s.flow.extension); ok {
		ev = s.joiner.Sent(s.time(p.at), number, int(p.size), s.kind(p), 0)
	}
	if ev == nil {
		return nil
	}

	return ev
}

// kind is that of the packet's SSRC, save for padding, which SRTP shows as padding only,
// and for a number that was there before: a retransmission on the SSRC itself.
func (s *source) kind(p *packet) bwe.PacketKind {
	highest, known := s.highest[p.ssrc]
	again := known && int16(p.seq-highest) <= 0
	if !again {
		s.highest[p.ssrc] = p.seq
	}
	switch {
	case p.padded:
		return bwe.PacketPadding
	case again:
		return bwe.PacketRetransmission
	default:
		return s.kinds[p.ssrc]
	}
}

func (s *source) time(at int64) bwe.Time { return bwe.Time(at - s.origin) }

// Info implements [recording.Source].
func (s *source) Info() recording.Info { return s.info }

// Damage implements [recording.Source].
func (s *source) Damage() recording.Damage {
	d := s.damage
	j := s.joiner.Damage()
	d.Records += j.Records
	d.Unmatched = j.Unmatched
	if d.First == "" {
		d.First = j.First
	}

	return d
}

// Close implements [recording.Source].
func (*source) Close() error { return nil }
