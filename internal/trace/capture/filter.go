// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package capture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"

	"github.com/rtmcc/rtmcc/internal/trace/recording"
)

const (
	// maxRecord is the largest record that is read, above libpcap's largest snapshot.
	maxRecord = 1 << 18
	// filterBuffer holds a record and the header of the one behind it.
	filterBuffer = maxRecord + 64
)

// framing tells the records of a format from noise.
type framing interface {
	// smallest is the number of bytes that tell a record's length.
	smallest() int
	// length returns the length of the record that begins with these bytes, zero where
	// none can.
	length(head []byte) int
	// judge says what to do with a record of n bytes; b holds it, and what is there of
	// the next header. Where strict, the record was found by looking for one.
	judge(b []byte, n int, strict bool) verdict
}

// verdict says what to do with a record.
type verdict uint8

const (
	damaged verdict = iota
	// short: the file ends before it.
	short
	wanted
	unwanted
)

// filter hands on whole records only, so that the library that reads them never meets
// a length that leads it astray.
type filter struct {
	r       *bufio.Reader
	framing framing
	damage  *recording.Damage
	// pending are bytes of the record at hand, at first the file's header, that were not
	// handed on yet.
	pending int
	err     error
}

// Read implements [io.Reader].
func (f *filter) Read(p []byte) (int, error) {
	for f.pending == 0 && f.err == nil {
		f.advance()
	}
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.r.Read(p[:min(len(p), f.pending)])
	f.pending -= n
	f.err = err

	return n, err
}

// advance finds the next record.
func (f *filter) advance() {
	passed, cut := int64(0), false
	for f.err == nil {
		n, v := f.look(passed > 0)
		switch v {
		case wanted:
			f.passedOver(passed)
			f.pending = n

			return
		case unwanted:
			_, f.err = f.r.Discard(n)
		case short, damaged:
			// A record that reaches beyond the end may have a wrong length.
			n, f.err = f.r.Discard(1)
			cut = cut || (v == short && passed == 0 && n > 0)
			passed += int64(n)
		}
	}
	if errors.Is(f.err, io.ErrUnexpectedEOF) {
		cut, f.err = true, io.EOF
	}
	if cut && errors.Is(f.err, io.EOF) {
		f.damage.Truncated = true
		f.damage.Say(errors.New("the file ends in the midst of a packet"))

		return
	}
	f.passedOver(passed)
}

// look judges what is at hand.
func (f *filter) look(strict bool) (int, verdict) {
	head, err := f.r.Peek(f.framing.smallest())
	if err != nil {
		return 0, short
	}
	n := f.framing.length(head)
	if n == 0 {
		return 0, damaged
	}
	if _, err = f.r.Peek(n); err != nil {
		return 0, short
	}
	more, _ := f.r.Peek(min(n+f.framing.smallest(), filterBuffer))

	return n, f.framing.judge(more, n, strict)
}

func (f *filter) passedOver(n int64) {
	if n > 0 {
		f.damage.Note(errors.New("a packet's header is damaged, or a length is wrong"))
		f.damage.Bytes += n
	}
}

// pcapFraming is that of pcap files.
type pcapFraming struct {
	order binary.ByteOrder
	// fraction is how many units of time a second has.
	fraction uint32
	last     uint32
}

const (
	pcapHeader = 24
	pcapRecord = 16
	// maxStep bounds the time, in seconds, that may lie between a record before damage
	// and one after it.
	maxStep = 24 * 3600
)

func (*pcapFraming) smallest() int { return pcapRecord }

func (p *pcapFraming) length(head []byte) int {
	kept, wire := p.order.Uint32(head[8:]), p.order.Uint32(head[12:])
	if p.order.Uint32(head[4:]) >= p.fraction || kept > maxRecord-pcapRecord || kept > wire || wire == 0 {
		return 0
	}

	return pcapRecord + int(kept)
}

func (p *pcapFraming) judge(b []byte, n int, strict bool) verdict {
	seconds := p.order.Uint32(b)
	step := int64(seconds) - int64(p.last)
	if strict {
		far := p.last != 0 && (step > maxStep || step < -maxStep)
		if far || (len(b) >= n+pcapRecord && p.length(b[n:]) == 0) {
			return damaged
		}
	}
	p.last = seconds

	return wanted
}

// pcapngFraming is that of pcapng files.
type pcapngFraming struct {
	order binary.ByteOrder
	// interfaces counts those of the section at hand.
	interfaces uint32
}

const (
	pcapngSection   = 0x0a0d0d0a
	pcapngInterface = 1
	pcapngPacket    = 2
	pcapngSimple    = 3
	pcapngEnhanced  = 6
	pcapngMagic     = 0x1a2b3c4d
	pcapngBlock     = 12
	// pcapngPacketHead is what a packet's block has before the packet.
	pcapngPacketHead = 20
)

func (*pcapngFraming) smallest() int { return pcapngBlock }

func (p *pcapngFraming) length(head []byte) int {
	order := p.orderOf(head)
	if order == nil {
		return 0
	}
	length := order.Uint32(head[4:])
	if length < pcapngBlock || length > maxRecord || length%4 != 0 {
		return 0
	}

	return int(length)
}

// orderOf returns the byte order of a block, nil where it is not known.
func (p *pcapngFraming) orderOf(head []byte) binary.ByteOrder {
	switch {
	case binary.BigEndian.Uint32(head) != pcapngSection:
		return p.order
	case binary.BigEndian.Uint32(head[8:]) == pcapngMagic:
		return binary.BigEndian
	case binary.LittleEndian.Uint32(head[8:]) == pcapngMagic:
		return binary.LittleEndian
	default:
		return nil
	}
}

// judge takes a block for whole where its length is there again at its end, and what
// is in it fits. Blocks without sections, interfaces or packets are unwanted.
func (p *pcapngFraming) judge(b []byte, n int, _ bool) verdict {
	order, kind := p.orderOf(b), uint32(pcapngSection)
	if binary.BigEndian.Uint32(b) != pcapngSection {
		kind = order.Uint32(b)
	}
	if order.Uint32(b[n-4:]) != uint32(n) {
		return damaged
	}
	body := b[8 : n-4]
	var options int
	switch kind {
	case pcapngSection:
		options = 16
	case pcapngInterface:
		options = 8
	case pcapngPacket, pcapngEnhanced:
		if options = p.packetEnd(kind, order, body); options == 0 {
			return damaged
		}
	case pcapngSimple:
		// It has no time.
		return damaged
	default:
		return unwanted
	}
	if len(body) < options || !soundOptions(order, body[options:]) {
		return damaged
	}
	switch kind {
	case pcapngSection:
		p.order, p.interfaces = order, 0
	case pcapngInterface:
		p.interfaces++
	}

	return wanted
}

// packetEnd returns where a packet ends in its block, zero where that is not right.
func (p *pcapngFraming) packetEnd(kind uint32, order binary.ByteOrder, body []byte) int {
	if len(body) < pcapngPacketHead {
		return 0
	}
	on := order.Uint32(body)
	if kind == pcapngPacket {
		on = uint32(order.Uint16(body))
	}
	kept := order.Uint32(body[12:])
	if on >= p.interfaces || kept > maxRecord {
		return 0
	}

	return pcapngPacketHead + (int(kept)+3)&^3
}

// soundOptions tells whether the lengths of a block's options lead to its end.
func soundOptions(order binary.ByteOrder, b []byte) bool {
	for len(b) > 0 {
		if len(b) < 4 {
			return false
		}
		code, length := order.Uint16(b), int(order.Uint16(b[2:]))
		end := 4 + (length+3)&^3
		switch {
		case code == 0:
			return length == 0
		case end > len(b):
			return false
		}
		b = b[end:]
	}

	return true
}
