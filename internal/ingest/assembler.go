// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"time"
)

// maxFrameSize bounds one frame in bytes: the largest access unit that mediacommon
// takes.
const maxFrameSize = 8 << 20

// frame is one access unit, or what arrived of it.
type frame struct {
	picture
	units     [][]byte
	timestamp uint32
	// arrival is when its first packet came, completed when its latest one did.
	arrival, completed time.Time
	// composition is PTS − DTS where a packet told it.
	composition compositionTime
	// complete: nothing of it is missing.
	complete bool
	// lostBefore and lostWithin count the packets that are missing ahead of the frame
	// and from its first packet on.
	lostBefore, lostWithin int
	// disposable: nothing of the picture data that arrived may be referred to.
	disposable bool
	// malformed says why a frame without a gap could not be read.
	malformed error
}

// assembler puts video frames together out of packets in order, by RTP timestamp and
// marker bit. It is not safe for concurrent use.
type assembler struct {
	codec codec
	h264  h264Headers
	out   func(*frame)

	open      bool
	current   frame
	lost      int // packets missing since the last one
	size      int
	payloads  [][]byte
	arena     []byte
	sets      [][]byte // parameter sets that came ahead of their picture
	coded     bool
	reference bool
	tooLarge  bool
}

func newAssembler(c codec, out func(*frame)) *assembler {
	return &assembler{codec: c, out: out}
}

// packet takes the next packet of the stream.
func (a *assembler) packet(p *rtpPacket) {
	if a.open && p.timestamp != a.current.timestamp {
		// The marker was lost, or this sender sets none.
		a.finish()
	}
	if len(p.payload) == 0 {
		return // padding
	}
	if !a.open {
		a.open = true
		a.current = frame{timestamp: p.timestamp, arrival: p.arrival, lostBefore: a.lost}
	} else {
		a.current.lostWithin += a.lost
	}
	a.lost = 0
	if p.composition.known && !a.current.composition.known {
		a.current.composition = p.composition
	}
	if p.arrival.After(a.current.completed) {
		a.current.completed = p.arrival
	}
	a.collect(p.payload)
	if p.marker {
		a.finish()
	}
}

// begins tells whether a payload is what a stream begins with.
func (a *assembler) begins(p []byte) bool {
	switch a.codec {
	case codecH264:
		return h264Begins(p)
	case codecH265:
		return h265Begins(p)
	default:
		return true
	}
}

// gap takes the place of n missing packets.
func (a *assembler) gap(n int) {
	a.lost += n
}

// collect copies a payload into the frame's memory.
func (a *assembler) collect(payload []byte) {
	if a.size+len(payload) > maxFrameSize {
		a.tooLarge = true

		return
	}
	a.size += len(payload)
	start := len(a.arena)
	a.arena = append(a.arena, payload...)
	a.payloads = append(a.payloads, a.arena[start:len(a.arena):len(a.arena)])
	if a.codec == codecH265 {
		coded, reference := h265Fragment(payload)
		a.coded = a.coded || coded
		a.reference = a.reference || reference
	}
}

// finish hands out the frame that is open, if there is one.
func (a *assembler) finish() {
	if !a.open {
		return
	}
	f := a.current
	// A gap behind an open frame took its end, and maybe the next frame's start.
	f.lostWithin += a.lost
	switch {
	case a.tooLarge:
		f.malformed = errPayload
	case !a.codec.ofUnits():
		a.readHeaders(&f)
	default:
		a.readUnits(&f)
	}
	if f.malformed == nil && f.lostWithin == 0 && !f.coded && f.lostBefore == 0 && a.codec.ofUnits() {
		a.sets = append(a.sets, f.units...)
		if len(a.sets) > maxUnits {
			a.sets = nil
		}
		a.reset()

		return
	}
	a.reset()
	f.complete = f.malformed == nil && f.lostWithin == 0 && f.coded &&
		(f.lostBefore == 0 || f.head && (!f.key || f.sets || !a.codec.ofUnits()))
	a.out(&f)
}

func (a *assembler) reset() {
	a.open = false
	a.payloads = a.payloads[:0]
	a.arena = make([]byte, 0, a.size)
	a.size = 0
	a.coded, a.reference, a.tooLarge = false, false, false
}

// readUnits turns the payloads into NAL units and reads their headers.
func (a *assembler) readUnits(f *frame) {
	if f.lostWithin > 0 {
		f.disposable = a.coded && !a.reference

		return
	}
	var r unitReader
	read := r.h264Payload
	if a.codec == codecH265 {
		read = r.h265Payload
	}
	for _, p := range a.payloads {
		if f.malformed = read(p); f.malformed != nil {
			return
		}
	}
	if f.units, f.malformed = r.finish(); f.malformed != nil {
		return
	}
	if len(a.sets) > 0 {
		f.units = append(a.sets, f.units...)
		a.sets = nil
	}
	if a.codec == codecH265 {
		f.picture = h265Picture(f.units)
	} else {
		f.picture = a.h264.read(f.units)
	}
	f.disposable = f.coded && !f.reference
}
