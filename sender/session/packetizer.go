// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"github.com/rtmcc/rtmcc/sdpext/aac"
	"github.com/rtmcc/rtmcc/sender/media"
)

// maxPayload is the longest RTP payload in bytes, further header extensions taken off it.
// With header and transport sequence number it makes packets of 1170 bytes. FEC of those
// is 40 bytes longer; with SRTP tag, UDP and IPv6 it stays under the 1280 bytes that every
// IPv6 path carries.
const maxPayload = 1150

// errNoPackets: a frame is malformed, so that no packet can be made of it.
var errNoPackets = errors.New("frame makes no packets")

// packetizer turns access units of one track into RTP packets. Sequence numbers and
// timestamps go on over the connections of a push. It is not safe for concurrent
// use.
type packetizer struct {
	split func(units [][]byte) [][]byte
	// sets tells payloads with parameter sets.
	sets     func(payload []byte) bool
	codec    media.Codec
	rate     uint64
	base     uint32
	sequence uint16
	started  bool
	packet   rtp.Packet
}

func newPacketizer() *packetizer {
	return &packetizer{base: rand.Uint32(), sequence: uint16(rand.Uint32())}
}

// use sends in another format from the next access unit on, with packets that leave
// room for so many bytes of header extensions. It fails with [media.ErrUnsupported].
func (p *packetizer) use(f *format, room int) error {
	limit := uint16(maxPayload - room) //nolint:gosec // room is below 64
	p.codec, p.rate = f.codec, uint64(f.capability.ClockRate)
	p.sets = func([]byte) bool { return false }
	switch f.codec {
	case media.H264:
		p.split, p.sets = newH264Splitter(limit), h264Sets
	case media.H265:
		p.split, p.sets = newH265Splitter(limit), h265Sets
	case media.VP8:
		p.split = whole(&codecs.VP8Payloader{EnablePictureID: true}, limit)
	case media.VP9:
		p.split = whole(&codecs.VP9Payloader{}, limit)
	case media.AV1:
		p.split = whole(&codecs.AV1Payloader{}, limit)
	case media.Opus:
		p.split = whole(&codecs.OpusPayloader{}, limit)
	case media.AAC:
		payloader, err := aac.NewPayloader(f.aac)
		if err != nil {
			return fmt.Errorf("%w: %w", media.ErrUnsupported, err)
		}
		p.split = whole(payloader, limit)
	default:
		return fmt.Errorf("%w: no RTP payload format for %s", media.ErrUnsupported, f.codec)
	}

	return nil
}

// packets calls write with each packet of au, in order; the packet is valid during
// the call. Packets stay in decoding order and carry the presentation time, so that
// timestamps of B-frames go back and forth. The marker bit ends a picture (RFC 6184
// section 5.1) and an access unit of AAC (RFC 6416 section 6.1, RFC 3640 section 3.1);
// of Opus it marks the first packet alone (RFC 3551 section 4.1).
func (p *packetizer) packets(au *media.AccessUnit, s *stamper, write func(*rtp.Packet) error) error {
	payloads := p.split(au.Units)
	if len(payloads) == 0 {
		return errNoPackets
	}
	timestamp := p.timestamp(au.PTS)
	for i, payload := range payloads {
		last := i == len(payloads)-1
		marker := last
		if p.codec == media.Opus {
			marker = !p.started
		}
		p.started = true
		p.packet = rtp.Packet{
			Header: rtp.Header{
				Version: 2, Marker: marker, SequenceNumber: p.sequence, Timestamp: timestamp,
				Extensions: p.packet.Extensions[:0],
			},
			Payload: payload,
		}
		s.stamp(&p.packet.Header, i == 0, last, p.sets(payload))
		p.sequence++
		if err := write(&p.packet); err != nil {
			return err
		}
	}

	return nil
}

// repeatLast writes the last packet once more.
func (p *packetizer) repeatLast(write func(*rtp.Packet) error) {
	if p.started {
		_ = write(&p.packet)
	}
}

// timestamp rounds to the nearest tick, from the absolute time, so that no error
// adds up.
func (p *packetizer) timestamp(pts time.Duration) uint32 {
	whole, rest := uint64(pts/time.Second), uint64(pts%time.Second)
	ticks := whole*p.rate + (rest*p.rate+uint64(time.Second)/2)/uint64(time.Second)

	return p.base + uint32(ticks) //nolint:gosec // RTP timestamps wrap
}

// whole splits codecs whose access unit is one frame.
func whole(payloader rtp.Payloader, limit uint16) func([][]byte) [][]byte {
	return func(units [][]byte) [][]byte {
		if len(units) == 1 {
			return payloader.Payload(limit, units[0])
		}
		var payloads [][]byte
		for _, unit := range units {
			payloads = append(payloads, payloader.Payload(limit, unit)...)
		}

		return payloads
	}
}
