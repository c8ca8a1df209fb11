// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package aac

import (
	"errors"
	"fmt"

	"github.com/pion/rtp"
)

// ErrPayload says that an RTP payload or an access unit is malformed or does not fit.
var ErrPayload = errors.New("aac: payload")

// MaxAccessUnit is the longest access unit in bytes that all forms carry: ADTS and
// AAC-hbr have 13 bits for a length, ADTS with its header.
const MaxAccessUnit = maxADTSFrame - adtsHeaderSize

// NewPayloader returns the payloader of a format. Each call of Payload takes one
// access unit without any header and returns the payloads of its packets, none where
// it is empty or longer than [MaxAccessUnit]. The last packet of a call gets the
// marker bit, all get the timestamp of the access unit (RFC 6416 section 6.1,
// RFC 3640 section 3.1). It fails with [ErrFormat] or [ErrConfig].
func NewPayloader(f Format) (rtp.Payloader, error) {
	switch f.Form {
	case ADTS:
		if _, err := appendADTSHeader(nil, f.Mux.Config, 1); err != nil {
			return nil, err
		}

		return &adtsPayloader{config: f.Mux.Config}, nil
	case LATM:
		if f.Mux.SubFrames > 1 {
			return nil, fmt.Errorf("%w: %d access units an element, want 1 to send", ErrFormat, f.Mux.SubFrames)
		}
		if f.Mux.OtherData {
			return nil, fmt.Errorf("%w: other data in the element is not supported", ErrFormat)
		}

		return latmPayloader{}, nil
	case Generic:
		return &genericPayloader{layout: f.Header}, f.Header.validate()
	default:
		return nil, fmt.Errorf("%w: form %d", ErrFormat, f.Form)
	}
}

// adtsPayloader sends one ADTS frame a packet. No document says what to do with a
// frame that is longer than a packet; it is cut as an AudioMuxElement is.
type adtsPayloader struct{ config Config }

func (p *adtsPayloader) Payload(mtu uint16, unit []byte) [][]byte {
	if len(unit) == 0 {
		return nil
	}
	frame, err := appendADTSHeader(make([]byte, 0, adtsHeaderSize+len(unit)), p.config, len(unit))
	if err != nil {
		return nil
	}

	return cut(append(frame, unit...), mtu)
}

// latmPayloader sends one AudioMuxElement without configuration, cut at any byte
// where it is longer than a packet (RFC 6416 section 6.1).
type latmPayloader struct{}

// lengthEscape in a PayloadLengthInfo says that another byte follows.
const lengthEscape = 255

func (latmPayloader) Payload(mtu uint16, unit []byte) [][]byte {
	if len(unit) == 0 || len(unit) > MaxAccessUnit {
		return nil
	}
	element := make([]byte, 0, len(unit)/lengthEscape+1+len(unit))
	n := len(unit)
	for ; n >= lengthEscape; n -= lengthEscape {
		element = append(element, lengthEscape)
	}
	element = append(element, byte(n))

	return cut(append(element, unit...), mtu)
}

// genericPayloader sends one access unit a packet; where it is longer, every
// fragment has the AU header of the whole (RFC 3640 section 3.2.3).
type genericPayloader struct {
	layout HeaderLayout
	header []byte
}

func (p *genericPayloader) Payload(mtu uint16, unit []byte) [][]byte {
	header, err := p.layout.marshal(p.header, len(unit))
	room := int(mtu) - len(header)
	p.header = header
	if err != nil || room <= 0 || len(unit) == 0 || len(unit) > MaxAccessUnit {
		return nil
	}
	payloads := make([][]byte, 0, (len(unit)+room-1)/room)
	for len(unit) > 0 {
		n := min(room, len(unit))
		payloads = append(payloads, append(append(make([]byte, 0, len(header)+n), header...), unit[:n]...))
		unit = unit[n:]
	}

	return payloads
}

// cut returns b in pieces of at most mtu bytes.
func cut(b []byte, mtu uint16) [][]byte {
	if mtu == 0 {
		return nil
	}
	pieces := make([][]byte, 0, (len(b)+int(mtu)-1)/int(mtu))
	for len(b) > 0 {
		n := min(int(mtu), len(b))
		pieces, b = append(pieces, b[:n:n]), b[n:]
	}

	return pieces
}
