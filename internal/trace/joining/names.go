// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package joining

// names finds the numbers of packets by their SSRC and RTP sequence number.
type names struct {
	streams []streamNames
}

const (
	// maxStreams bounds the memory that a recording with broken headers takes.
	maxStreams = 64
	// streamWindow is how many packets of a stream are known, a power of two.
	streamWindow = 1 << 13
)

type streamNames struct {
	ssrc uint32
	ring []packetName
}

// packetName is a packet; its number is zero for none.
type packetName struct {
	seq    uint16
	number int64
}

func (n *names) stream(ssrc uint32) []packetName {
	for i := range n.streams {
		if n.streams[i].ssrc == ssrc {
			return n.streams[i].ring
		}
	}

	return nil
}

func (n *names) add(ssrc uint32, seq uint16, number int64) {
	ring := n.stream(ssrc)
	if ring == nil {
		if len(n.streams) == maxStreams {
			return
		}
		ring = make([]packetName, streamWindow)
		n.streams = append(n.streams, streamNames{ssrc: ssrc, ring: ring})
	}
	ring[seq%streamWindow] = packetName{seq: seq, number: number}
}

// find returns a packet's number, zero where it is not known.
func (n *names) find(ssrc uint32, seq uint16) int64 {
	ring := n.stream(ssrc)
	if ring == nil {
		return 0
	}
	if p := ring[seq%streamWindow]; p.seq == seq {
		return p.number
	}

	return 0
}
