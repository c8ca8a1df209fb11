// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

// tapped is a packet tap that keeps what it is shown.
type tapped struct {
	sent    []leftPacket
	kinds   []bwe.PacketKind
	givenUp map[uint16]DropReason
}

func (t *tapped) PacketSent(h *rtp.Header, payload []byte, kind bwe.PacketKind) {
	p := leftPacket{header: h.Clone(), payload: append([]byte(nil), payload...), stamp: -1}
	if e := h.GetExtension(stampID); e != nil {
		p.stamp = int(binary.BigEndian.Uint16(e))
	}
	t.sent, t.kinds = append(t.sent, p), append(t.kinds, kind)
}

func (t *tapped) PacketGivenUp(h *rtp.Header, reason DropReason) {
	t.givenUp[h.SequenceNumber] = reason
}

func TestThePacketTapSeesWhatLeaves(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		tap := &tapped{givenUp: map[uint16]DropReason{}}
		r.s.owner.packetTap = tap
		info := videoInfo()
		w := r.add(info)
		// Nothing leaves before there is a connection.
		r.mu.Lock()
		r.zero = true
		r.mu.Unlock()
		r.write(w, info, 1, 1000)
		synctest.Wait()
		require.Empty(t, tap.sent)
		r.mu.Lock()
		r.zero = false
		r.mu.Unlock()
		for range 100 {
			r.write(w, info, 2, 1200)
		}
		time.Sleep(100 * time.Millisecond)
		r.hear(nack(videoSSRC, 1))
		r.s.UnbindLocalStream(info)
		synctest.Wait()
		left := r.packets()
		require.Len(t, tap.sent, len(left))
		for i, p := range tap.sent {
			p.at = left[i].at
			require.Equal(t, left[i], p)
		}
		require.Equal(t, bwe.PacketVideo, tap.kinds[0])
		require.NotEmpty(t, tap.givenUp)
		first := 0
		for _, p := range left {
			if p.header.SSRC == videoSSRC {
				first++
			}
		}
		require.Len(t, tap.givenUp, 100-first)
		require.Equal(t, DropClosed, tap.givenUp[100])
	})
}

func TestTheOptionSetsThePacketTap(t *testing.T) {
	tap := &tapped{}
	o, err := newOptions([]Option{WithPacketTap(tap)})
	require.NoError(t, err)
	s, err := newSender(o)
	require.NoError(t, err)
	require.Equal(t, PacketTap(tap), s.owner.packetTap)
	require.NoError(t, s.Close())
}
