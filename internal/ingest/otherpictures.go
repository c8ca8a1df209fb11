// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"fmt"

	"github.com/pion/rtp/codecs"
)

// ofUnits tells the codecs whose frames are NAL units; of the others only headers are
// read.
func (c codec) ofUnits() bool { return c == codecH264 || c == codecH265 }

// readHeaders reads what the payloads of a frame tell about its place in the stream.
func (a *assembler) readHeaders(f *frame) {
	read := readVP8
	switch a.codec {
	case codecVP9:
		read = readVP9
	case codecAV1:
		read = readAV1
	}
	for i, p := range a.payloads {
		if f.malformed = read(p, i == 0, &f.picture); f.malformed != nil {
			break
		}
	}
	f.disposable = f.malformed != nil || !f.reference
}

// readVP8 reads a payload descriptor (RFC 7741, section 4.2) and the frame tag.
func readVP8(payload []byte, first bool, p *picture) error {
	var d codecs.VP8Packet
	data, err := d.Unmarshal(payload)
	if err != nil {
		return err
	}
	p.reference = p.reference || d.N == 0
	if first {
		p.coded = len(data) > 0
		p.head = d.S == 1 && d.PID == 0
		p.key = p.head && p.coded && data[0]&1 == 0
	}

	return nil
}

// readVP9 reads a payload descriptor (RFC 9628, section 4.2). Any frame may be
// referred to.
func readVP9(payload []byte, first bool, p *picture) error {
	var d codecs.VP9Packet
	if _, err := d.Unmarshal(payload); err != nil {
		return err
	}
	p.reference = true
	if first {
		p.coded = len(d.Payload) > 0
		p.head = d.B && d.SID == 0
		p.key = p.head && p.coded && !d.P
	}

	return nil
}

// readAV1 reads an aggregation header (AV1 RTP payload format, section 4.4): whether
// the payload goes on with a unit of the packet before it, and whether it begins a
// coded video sequence. Any frame may be referred to.
func readAV1(payload []byte, first bool, p *picture) error {
	if len(payload) < 2 {
		return fmt.Errorf("%w: AV1 packet of %d bytes", errPayload, len(payload))
	}
	continues, sequence := payload[0]&0x80 != 0, payload[0]&0x08 != 0
	p.reference = true
	if first {
		p.coded = true
		p.head = !continues
		p.key = p.head && sequence
	}

	return nil
}
