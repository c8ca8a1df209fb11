// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

const (
	tsPacketSize = 188
	tsSync       = 0x47
	tsPIDMask    = 0x1fff
	tsNullPID    = 0x1fff
	// tsTimedStride is that of Blu-ray and camcorders, which put 4 bytes of arrival
	// time in front of every packet.
	tsTimedStride = 192
	// tsMaxStride has 16 bytes of Reed-Solomon parity behind every packet.
	tsMaxStride = 204
	// tsSyncPackets is how many sync bytes in a row make a position trusted.
	tsSyncPackets = 3
)

// tsPacket is one transport packet (ITU-T H.222.0, 2.4.3.2). raw and payload are
// valid until the next one is read.
type tsPacket struct {
	raw           []byte
	pid           uint16
	start         bool // payload_unit_start_indicator
	counter       byte // continuity_counter
	discontinuity bool // discontinuity_indicator
	payload       []byte
}

// tsPackets reads transport packets of 188, 192 and 204 bytes and finds its way
// back behind damaged bytes.
type tsPackets struct {
	r      *bufio.Reader
	stride int
	// Skipped counts bytes that were no part of a packet.
	skipped int
}

func newTSPackets(r io.Reader) *tsPackets {
	return &tsPackets{r: bufio.NewReaderSize(r, 64<<10)}
}

// next returns the next packet that carries a payload, io.EOF at the end, and
// io.ErrUnexpectedEOF where a packet is cut short.
func (p *tsPackets) next() (tsPacket, error) {
	for {
		if err := p.synchronise(); err != nil {
			return tsPacket{}, err
		}
		b, err := p.r.Peek(tsPacketSize)
		if err != nil {
			return tsPacket{}, p.cut(len(b), err)
		}
		packet, ok := parseTSPacket(b)
		// The buffer holds the packet until the next read.
		if _, err := p.r.Discard(tsPacketSize); err != nil {
			return tsPacket{}, fmt.Errorf("read: %w", err)
		}
		if ok {
			return packet, nil
		}
	}
}

// synchronise moves to the next sync byte. The bytes between two packets, where
// the stride is longer than a packet, are passed over on the way.
func (p *tsPackets) synchronise() error {
	b, err := p.r.Peek(1)
	if err != nil {
		return p.cut(0, err)
	}
	if p.stride == tsPacketSize && b[0] == tsSync {
		return nil
	}
	if p.stride > tsPacketSize {
		gap := p.stride - tsPacketSize
		b, err = p.r.Peek(gap + 1)
		if err != nil {
			return p.cut(len(b), io.EOF)
		}
		if b[gap] == tsSync {
			_, err = p.r.Discard(gap)

			return err
		}
	}

	return p.search()
}

// search looks for sync bytes that repeat at one of the known strides.
func (p *tsPackets) search() error {
	for {
		b, err := p.r.Peek(tsMaxStride*tsSyncPackets + 1)
		if len(b) == 0 {
			return p.cut(0, err)
		}
		for i := range b {
			if stride := tsStrideAt(b[i:]); stride > 0 {
				p.stride = stride
				if stride != tsTimedStride || i != tsTimedStride-tsPacketSize {
					p.skipped += i
				}
				_, err = p.r.Discard(i)

				return err
			}
			if i >= tsMaxStride {
				break
			}
		}
		if err != nil {
			return p.cut(len(b), err)
		}
		n := min(len(b), tsMaxStride)
		p.skipped += n
		if _, err := p.r.Discard(n); err != nil {
			return err
		}
	}
}

// cut turns the end of the file into io.EOF at a packet's border and into
// io.ErrUnexpectedEOF elsewhere.
func (*tsPackets) cut(left int, err error) error {
	switch {
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("read: %w", err)
	case left == 0:
		return io.EOF
	default:
		return io.ErrUnexpectedEOF
	}
}

// tsStrideAt returns the distance of the sync bytes that begin at b[0], zero
// where there are none. At the end of a file fewer packets suffice.
func tsStrideAt(b []byte) int {
	if b[0] != tsSync {
		return 0
	}
	for _, stride := range []int{tsPacketSize, tsTimedStride, tsMaxStride} {
		n := 1
		for n < tsSyncPackets && n*stride < len(b) && b[n*stride] == tsSync {
			n++
		}
		if n == tsSyncPackets || (n*stride >= len(b) && len(b) >= tsPacketSize) {
			return stride
		}
	}

	return 0
}

// parseTSPacket reads the header of a packet; false means that it carries
// nothing: no payload, scrambled, damaged, or stuffing.
func parseTSPacket(b []byte) (tsPacket, bool) {
	p := tsPacket{
		raw:     b,
		pid:     (uint16(b[1])<<8 | uint16(b[2])) & tsPIDMask,
		start:   b[1]&0x40 != 0,
		counter: b[3] & 0x0f,
	}
	transportError, scrambled := b[1]&0x80 != 0, b[3]&0xc0 != 0
	hasAdaptation, hasPayload := b[3]&0x20 != 0, b[3]&0x10 != 0
	if transportError || scrambled || !hasPayload || p.pid == tsNullPID {
		return tsPacket{}, false
	}
	at := 4
	if hasAdaptation {
		length := int(b[4])
		p.discontinuity = length > 0 && b[5]&0x80 != 0
		at += 1 + length
	}
	if at >= len(b) {
		return tsPacket{}, false
	}
	p.payload = b[at:]

	return p, true
}
