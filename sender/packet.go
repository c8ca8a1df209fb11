// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/pion/rtp"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// ErrPacketSize is wrapped by the error for an RTP packet that no datagram can carry.
var ErrPacketSize = errors.New("sender: RTP packet too large")

// errNoHeader is returned for a write without an RTP header.
var errNoHeader = errors.New("sender: RTP header is nil")

const (
	// maxPacketSize is the largest UDP payload over IPv4.
	maxPacketSize = 65507
	// osnSize is the original sequence number in front of an RTX payload, RFC 4588
	// section 4.
	osnSize = 2
	// stampSize is the transport-wide sequence number in its header extension.
	stampSize = 2
)

// packet is an RTP packet that the sender owns. Its bytes lie in one buffer: the
// header, room for an original sequence number, the payload. After it left, it
// belongs to its stream's history.
type packet struct {
	header  rtp.Header
	payload []byte
	buf     []byte
	stream  *stream
	kind    bwe.PacketKind
	class   ratecontrol.FrameClass
	// size is what counts on the wire: header, payload and RTP padding.
	size int

	queuedAt   bwe.Time
	sentAt     bwe.Time
	repeatedAt bwe.Time
	repeated   bool
	// repeatNumber is the transport sequence number of the last repeat, zero for none.
	repeatNumber int64
	// repeatQueued: a repeat waits in the pacer, which then shares the packet with
	// the history.
	repeatQueued bool
	// inHistory: the history holds the packet.
	inHistory bool

	scratch [stampSize]byte
}

// payloadClasses are the buffer sizes that are pooled. Most video packets fill a
// datagram, most audio packets a quarter of one; larger ones occur on loopback and
// with jumbo frames.
var payloadClasses = [...]int{256, 512, 1024, 1600, 2048, 4096, 9216, 20 << 10, 66 << 10}

var packetPools [len(payloadClasses)]sync.Pool

func sizeClass(n int) int {
	for i, size := range payloadClasses {
		if n <= size {
			return i
		}
	}

	return len(payloadClasses) - 1
}

func getPacket(n int) *packet {
	class := sizeClass(n)
	if p, ok := packetPools[class].Get().(*packet); ok {
		return p
	}

	return &packet{buf: make([]byte, payloadClasses[class])}
}

// release gives p back. Nothing may refer to it any more.
func (p *packet) release() {
	class := sizeClass(len(p.buf))
	header := p.header
	*p = packet{buf: p.buf}
	p.header.CSRC, p.header.Extensions = header.CSRC[:0], header.Extensions[:0]
	packetPools[class].Put(p)
}

// capture copies header and payload into a packet of our own, with room for the
// transport-wide sequence number where stampID is not zero. The caller may reuse
// both afterwards.
func capture(header *rtp.Header, payload []byte, stampID uint8) (*packet, error) {
	// An extension costs at most its profile, a two-byte element header and padding.
	const stampRoom = 4 + 2 + stampSize + 3
	need := header.MarshalSize() + stampRoom + osnSize + len(payload)
	if need+int(header.PaddingSize) > maxPacketSize {
		return nil, fmt.Errorf("%w: %d bytes of payload, want at most about %d; split frames to the path's MTU",
			ErrPacketSize, len(payload), maxPacketSize)
	}
	p := getPacket(need)
	csrc, exts := p.header.CSRC, p.header.Extensions
	p.header = *header
	p.header.CSRC = append(csrc[:0], header.CSRC...)
	p.header.Extensions = append(exts[:0], header.Extensions...)
	if stampID != 0 {
		setStamp(&p.header, stampID, p.scratch[:])
	}
	n, err := p.header.MarshalTo(p.buf)
	if err != nil {
		p.release()

		return nil, fmt.Errorf("sender: RTP header cannot be written: %w", err)
	}
	// Read back, the extensions' contents lie in our own buffer.
	padding := p.header.PaddingSize
	if _, err := p.header.Unmarshal(p.buf[:n]); err != nil {
		p.release()

		return nil, fmt.Errorf("sender: RTP header cannot be written: %w", err)
	}
	p.header.PaddingSize = padding
	p.payload = p.buf[n+osnSize : n+osnSize+len(payload)]
	copy(p.payload, payload)
	p.size = n + len(payload) + int(padding)

	return p, nil
}

// setStamp makes room for the stamp where the header's extension profile can hold
// it; a header with an extension of RFC 3550's own kind cannot. RFC 8285: ids above 14
// need the two-byte form.
func setStamp(h *rtp.Header, id uint8, stamp []byte) {
	const oneByteIDs = 14
	if !h.Extension {
		h.Extension, h.ExtensionProfile = true, rtp.ExtensionProfileOneByte
	}
	profile := h.ExtensionProfile
	if id > oneByteIDs && profile == rtp.ExtensionProfileOneByte {
		profile = rtp.ExtensionProfileTwoByte
	}
	// Where it fails, the packet leaves without a number.
	_ = h.SetExtensionWithProfile(id, stamp, profile)
}

// stampOf returns where the transport-wide sequence number goes, nil where the packet
// has no room for one.
func stampOf(h *rtp.Header, id uint8) []byte {
	if id == 0 {
		return nil
	}
	if e := h.GetExtension(id); len(e) == stampSize {
		return e
	}

	return nil
}

// headerBytes returns the header as it goes to the wire.
func (p *packet) headerBytes() []byte { return p.buf[:len(p.buf)-cap(p.payload)-osnSize] }

// rtxPayload returns the payload of the packet's repeat: the original sequence
// number and the payload, RFC 4588 section 4.
func (p *packet) rtxPayload() []byte {
	start := len(p.headerBytes())
	binary.BigEndian.PutUint16(p.buf[start:], p.header.SequenceNumber)

	return p.buf[start : start+osnSize+len(p.payload)]
}
