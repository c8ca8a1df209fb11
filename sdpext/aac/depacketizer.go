// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package aac

import (
	"bytes"
	"fmt"

	"github.com/pion/rtp"
)

// Depacketizer takes access units out of RTP payloads, in their order. Unmarshal
// returns the access units that a payload completes, one after another; as that does
// not tell where one ends, AccessUnits has them one by one. Payloads of fragments
// complete none but the last one does. After a lost packet Reset has to be called;
// [Assembler] sees to that.
type Depacketizer interface {
	rtp.Depacketizer
	// AccessUnits returns what the last Unmarshal completed. It is valid until the
	// next one, and as long as the payload is left alone.
	AccessUnits() [][]byte
	// Reset drops fragments.
	Reset()
}

// NewDepacketizer returns the depacketizer of a format. It fails with [ErrFormat].
func NewDepacketizer(f Format) (Depacketizer, error) {
	switch f.Form {
	case ADTS:
		return &adtsDepacketizer{}, nil
	case LATM:
		return &latmDepacketizer{subFrames: max(f.Mux.SubFrames, 1), other: (uint64(f.Mux.OtherDataBits) + 7) / 8}, nil
	case Generic:
		return &genericDepacketizer{layout: f.Header}, f.Header.validate()
	default:
		return nil, fmt.Errorf("%w: form %d", ErrFormat, f.Form)
	}
}

// maxPart bounds what waits for further fragments.
const maxPart = 1 << 16

// parts is what the depacketizers have in common.
type parts struct {
	part  []byte
	units [][]byte
}

func (p *parts) AccessUnits() [][]byte { return p.units }

func (p *parts) Reset() { p.part = nil }

// IsPartitionTail tells whether the packet ends an access unit.
func (p *parts) IsPartitionTail(marker bool, _ []byte) bool { return marker }

// begin starts on a payload and returns it with what waited before it.
func (p *parts) begin(payload []byte) ([]byte, error) {
	p.units = p.units[:0]
	if len(payload) == 0 {
		return nil, fmt.Errorf("%w: empty", ErrPayload)
	}
	if p.part == nil {
		return payload, nil
	}
	p.part = append(p.part, payload...)

	return p.part, nil
}

// keep lets what is left wait for more, in memory of its own: units may lie in the
// old one.
func (p *parts) keep(rest []byte) error {
	if len(rest) > maxPart {
		return p.fail("%d bytes of fragments without an end", len(rest))
	}
	p.part = nil
	if len(rest) > 0 {
		p.part = bytes.Clone(rest)
	}

	return nil
}

func (p *parts) fail(format string, args ...any) error {
	p.part, p.units = nil, p.units[:0]

	return fmt.Errorf("%w: %s", ErrPayload, fmt.Sprintf(format, args...))
}

func (p *parts) add(unit []byte) {
	if len(unit) > 0 {
		p.units = append(p.units, unit)
	}
}

func (p *parts) joined() []byte {
	if len(p.units) == 1 {
		return p.units[0]
	}

	return bytes.Join(p.units, nil)
}

type adtsDepacketizer struct{ parts }

// Unmarshal takes ADTS frames, whole or in part, without their headers.
func (d *adtsDepacketizer) Unmarshal(payload []byte) ([]byte, error) {
	data, err := d.begin(payload)
	if err != nil {
		return nil, err
	}
	for len(data) >= adtsHeaderSize {
		h, err := parseADTSHeader(data)
		if err != nil {
			d.Reset()
			d.units = d.units[:0]

			return nil, err
		}
		if h.blocks > 1 {
			return nil, d.fail("ADTS frame of %d access units is not supported", h.blocks)
		}
		if h.size > len(data) {
			break
		}
		d.add(data[h.headerSize:h.size])
		data = data[h.size:]
	}
	if err := d.keep(data); err != nil {
		return nil, err
	}

	return d.joined(), nil
}

// IsPartitionHead tells whether the payload begins with an ADTS header.
func (*adtsDepacketizer) IsPartitionHead(payload []byte) bool {
	_, err := parseADTSHeader(payload)

	return err == nil
}

type latmDepacketizer struct {
	parts
	subFrames int
	// other is how many bytes follow the payloads.
	other uint64
}

// Unmarshal takes an AudioMuxElement without configuration, whole or in part.
func (d *latmDepacketizer) Unmarshal(payload []byte) ([]byte, error) {
	data, err := d.begin(payload)
	if err != nil {
		return nil, err
	}
	if _, whole := d.split(data, d.add); !whole {
		d.units = d.units[:0]

		return nil, d.keep(data)
	}
	d.Reset()

	return d.joined(), nil
}

// split calls each for every access unit of an element and returns what follows it,
// and whether it is whole.
func (d *latmDepacketizer) split(data []byte, each func([]byte)) (rest []byte, whole bool) {
	for range d.subFrames {
		n := 0
		for more := true; more; {
			if len(data) == 0 {
				return nil, false
			}
			n += int(data[0])
			more, data = data[0] == lengthEscape, data[1:]
		}
		if n > len(data) {
			return nil, false
		}
		each(data[:n])
		data = data[n:]
	}
	if uint64(len(data)) < d.other {
		return nil, false
	}

	return data[d.other:], true
}

// IsPartitionHead tells whether the payload is exactly one element. The first
// fragment of one cannot be told from the others.
func (d *latmDepacketizer) IsPartitionHead(payload []byte) bool {
	rest, whole := d.split(payload, func([]byte) {})

	return whole && len(rest) == 0
}

type genericDepacketizer struct {
	parts
	layout HeaderLayout
	sizes  []int
	// want is the size of the access unit in fragments.
	want int
}

// Unmarshal takes an AU header section and access units, or a fragment of one.
func (d *genericDepacketizer) Unmarshal(payload []byte) ([]byte, error) {
	d.units = d.units[:0]
	sizes, data, err := d.layout.unmarshal(d.sizes[:0], payload)
	if err != nil {
		d.Reset()

		return nil, err
	}
	d.sizes = sizes
	if len(sizes) == 1 && sizes[0] > len(data) {
		return d.fragment(sizes[0], data)
	}
	if d.part != nil {
		return nil, d.fail("access units of other sizes amidst the fragments of one")
	}
	for _, size := range sizes {
		if size > len(data) {
			return nil, d.fail("access unit of %d bytes, %d left", size, len(data))
		}
		d.add(data[:size])
		data = data[size:]
	}

	return d.joined(), nil
}

func (d *genericDepacketizer) fragment(want int, data []byte) ([]byte, error) {
	switch {
	case len(data) == 0:
		return nil, d.fail("empty fragment")
	case d.part == nil:
		d.want = want
	case d.want != want:
		return nil, d.fail("fragment of %d bytes amidst those of %d", want, d.want)
	}
	d.part = append(d.part, data...)
	switch {
	case len(d.part) > want:
		return nil, d.fail("fragments of %d bytes for an access unit of %d", len(d.part), want)
	case len(d.part) < want:
		return nil, nil
	}
	d.add(d.part)
	d.Reset()

	return d.joined(), nil
}

// IsPartitionHead tells whether the payload holds whole access units. The first
// fragment of one cannot be told from the others.
func (d *genericDepacketizer) IsPartitionHead(payload []byte) bool {
	sizes, data, err := d.layout.Unmarshal(payload)
	whole := 0
	for _, size := range sizes {
		whole += size
	}

	return err == nil && whole <= len(data)
}
