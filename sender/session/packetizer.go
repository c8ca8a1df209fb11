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

	"github.com/rtmcc/rtmcc/sender/media"
)

// maxPayload is the longest RTP payload in bytes. With header and transport sequence
// number it makes packets of 1170 bytes. FEC of those is 40 bytes longer; with SRTP tag,
// UDP and IPv6 it stays under the 1280 bytes that every IPv6 path carries.
const maxPayload = 1150

// errNoPackets: a frame is malformed, so that no packet can be made of it.
var errNoPackets = errors.New("frame makes no packets")

// packetizer turns access units of one track into RTP packets. Sequence numbers and
// timestamps go on over the connections of a push. It is not safe for concurrent
// use.
type packetizer struct {
	split    func(units [][]byte) [][]byte
	video    bool
	rate     uint64
	base     uint32
	sequence uint16
	started  bool
	packet   rtp.Packet
}

func newPacketizer(t media.Track) (*packetizer, error) {
	p := &packetizer{video: t.Codec.Video(), rate: uint64(t.ClockRate), base: rand.Uint32(), sequence: uint16(rand.Uint32())}
	switch t.Codec {
	case media.H264:
		p.split = newH264Splitter()
	case media.H265:
		p.split = newH265Splitter()
	case media.VP8:
		p.split = whole(&codecs.VP8Payloader{EnablePictureID: true})
	case media.VP9:
		p.split = whole(&codecs.VP9Payloader{})
	case media.AV1:
		p.split = whole(&codecs.AV1Payloader{})
	case media.Opus:
		p.split = whole(&codecs.OpusPayloader{})
	default:
		return nil, fmt.Errorf("%w: no RTP payload format for %s", media.ErrUnsupported, t.Codec)
	}

	return p, nil
}

// packets calls write with each packet of au, in order; the packet is valid during
// the call. Packets stay in decoding order and carry the presentation time, so that
// timestamps of B-frames go back and forth. The marker bit ends a picture (RFC 6184
// section 5.1); of audio it marks the first packet alone (RFC 3551 section 4.1).
func (p *packetizer) packets(au *media.AccessUnit, write func(*rtp.Packet) error) error {
	payloads := p.split(au.Units)
	if len(payloads) == 0 {
		return errNoPackets
	}
	timestamp := p.timestamp(au.PTS)
	for i, payload := range payloads {
		marker := i == len(payloads)-1
		if !p.video {
			marker = !p.started
		}
		p.started = true
		p.packet = rtp.Packet{
			Header:  rtp.Header{Version: 2, Marker: marker, SequenceNumber: p.sequence, Timestamp: timestamp},
			Payload: payload,
		}
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
func whole(payloader rtp.Payloader) func([][]byte) [][]byte {
	return func(units [][]byte) [][]byte {
		if len(units) == 1 {
			return payloader.Payload(maxPayload, units[0])
		}
		var payloads [][]byte
		for _, unit := range units {
			payloads = append(payloads, payloader.Payload(maxPayload, unit)...)
		}

		return payloads
	}
}
