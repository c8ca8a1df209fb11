// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"bytes"
	"fmt"

	"github.com/rtmcc/rtmcc/sender/media"
)

// outcome is what is known of a frame after a stage.
type outcome uint8

const (
	// same: equal so far.
	same outcome = iota
	// unknown: a dump lacks what there is to compare.
	unknown
	// reported: a difference was found, or the frame was dropped on purpose.
	reported
)

// examination follows one frame through the stages.
type examination struct {
	*comparison

	track  *Track
	frame  *frame
	codec  media.Codec
	stage  Stage // the last one compared
	source *bitstream
	// changed: the source's file is not as it was written.
	changed  bool
	first    int64
	payloads [][]byte
}

func (x *examination) run() outcome {
	for _, stage := range []func() outcome{x.readSource, x.compareWire, x.compareReceived, x.compareReassembled} {
		if o := stage(); o != same {
			return o
		}
	}

	return same
}

// differ reports that the frame differs at a stage, which dir holds.
func (x *examination) differ(stage Stage, dir string, kind Kind, change func(*Difference)) outcome {
	d := &Difference{
		Stage: stage, Dir: dir, Kind: kind, Track: x.frame.Track, Codec: x.track.Codec, Frame: x.frame.N, PTS: x.frame.PTS,
		SSRC: x.frame.SSRC, Seq: x.frame.First, Packets: x.frame.Packets, Unit: -1, Offset: -1,
	}
	if change != nil {
		change(d)
	}
	x.report.differs(x.track, d)

	return reported
}

// readSource reads what was fed in.
func (x *examination) readSource() outcome {
	units, err := x.push.units(x.frame)
	switch {
	case err != nil:
		if !x.push.ended {
			return unknown
		}

		return x.differ(Source, x.push.name, Truncated, func(d *Difference) { d.Detail = err.Error() })
	case units == nil && x.frame.Size > 0:
		// Only its sum is known.
		return same
	}
	x.source = newBitstream(x.codec, units)
	x.changed = !sameSum(sum(units), x.frame.SHA256)

	return same
}

// compareWire compares what left with what was fed in.
func (x *examination) compareWire() outcome {
	f := x.frame
	reached, ok := x.highest[f.SSRC]
	if !ok {
		reached = int64(f.First)
	}
	x.first = unwrap(reached, f.First)
	x.highest[f.SSRC] = x.first
	for i := range f.Packets {
		seq := x.first + int64(i)
		p, ok := x.push.packets.get(f.SSRC, seq)
		if !ok {
			return x.absent(Wire, x.push, seq, i)
		}
		x.payloads = append(x.payloads, p.Payload)
	}
	x.stage = Wire
	s := x.push.stream(f.SSRC)
	if s == nil {
		return unknown
	}
	data, known, err := depacketize(s, x.payloads)
	switch {
	case !known:
		x.report.note("frames of %s are compared with their packets at the receiver alone", s.MimeType)
	case err != nil && !x.changed:
		return x.differ(Wire, x.push.name, Malformed, func(d *Difference) { d.Detail = err.Error() })
	case x.source == nil:
		if !sameSum(sum([][]byte{data}), f.SHA256) {
			return x.differ(Wire, x.push.name, Altered, nil)
		}
	case x.changed:
		return x.differ(Source, x.push.name, Changed, x.at(firstDifference(x.source.data, data)))
	default:
		if at := firstDifference(x.source.data, data); at >= 0 {
			return x.differ(Wire, x.push.name, Altered, x.at(at))
		}
	}
	if x.changed {
		return x.differ(Source, x.push.name, Changed, nil)
	}

	return same
}

// at fills in the place of a byte of the source, -1 for none.
func (x *examination) at(offset int) func(*Difference) {
	return func(d *Difference) {
		if offset >= 0 && x.source != nil {
			d.Unit, d.Offset = x.source.locate(offset)
		}
	}
}

// absent judges the absence of the frame's packet i.
func (x *examination) absent(stage Stage, r *recording, seq int64, i int) outcome {
	wire := uint16(seq) //nolint:gosec // modular by design
	if reason, given := r.givenUp[packetKey{x.frame.SSRC, wire}]; given && stage == Wire {
		x.track.Dropped["pacer_"+reason]++

		return reported
	}
	beyond := r.packets.beyond(x.frame.SSRC, seq)
	if r.skipped[stage] > 0 || !r.ended && beyond {
		return unknown
	}

	kind := Lost
	if r.packets.cut && beyond {
		kind = Truncated
	}

	return x.differ(stage, r.name, kind, func(d *Difference) { d.Seq, d.Packet = wire, i+1 })
}

// compareReceived compares the packets that came with those that left.
func (x *examination) compareReceived() outcome {
	f := x.frame
	r := x.receives[f.SSRC]
	if r == nil {
		if len(x.receives) > 0 {
			x.report.note("no receiver's dump has SSRC %d: its frames are compared up to the wire", f.SSRC)
		}

		return same
	}
	for i := range f.Packets {
		seq := x.first + int64(i)
		p, ok := r.packets.get(f.SSRC, seq)
		if !ok {
			return x.absent(Received, r.recording, seq, i)
		}
		at := firstDifference(x.payloads[i], p.Payload)
		if at < 0 && p.Timestamp == f.Timestamp {
			continue
		}

		return x.differ(Received, r.name, Altered, func(d *Difference) {
			d.Seq, d.Packet, d.Offset = p.SequenceNumber, i+1, at
			if at < 0 {
				d.Detail = fmt.Sprintf("timestamp %d instead of %d", p.Timestamp, f.Timestamp)
			}
		})
	}
	x.stage = Received

	return same
}

// compareReassembled compares what the receiver put together with what was fed in.
func (x *examination) compareReassembled() outcome {
	r := x.receives[x.frame.SSRC]
	if r == nil {
		return same
	}
	places := r.places[x.frame.Timestamp]
	if len(places) == 0 {
		if r.skipped[Reassembled] > 0 || !r.ended {
			return unknown
		}

		return x.differ(Reassembled, r.name, Missing, nil)
	}
	place := places[0]
	if r.frames[place].Size == 0 && x.frame.Size > 0 {
		x.report.note("the receiver keeps no frames of %s: they are compared up to their packets", x.codec)

		return same
	}
	r.places[x.frame.Timestamp] = places[1:]
	f := &r.frames[place]
	x.stage = Reassembled
	units, err := r.units(f)
	switch {
	case err != nil && !r.ended:
		return unknown
	case err != nil:
		return x.differ(Reassembled, r.name, Truncated, func(d *Difference) { d.Detail = err.Error() })
	case units == nil || x.source == nil:
		if f.Size > 0 && !sameSum(f.SHA256, x.frame.SHA256) {
			return x.differ(Reassembled, r.name, Altered, nil)
		}
	default:
		got := newBitstream(x.codec, units)
		changed := !sameSum(sum(units), f.SHA256)
		if changed || !bytes.Equal(got.data, x.source.data) {
			kind := Altered
			if changed {
				kind = Changed
			}

			return x.differ(Reassembled, r.name, kind, x.at(firstDifference(x.source.data, got.data)))
		}
	}
	if r.moved[place] {
		return x.differ(Reassembled, r.name, OutOfOrder, func(d *Difference) {
			d.Detail = fmt.Sprintf("it is frame %d of the receiver's track %d", f.N, f.Track)
		})
	}

	return same
}
