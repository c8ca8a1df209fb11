// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"github.com/pion/rtp"

	"github.com/rtmcc/rtmcc/bwe"
)

// PacketTap is shown what becomes of every packet, in order, from the Sender's owner
// goroutine. It copies what it keeps, changes nothing, returns at once and does not
// call the Sender.
type PacketTap interface {
	// PacketSent: a packet left, with the header and the transport-wide sequence number
	// that it bears on the wire. Repeats, probes and padding are among them.
	PacketSent(h *rtp.Header, payload []byte, kind bwe.PacketKind)
	// PacketGivenUp: a packet will not leave. Repeats are not told.
	PacketGivenUp(h *rtp.Header, reason DropReason)
}

// WithPacketTap shows packets to tap. Without, packets pay nothing for it.
func WithPacketTap(tap PacketTap) Option {
	return func(o *options) error {
		o.tap = tap

		return nil
	}
}
