// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package capture

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/rtmcc/rtmcc/internal/ccfeedback"
	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

// Options say which packets of a capture are those of the sender. Its zero value is the
// flow with the most bytes of RTP that can be followed.
type Options struct {
	// Sender is the address that the packets come from; a port of zero is any port.
	Sender netip.AddrPort
	// SSRC is one that the flow carries, zero for any.
	SSRC uint32
	// ExtensionID is what the transport-wide sequence number was negotiated as, from 1 to
	// 255, zero to find it.
	ExtensionID uint8
}

func (o *Options) fits(s *stream) bool {
	if o.Sender.Addr().IsValid() && o.Sender.Addr() != s.flow.src.Addr() {
		return false
	}
	if o.Sender.Port() != 0 && o.Sender.Port() != s.flow.src.Port() {
		return false
	}

	return o.SSRC == 0 || slices.ContainsFunc(s.packets, func(p packet) bool { return p.ssrc == o.SSRC })
}

// chosen is the flow that a capture is read for.
type chosen struct {
	*stream
	// feedback is the RTCP towards the sender, encrypted, broken and cut count what cannot
	// be read of it.
	feedback               []message
	encrypted, broken, cut int
	// extension is the id of the transport-wide sequence number, zero where packets are
	// found by their RTP sequence numbers (RFC 8888).
	extension uint8
}

// maxSpan bounds how far a packet's time may lie from the median.
const maxSpan = 24 * time.Hour

var (
	errFarTime    = errors.New("a packet's time is more than a day from the rest")
	errCutRTCP    = errors.New("an RTCP packet was not captured whole: capture whole packets, as `tcpdump -s 0` does")
	errBrokenRTCP = errors.New("an RTCP packet is malformed: the lengths in it do not lead to its end")
)

// choose picks the flow with the most bytes of those that can be followed.
func (t *table) choose(o Options, damage *recording.Damage) (*chosen, error) {
	candidates := slices.DeleteFunc(slices.Clone(t.order), func(s *stream) bool { return len(s.packets) == 0 || !o.fits(s) })
	slices.SortStableFunc(candidates, bySize)
	for _, s := range candidates {
		if c := t.follow(s, o); c != nil {
			c.arrange(damage)

			return c, nil
		}
	}

	return nil, t.nothing(o, candidates)
}

// follow returns what is needed to follow a flow, nil where that is not there.
func (t *table) follow(s *stream, o Options) *chosen {
	c := &chosen{stream: s, extension: o.ExtensionID}
	switch {
	case c.extension == 0:
		c.extension = transportWide(s.packets)
	case !slices.ContainsFunc(s.packets, func(p packet) bool { _, has := p.find(c.extension); return has }):
		c.extension = 0
	}
	for _, back := range t.order {
		if !back.flow.answers(s.flow) {
			continue
		}
		c.feedback = append(c.feedback, back.messages...)
		c.encrypted += back.encrypted
		c.broken += back.broken
		c.cut += back.cut
	}
	switch wide, rfc8888 := t.kindsOfFeedback(c.feedback); {
	case rfc8888 && (!wide || c.extension == 0):
		c.extension = 0
	case c.extension == 0:
		return nil
	}

	return c
}

// answers tells whether a flow goes the other way, to the port that RTP comes from or to
// the one above it (RFC 3550 section 11).
func (f flow) answers(other flow) bool {
	port := other.src.Port()

	return f.src.Addr() == other.dst.Addr() && f.dst.Addr() == other.src.Addr() &&
		(f.dst.Port() == port || f.dst.Port() == port+1)
}

// kindsOfFeedback tells which feedback there is.
func (t *table) kindsOfFeedback(all []message) (wide, rfc8888 bool) {
	for _, m := range all {
		for b := t.rtcp[m.start:m.end]; len(b) > 0; {
			p, rest, ok := ccfeedback.Next(b)
			if !ok {
				break
			}
			if kind, format := ccfeedback.Kind(p); kind == ccfeedback.TypeTransport {
				wide = wide || format == ccfeedback.FormatTransportWide
				rfc8888 = rfc8888 || format == ccfeedback.FormatRFC8888
			}
			b = rest
		}
	}

	return wide, rfc8888
}

// arrange puts everything in the order of time, and leaves out what is far from all else.
func (c *chosen) arrange(damage *recording.Damage) {
	byTime := func(a, b packet) int { return cmp.Compare(a.at, b.at) }
	if !slices.IsSortedFunc(c.packets, byTime) {
		slices.SortStableFunc(c.packets, byTime)
	}
	slices.SortStableFunc(c.feedback, func(a, b message) int { return cmp.Compare(a.at, b.at) })
	for range c.cut {
		damage.Note(errCutRTCP)
	}
	for range c.broken {
		damage.Note(errBrokenRTCP)
	}
	median := c.packets[len(c.packets)/2].at
	far := func(at int64) bool {
		off := at - median
		if off <= int64(maxSpan) && off >= -int64(maxSpan) {
			return false
		}
		damage.Note(errFarTime)

		return true
	}
	c.packets = slices.DeleteFunc(c.packets, func(p packet) bool { return far(p.at) })
	c.feedback = slices.DeleteFunc(c.feedback, func(m message) bool { return far(m.at) })
}

// nothing says why none of the flows that were asked for can be followed.
func (t *table) nothing(o Options, candidates []*stream) error {
	beside := t.others
	all := slices.DeleteFunc(slices.Clone(t.order), func(s *stream) bool { return len(s.packets) == 0 })
	switch {
	case t.cut > 0 && (len(candidates) > 0 || len(all) == 0):
		return fmt.Errorf("%w: of %d packets the capture kept so little that the header of RTP is not whole: capture whole packets, as `tcpdump -s 0` does",
			recording.ErrFormat, t.cut)
	case len(candidates) > 0 && o.ExtensionID != 0:
		return fmt.Errorf("%w: no packet of %s has a header extension %d of two bytes: leave the id out to have it found",
			recording.ErrFormat, candidates[0].flow.source(), o.ExtensionID)
	case len(candidates) > 0:
		biggest := candidates[0]

		return fmt.Errorf("%w: none of the RTP in the capture, of which the most is %d packets from %s, has a transport-wide sequence number: "+
			"negotiate transport-cc, or RFC 8888 feedback, and capture again",
			recording.ErrFormat, len(biggest.packets), biggest.flow.source())
	case len(all) > 0:
		return fmt.Errorf("%w: no RTP of the sender that was asked for is in the capture, but of %s", recording.ErrFormat, senders(all))
	default:
		return fmt.Errorf("%w: no RTP over UDP is in the capture: %d UDP datagrams, %d TCP segments, %d TURN messages, %d other packets",
			recording.ErrFormat, t.count, beside.TCP, beside.TURN, beside.Unsupported)
	}
}

// senders lists the first few flows by their size.
func senders(all []*stream) string {
	const most = 4
	slices.SortStableFunc(all, bySize)
	var names []string
	for _, s := range all[:min(len(all), most)] {
		names = append(names, fmt.Sprintf("%s (SSRC %d, %d packets)", s.flow.source(), s.packets[0].ssrc, len(s.packets)))
	}
	if n := len(all) - most; n > 0 {
		names = append(names, fmt.Sprintf("%d more", n))
	}

	return strings.Join(names, ", ")
}

// bySize puts what carried most first.
func bySize(a, b *stream) int { return cmp.Compare(b.bytes, a.bytes) }

// source names where a flow comes from.
func (f flow) source() string {
	if !f.src.IsValid() {
		return "an unknown address"
	}

	return f.src.String()
}
