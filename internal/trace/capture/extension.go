// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package capture

const (
	// minSteps is how many packets it takes to tell the transport-wide sequence number
	// from other extensions.
	minSteps = 8
	// maxStepOver is how many packets may be missing between two, and minShare how often
	// that must hold.
	maxStepOver = 32
	minShare    = 0.8
)

// transportWide finds the id of the header extension that numbers the packets of a
// flow: it is negotiated in SDP, which a capture does not have, but there is no other of
// its length whose value grows by one a packet whatever the stream. It returns zero
// where there is none.
func transportWide(packets []packet) uint8 {
	type history struct {
		known       bool
		last        uint16
		steps, good int
	}
	ids := map[uint8]*history{}
	for i := range packets {
		p := &packets[i]
		for _, c := range p.extension[:p.count] {
			h := ids[c.id]
			if h == nil {
				h = &history{}
				ids[c.id] = h
			}
			step := int16(c.value - h.last)
			// A packet may be captured twice.
			if h.known && step != 0 {
				h.steps++
				if step > 0 && step <= maxStepOver {
					h.good++
				}
			}
			h.known, h.last = true, c.value
		}
	}
	best, most := uint8(0), 0
	for id, h := range ids {
		if h.steps < minSteps || float64(h.good) < minShare*float64(h.steps) {
			continue
		}
		if h.good > most || (h.good == most && id < best) {
			best, most = id, h.good
		}
	}

	return best
}
