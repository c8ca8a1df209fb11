// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package dump

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4/pkg/media/rtpdump"
)

// packetRef is where a packet lies in its file.
type packetRef struct {
	offset int64
	size   int
}

// packetList finds the packets of one SSRC by their unwrapped sequence number, of
// repeats the first.
type packetList struct {
	refs    map[int64]packetRef
	highest int64
}

// packetSet is the packets of a file.
type packetSet struct {
	file io.ReaderAt
	list map[uint32]*packetList
	// cut tells that the file ends within a packet.
	cut bool
}

// rtpdump's sizes: the binary header of the file and that of each packet.
const (
	rtpdumpHeader = 16
	packetHeader  = 8
)

// readPackets finds the packets of the streams in an rtpdump file of a size. begins
// are the sequence numbers from which each stream counts. Errors wrap [ErrFormat].
func readPackets(file io.ReaderAt, size int64, begins map[uint32]uint16) (*packetSet, error) {
	in := bufio.NewReaderSize(io.NewSectionReader(file, 0, size), 64<<10)
	preamble, err := in.Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	offset := int64(bytes.IndexByte(preamble, '\n')) + 1
	r, _, err := rtpdump.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrFormat, packetsFile, err)
	}
	s := &packetSet{file: file, list: map[uint32]*packetList{}}
	offset += rtpdumpHeader
	for {
		p, err := r.Next()
		if err != nil {
			s.cut = !errors.Is(err, io.EOF) || offset != size

			return s, nil
		}
		offset += packetHeader
		s.add(p.Payload, offset, begins)
		offset += int64(len(p.Payload))
	}
}

func (s *packetSet) add(packet []byte, offset int64, begins map[uint32]uint16) {
	var h rtp.Header
	if _, err := h.Unmarshal(packet); err != nil {
		return
	}
	begin, ok := begins[h.SSRC]
	if !ok {
		return // of repair, or padding
	}
	l := s.list[h.SSRC]
	if l == nil {
		l = &packetList{refs: map[int64]packetRef{}, highest: int64(begin)}
		s.list[h.SSRC] = l
	}
	seq := unwrap(l.highest, h.SequenceNumber)
	l.highest = max(l.highest, seq)
	if _, repeat := l.refs[seq]; !repeat {
		l.refs[seq] = packetRef{offset: offset, size: len(packet)}
	}
}

// unwrap extends a 16-bit counter to the 64-bit value next to ref.
func unwrap(ref int64, v uint16) int64 {
	return ref + int64(int16(v-uint16(ref))) //nolint:gosec // modular by design
}

// get reads a packet, which is valid until the next call. It reports false where the
// file has none.
func (s *packetSet) get(ssrc uint32, seq int64) (rtp.Packet, bool) {
	l := s.list[ssrc]
	if l == nil {
		return rtp.Packet{}, false
	}
	ref, ok := l.refs[seq]
	if !ok {
		return rtp.Packet{}, false
	}
	b := make([]byte, ref.size)
	var p rtp.Packet
	if _, err := s.file.ReadAt(b, ref.offset); err != nil || p.Unmarshal(b) != nil {
		return rtp.Packet{}, false
	}

	return p, true
}

// beyond tells whether seq lies behind all packets of the file.
func (s *packetSet) beyond(ssrc uint32, seq int64) bool {
	l := s.list[ssrc]

	return l == nil || seq > l.highest
}
