// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package media

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/pion/webrtc/v4/pkg/media/oggreader"
)

const (
	oggHeader  = 27
	oggMaxPage = oggHeader + 255 + 255*255
	// maxOggPacket bounds a packet that goes on over pages; Opus packets are below
	// 64 kB.
	maxOggPacket = 256 << 10
	// maxOggProbe bounds the pages before the Opus header.
	maxOggProbe = 64
)

// ogg reads Opus from an Ogg file (RFC 3533, RFC 7845). Pages are parsed here, as
// pion's reader hides where one packet of a page ends and the next begins.
// Timestamps are the sum of the durations that the packets tell (RFC 6716, 3.1);
// after lost pages the granule position says where to go on.
type ogg struct {
	r      *bufio.Reader
	closer io.Closer
	track  Track
	serial uint32

	next0    time.Duration // of the next packet
	origin   int64         // granule position at time zero
	located  bool
	sequence uint32
	partial  []byte // a packet that the next page continues
	headers  int    // header packets that are still to come
	out      []sample
	head     int
	end      error
	skipped  bool
}

// oggPage is one page; its packets share the reader's memory.
type oggPage struct {
	first, continued bool
	serial, sequence uint32
	granule          int64
	lacing, body     []byte
}

func newOgg(f *file) (*ogg, error) {
	o := &ogg{r: bufio.NewReaderSize(f.r, oggMaxPage), closer: f.closer}
	for range maxOggProbe {
		page, err := o.page()
		if err != nil {
			break
		}
		if page.first && o.begin(page) {
			return o, nil
		}
		o.discard(page)
	}

	return nil, fmt.Errorf("%w: no Opus in the Ogg file; convert its audio: ffmpeg -i IN -c:a libopus OUT.ogg", ErrUnsupported)
}

// begin follows the stream of a first page if it is Opus, and takes the page.
func (o *ogg) begin(p oggPage) bool {
	head, err := oggreader.ParseOpusHead(p.body)
	if err != nil || !bytes.HasPrefix(p.body, []byte("OpusHead")) {
		return false
	}
	o.track = Track{Codec: Opus, ClockRate: opusClock, Channels: int(head.Channels)}
	o.serial, o.sequence, o.headers, o.located, o.partial = p.serial, p.sequence, 1, false, nil
	o.discard(p)

	return true
}

func (o *ogg) tracks() []Track { return []Track{o.track} }
func (o *ogg) close() error    { return o.closer.Close() }

func (o *ogg) next() (sample, error) {
	for o.head == len(o.out) {
		o.out, o.head = o.out[:0], 0
		if o.end != nil {
			return sample{}, o.end
		}
		p, err := o.page()
		if err != nil {
			o.end = err

			continue
		}
		switch {
		case p.first && p.serial != o.serial && o.begin(p): // a chained stream
		case p.serial != o.serial:
			o.discard(p)
		default:
			o.unpack(p)
			o.discard(p)
		}
	}
	s := o.out[o.head]
	o.out[o.head] = sample{}
	o.head++

	return s, nil
}

// page peeks at the next page whose checksum is right.
func (o *ogg) page() (oggPage, error) {
	for {
		b, err := o.r.Peek(oggHeader)
		if err != nil {
			return oggPage{}, o.cut(len(b), err)
		}
		if i := bytes.Index(b, []byte("OggS")); i != 0 {
			o.skipped = true
			if i < 0 {
				i = oggHeader - 3
			}
			_, _ = o.r.Discard(i)

			continue
		}
		size := oggHeader + int(b[26])
		if b, err = o.r.Peek(size); err == nil {
			for _, n := range b[oggHeader:] {
				size += int(n)
			}
			b, err = o.r.Peek(size)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return oggPage{}, fmt.Errorf("read: %w", err)
		}
		if err != nil || oggChecksum(b) != binary.LittleEndian.Uint32(b[22:]) {
			o.skipped = true
			_, _ = o.r.Discard(1)

			continue
		}
		segments := int(b[26])

		return oggPage{
			continued: b[5]&1 != 0,
			first:     b[5]&2 != 0,
			granule:   int64(binary.LittleEndian.Uint64(b[6:])), //nolint:gosec // signed on file
			serial:    binary.LittleEndian.Uint32(b[14:]),
			sequence:  binary.LittleEndian.Uint32(b[18:]),
			lacing:    b[oggHeader : oggHeader+segments],
			body:      b[oggHeader+segments:],
		}, nil
	}
}

func (o *ogg) cut(left int, err error) error {
	switch {
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("read: %w", err)
	case left > 0 || o.skipped:
		return io.ErrUnexpectedEOF
	default:
		return io.EOF
	}
}

// discard moves behind a page that was peeked at.
func (o *ogg) discard(p oggPage) {
	_, _ = o.r.Discard(oggHeader + len(p.lacing) + len(p.body))
}

// unpack cuts a page into packets (RFC 3533, 5 and 6).
func (o *ogg) unpack(p oggPage) {
	lost := p.sequence != o.sequence+1
	o.sequence = p.sequence
	if lost || !p.continued {
		o.partial = nil
	}
	drop := p.continued && o.partial == nil
	begin := len(o.out)
	packet, body := o.partial, p.body
	for _, n := range p.lacing {
		packet = append(packet, body[:n]...)
		body = body[n:]
		if len(packet) > maxOggPacket {
			packet, drop = nil, true
		}
		if n == 255 {
			continue
		}
		if !drop {
			o.packet(packet)
		}
		packet, drop = nil, false
	}
	o.partial = packet
	if drop {
		o.partial = nil
	}
	o.locate(p, lost, o.out[begin:])
}

// packet appends an audio packet with the time that follows from the ones before.
func (o *ogg) packet(b []byte) {
	if o.headers > 0 { // OpusTags
		o.headers--

		return
	}
	duration := opusDuration(b)
	if duration == 0 {
		return
	}
	o.out = append(o.out, sample{pts: o.next0, dts: o.next0, duration: duration, units: [][]byte{b}})
	o.next0 += duration
}

// locate keeps the granule position at time zero, and after lost pages moves the
// samples of this one to where it says that they are.
func (o *ogg) locate(p oggPage, lost bool, samples []sample) {
	if p.granule < 0 || len(samples) == 0 {
		return
	}
	if !o.located {
		o.located = true
		o.origin = p.granule - int64(o.next0*opusClock/time.Second)

		return
	}
	if !lost {
		return
	}
	end := ticks(p.granule-o.origin, opusClock)
	if gap := end - o.next0; gap > 0 && gap <= maxSourceGap {
		for i := range samples {
			samples[i].pts += gap
			samples[i].dts += gap
		}
		o.next0 += gap
	}
}

// oggChecksum is the CRC of a page (RFC 3533, 6: polynomial 0x04c11db7, neither
// reflected nor inverted), with the checksum field as zero.
func oggChecksum(page []byte) uint32 {
	var crc uint32
	for i, b := range page {
		if i >= 22 && i < 26 {
			b = 0
		}
		crc = crc<<8 ^ oggTable[byte(crc>>24)^b]
	}

	return crc
}

var oggTable = func() (t [256]uint32) {
	for i := range t {
		r := uint32(i) << 24 //nolint:gosec // below 256
		for range 8 {
			carry := r >> 31
			r = r<<1 ^ carry*0x04c11db7
		}
		t[i] = r
	}

	return t
}()
