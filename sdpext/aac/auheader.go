// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package aac

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/rtmcc/rtmcc/sdpext"
)

// HeaderLayout is how many bits each field of an AU header has (RFC 3640 section
// 3.2.1). Fields other than these three are not supported.
type HeaderLayout struct {
	Size, Index, IndexDelta uint8
}

// HighRate is the layout of mode AAC-hbr (RFC 3640 section 3.3.6).
var HighRate = HeaderLayout{Size: 13, Index: 3, IndexDelta: 3}

const (
	// headerLengthSize is the size of the field that tells the length of the AU
	// headers in bits.
	headerLengthSize = 2
	maxFieldBits     = 16
)

// parseHeaderLayout reads the layout off the parameters, by the mode where they do
// not say.
func parseHeaderLayout(fmtp sdpext.Fmtp) (HeaderLayout, error) {
	l := HighRate
	for _, field := range []struct {
		name string
		bits *uint8
	}{{"sizeLength", &l.Size}, {"indexLength", &l.Index}, {"indexDeltaLength", &l.IndexDelta}} {
		text, ok := fmtp.Get(field.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 8)
		if err != nil || n > maxFieldBits {
			return HeaderLayout{}, fmt.Errorf("%w: %s=%s, want 0 to %d", ErrFormat, field.name, text, maxFieldBits)
		}
		*field.bits = uint8(n)
	}
	for _, name := range []string{
		"constantSize", "CTSDeltaLength", "DTSDeltaLength", "randomAccessIndication", "streamStateIndication", "auxiliaryDataSizeLength",
	} {
		if text, _ := fmtp.Get(name); text != "" && text != "0" {
			return HeaderLayout{}, fmt.Errorf("%w: %s=%s is not supported", ErrFormat, name, text)
		}
	}

	return l, l.validate()
}

func (l HeaderLayout) validate() error {
	if l.Size == 0 || l.Size > maxFieldBits || l.Index > maxFieldBits || l.IndexDelta > maxFieldBits {
		return fmt.Errorf("%w: AU headers of %d, %d and %d bits", ErrFormat, l.Size, l.Index, l.IndexDelta)
	}

	return nil
}

// Marshal returns the AU header section for access units of these sizes in bytes,
// none left out between them. It fails with [ErrPayload] where a size does not fit,
// and with [ErrFormat].
func (l HeaderLayout) Marshal(sizes ...int) ([]byte, error) { return l.marshal(nil, sizes...) }

// marshal writes over b.
func (l HeaderLayout) marshal(b []byte, sizes ...int) ([]byte, error) {
	if err := l.validate(); err != nil {
		return nil, err
	}
	w := writer{b: append(b[:0], 0, 0), pos: 8 * headerLengthSize}
	for i, size := range sizes {
		if size < 0 || size >= 1<<l.Size {
			return nil, fmt.Errorf("%w: access unit of %d bytes, at most %d", ErrPayload, size, 1<<l.Size-1)
		}
		w.write(uint64(size), int(l.Size))
		if i == 0 {
			w.write(0, int(l.Index))
		} else {
			w.write(0, int(l.IndexDelta))
		}
	}
	bits := w.pos - 8*headerLengthSize
	if bits >= 1<<16 {
		return nil, fmt.Errorf("%w: %d access units in one packet", ErrPayload, len(sizes))
	}
	binary.BigEndian.PutUint16(w.b, uint16(bits)) //nolint:gosec // checked above

	return w.b, nil
}

// Unmarshal reads the AU header section at the start of a payload and returns the
// sizes of the access units in bytes and the data that follows. It fails with
// [ErrPayload], also where access units are interleaved.
func (l HeaderLayout) Unmarshal(payload []byte) (sizes []int, data []byte, err error) {
	return l.unmarshal(nil, payload)
}

// unmarshal appends to sizes.
func (l HeaderLayout) unmarshal(sizes []int, payload []byte) ([]int, []byte, error) {
	if err := l.validate(); err != nil {
		return nil, nil, err
	}
	if len(payload) < headerLengthSize {
		return nil, nil, fmt.Errorf("%w: %d bytes", ErrPayload, len(payload))
	}
	bits := int(binary.BigEndian.Uint16(payload))
	end := headerLengthSize + (bits+7)/8
	if end > len(payload) {
		return nil, nil, fmt.Errorf("%w: AU headers of %d bits in %d bytes", ErrPayload, bits, len(payload))
	}
	r := reader{b: payload[:end], pos: 8 * headerLengthSize}
	index := int(l.Index)
	for r.pos+int(l.Size)+index <= 8*headerLengthSize+bits {
		sizes = append(sizes, int(r.read(int(l.Size)))) //nolint:gosec // 16 bits
		if delta := r.read(index); delta != 0 && len(sizes) > 1 {
			return nil, nil, fmt.Errorf("%w: interleaved access units are not supported", ErrPayload)
		}
		index = int(l.IndexDelta)
	}
	if len(sizes) == 0 {
		return nil, nil, fmt.Errorf("%w: no AU header", ErrPayload)
	}

	return sizes, payload[end:], nil
}
