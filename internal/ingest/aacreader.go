// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/sdpext/aac"
)

// aacReader takes access units out of the packets of an AAC stream, in order.
type aacReader struct {
	assembler *aac.Assembler
	// frame is the duration of one access unit in RTP ticks.
	frame  int64
	packed rtp.Packet // reused for each packet
}

// newAACReader returns the reader of a negotiated codec and its format; of what is no
// AAC, nil.
func newAACReader(c codec, negotiated webrtc.RTPCodecParameters) (aac.Format, *aacReader, error) {
	if c != codecAAC {
		return aac.Format{}, nil, nil
	}
	f, err := aacFormat(negotiated)
	if err != nil {
		return aac.Format{}, nil, err
	}
	a, err := aac.NewAssembler(f)
	if err != nil {
		return aac.Format{}, nil, err
	}
	r := &aacReader{assembler: a}
	if rate := int64(f.Mux.Config.OutputRate()); rate > 0 {
		r.frame = int64(f.Mux.Config.FrameSamples()) * int64(f.ClockRate) / rate
	}

	return f, r, nil
}

// packet takes the next packet and returns the access units that it completes, valid
// until the next call. It reports payloads that break their format.
func (r *aacReader) packet(p *rtpPacket) (units [][]byte, malformed bool) {
	r.packed.SequenceNumber, r.packed.Timestamp, r.packed.Marker = p.seq, p.timestamp, p.marker
	r.packed.Payload = p.payload
	units, err := r.assembler.Push(&r.packed)

	return units, err != nil
}
