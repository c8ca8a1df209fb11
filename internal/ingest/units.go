// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// errPayload is wrapped by errors about RTP payloads that break their format.
var errPayload = errors.New("malformed RTP payload")

// maxUnits bounds the NAL units of one frame.
const maxUnits = 512

// unitReader puts NAL units back together out of RTP payloads.
//
// pion/rtp's depacketizers answer with an Annex-B stream that would have to be
// searched for start codes again, and refuse units of two bytes (end of sequence).
type unitReader struct {
	units    [][]byte
	fragment []byte
	open     bool // a fragmented unit has begun and not ended
}

// add appends a whole unit.
func (r *unitReader) add(unit []byte) error {
	if r.open {
		return fmt.Errorf("%w: a fragmented unit never ended", errPayload)
	}
	if len(r.units) == maxUnits {
		return fmt.Errorf("%w: more than %d units in one frame", errPayload, maxUnits)
	}
	r.units = append(r.units, unit)

	return nil
}

// addAggregated appends the units of an aggregation packet, each behind its 16-bit
// length.
func (r *unitReader) addAggregated(payload []byte, minUnit int) error {
	for len(payload) > 0 {
		if len(payload) < 2 {
			return fmt.Errorf("%w: aggregation packet ends within a length", errPayload)
		}
		n := int(binary.BigEndian.Uint16(payload))
		payload = payload[2:]
		if n < minUnit || n > len(payload) {
			return fmt.Errorf("%w: aggregated unit of %d bytes with %d left", errPayload, n, len(payload))
		}
		if err := r.add(payload[:n]); err != nil {
			return err
		}
		payload = payload[n:]
	}

	return nil
}

// addFragment appends a part of a unit, whose header bytes are restored at its start.
func (r *unitReader) addFragment(start, end bool, header []byte, part []byte) error {
	switch {
	case start && r.open:
		return fmt.Errorf("%w: a fragmented unit begins within another", errPayload)
	case !start && !r.open:
		return fmt.Errorf("%w: a fragment without the start of its unit", errPayload)
	case start:
		r.open = true
		r.fragment = append(make([]byte, 0, 4*len(part)), header...)
	}
	r.fragment = append(r.fragment, part...)
	if !end {
		return nil
	}
	r.open = false

	return r.add(r.fragment)
}

// finish returns the units of the frame.
func (r *unitReader) finish() ([][]byte, error) {
	if r.open {
		return nil, fmt.Errorf("%w: a fragmented unit never ended", errPayload)
	}

	return r.units, nil
}

const (
	h264TypeSTAPA = 24
	h264TypeFUA   = 28
)

// h264Payload takes one RTP payload of packetization mode 0 or 1 (RFC 6184).
func (r *unitReader) h264Payload(p []byte) error {
	switch t := p[0] & 0x1f; {
	case t >= 1 && t <= 23:
		return r.add(p)
	case t == h264TypeSTAPA:
		return r.addAggregated(p[1:], 1)
	case t == h264TypeFUA:
		if len(p) < 3 {
			return fmt.Errorf("%w: FU-A of %d bytes", errPayload, len(p))
		}

		return r.addFragment(p[1]&0x80 != 0, p[1]&0x40 != 0, []byte{p[0]&0xe0 | p[1]&0x1f}, p[2:])
	default:
		return fmt.Errorf("%w: H.264 packet type %d (only single units, STAP-A and FU-A are known)", errPayload, t)
	}
}

const (
	h265TypeAP = 48
	h265TypeFU = 49
)

// h265Payload takes one RTP payload without decoding order numbers (RFC 7798).
func (r *unitReader) h265Payload(p []byte) error {
	if len(p) < 2 {
		return fmt.Errorf("%w: H.265 packet of %d bytes", errPayload, len(p))
	}
	switch t := p[0] >> 1 & 0x3f; {
	case t < h265TypeAP:
		return r.add(p)
	case t == h265TypeAP:
		return r.addAggregated(p[2:], 2)
	case t == h265TypeFU:
		if len(p) < 4 {
			return fmt.Errorf("%w: H.265 fragment of %d bytes", errPayload, len(p))
		}
		header := []byte{p[0]&0x81 | p[2]&0x3f<<1, p[1]}

		return r.addFragment(p[2]&0x80 != 0, p[2]&0x40 != 0, header, p[3:])
	default:
		return fmt.Errorf("%w: H.265 packet type %d (only single units, AP and FU are known)", errPayload, t)
	}
}
