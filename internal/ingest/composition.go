// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"slices"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/sdpext"
)

// compositionTime is PTS − DTS of a frame where the sender told it.
type compositionTime struct {
	value time.Duration
	known bool
}

// compositionTimeID returns the id of the composition time's header extension, zero
// where it was not negotiated.
func compositionTimeID(p webrtc.RTPParameters) uint8 {
	for _, e := range p.HeaderExtensions {
		if slices.Contains(sdpext.CompositionTimeURIs(), e.URI) && e.ID > 0 && e.ID <= 255 {
			return uint8(e.ID)
		}
	}

	return 0
}

// readCompositionTime returns what a packet's header tells. A malformed one tells
// nothing: the bitstream has to do.
func readCompositionTime(h *rtp.Header, id uint8) compositionTime {
	if id == 0 {
		return compositionTime{}
	}
	b := h.GetExtension(id)
	if b == nil {
		return compositionTime{}
	}
	var c sdpext.CompositionTime
	if c.Unmarshal(b) != nil {
		return compositionTime{}
	}

	return compositionTime{value: time.Duration(c), known: true}
}
