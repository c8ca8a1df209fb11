// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

func nack(media uint32, seqs ...uint16) []byte {
	b, err := (&rtcp.TransportLayerNack{
		SenderSSRC: 0xdeadbeef, MediaSSRC: media, Nacks: rtcp.NackPairsFromSequenceNumbers(seqs),
	}).Marshal()
	if err != nil {
		panic(err)
	}

	return b
}

func TestRepeatsLeaveByRTX(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		for range 5 {
			r.write(w, info, 77, 900)
		}
		synctest.Wait()
		r.hear(nack(videoSSRC, 3, 1))
		left := r.packets()
		require.Len(t, left, 7)
		for i, osn := range []uint16{3, 1} {
			p := left[5+i]
			require.EqualValues(t, videoRTX, p.header.SSRC)
			require.EqualValues(t, 97, p.header.PayloadType)
			require.EqualValues(t, 77, p.header.Timestamp)
			require.Equal(t, osn, binary.BigEndian.Uint16(p.payload))
			require.Equal(t, left[osn].payload, p.payload[osnSize:])
			require.Equal(t, firstTransportSeq+5+i, p.stamp, "a repeat has a number of its own")
		}
		require.Equal(t, left[5].header.SequenceNumber+1, left[6].header.SequenceNumber)
		sent := eventsOf[*bwe.SentPacket](r)
		require.Equal(t, bwe.PacketRetransmission, sent[6].Kind)
		require.EqualValues(t, 2, r.s.Stats().PacketsRetransmitted)
	})
}

func TestRepeatsLeaveOnTheMediaStreamWithoutRTX(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := audioInfo()
		w := r.add(info)
		r.write(w, info, 1, 100)
		synctest.Wait()
		r.hear(nack(audioSSRC, 0))
		left := r.packets()
		require.Len(t, left, 2)
		require.Equal(t, left[0].payload, left[1].payload)
		require.Equal(t, left[0].header.SequenceNumber, left[1].header.SequenceNumber)
		require.Equal(t, left[0].stamp+1, left[1].stamp)
		require.Equal(t, bwe.PacketRetransmission, eventsOf[*bwe.SentPacket](r)[1].Kind)
	})
}

func TestRepeatAtMostOnceARoundTrip(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		r.write(w, info, 1, 900)
		synctest.Wait()
		r.hear(nack(videoSSRC, 0))
		require.Len(t, r.packets(), 2, "the first repeat goes at once")
		time.Sleep(99 * time.Millisecond)
		r.hear(nack(videoSSRC, 0))
		require.Len(t, r.packets(), 2, "the second is within the round trip")
		time.Sleep(time.Millisecond)
		r.hear(nack(videoSSRC, 0))
		require.Len(t, r.packets(), 3, "and here behind it")
		require.EqualValues(t, 1, r.s.Stats().NACKsTooSoon)
	})
}

// A receiver that goes on asking for what it has is not served again.
func TestRepeatThatArrivedIsNotRepeated(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		r.write(w, info, 1, 900)
		r.write(w, info, 1, 900)
		synctest.Wait()
		r.hear(nack(videoSSRC, 0, 1))
		r.hear(buildTWCC(1, 10, 0, lost, lost, ms, lost))
		time.Sleep(200 * time.Millisecond)
		r.hear(nack(videoSSRC, 0, 1))
		left := r.packets()
		require.Len(t, left, 5)
		require.EqualValues(t, 1, binary.BigEndian.Uint16(left[4].payload), "only the repeat that was lost")
		require.EqualValues(t, 1, r.s.Stats().NACKsRepaired)
	})
}

func TestRepeatsAreNotOlderThanUseful(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		r.write(w, info, 1, 900)
		synctest.Wait()
		time.Sleep(time.Second)
		r.hear(nack(videoSSRC, 0))
		require.Len(t, r.packets(), 2)
		time.Sleep(time.Millisecond)
		r.hear(nack(videoSSRC, 0))
		require.Len(t, r.packets(), 2)
		require.EqualValues(t, 1, r.s.Stats().NACKsUnknown)
	})
}

func TestNACKMatchesTheMediaSSRCAlone(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		r.write(w, info, 1, 900)
		synctest.Wait()
		for _, ssrc := range []uint32{videoRTX, 0, 4711} {
			r.hear(nack(ssrc, 0))
		}
		require.Len(t, r.packets(), 1)
		require.EqualValues(t, 3, r.s.Stats().NACKsUnknown)
		r.hear(nack(videoSSRC, 0, 1, 65535))
		require.Len(t, r.packets(), 2)
	})
}

// However often a receiver asks, repeats take no more than their share.
func TestRepeatBudget(t *testing.T) {
	const rate = bwe.Mbps
	cfg := func(c *Config) {
		c.BWE.StartBitrate = rate
		c.BWE.MinBitrate, c.BWE.MaxBitrate = rate, rate
		c.Retransmission.InitialRTT = time.Millisecond
		c.Retransmission.MinInterval = 0
	}
	inBubble(t, cfg, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		seconds := 4
		for i := range seconds * 50 {
			seq := r.write(w, info, uint32(i), 1000)
			time.Sleep(20 * time.Millisecond)
			for back := range uint16(20) {
				r.s.hear(nack(videoSSRC, seq-back))
			}
			synctest.Wait()
		}
		bytes := 0
		for _, p := range r.packets() {
			if p.header.SSRC == videoRTX {
				bytes += p.header.MarshalSize() + len(p.payload)
			}
		}
		limit := (rate / 2).Bytes(time.Duration(seconds)*time.Second + Default().Retransmission.BudgetWindow)
		require.LessOrEqual(t, int64(bytes), limit)
		require.Greater(t, int64(bytes), limit/2)
		require.NotZero(t, r.s.Stats().NACKsOverBudget)
	})
}

func TestZeroBudgetRepeatsNothing(t *testing.T) {
	inBubble(t, func(c *Config) { fast(c); c.Retransmission.Budget = 0 }, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		r.write(w, info, 1, 900)
		synctest.Wait()
		r.hear(nack(videoSSRC, 0))
		require.Len(t, r.packets(), 1)
		require.EqualValues(t, 1, r.s.Stats().NACKsOverBudget)
	})
}

// A responder upstream writes packets of a stream that nobody added. They leave, once,
// as ours would.
func TestResponderUpstream(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		r.write(w, info, 1, 900)
		r.write(w, info, 1, 900)
		synctest.Wait()
		respond := func(osn uint16) {
			h := &rtp.Header{Version: 2, SSRC: videoRTX, PayloadType: 97, SequenceNumber: 40_000}
			_, err := w.Write(h, append([]byte{byte(osn >> 8), byte(osn)}, r.packets()[0].payload...), nil)
			require.NoError(t, err)
			synctest.Wait()
		}
		r.hear(nack(videoSSRC, 0))
		respond(0)
		respond(1)
		respond(1)
		respond(4711)
		left := r.packets()
		require.Len(t, left, 4)
		for i, p := range left[2:] {
			require.EqualValues(t, videoRTX, p.header.SSRC)
			require.Equal(t, left[2].header.SequenceNumber+uint16(i), p.header.SequenceNumber)
			require.Equal(t, left[i].payload, p.payload[osnSize:])
			require.Equal(t, bwe.PacketRetransmission, eventsOf[*bwe.SentPacket](r)[2+i].Kind)
		}
		require.EqualValues(t, 3, r.s.Stats().PacketsDropped)

		// What has no original sequence number is somebody's padding.
		_, err := w.Write(&rtp.Header{Version: 2, SSRC: videoRTX, PayloadType: 97}, nil, nil)
		require.NoError(t, err)
		synctest.Wait()
		left = r.packets()
		require.Len(t, left, 5)
		require.Equal(t, left[3].header.SequenceNumber+1, left[4].header.SequenceNumber)
	})
}

func TestAudioByRTX(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := audioInfo()
		info.SSRCRetransmission, info.PayloadTypeRetransmission = 0x2001, 112
		w := r.add(info)
		r.write(w, info, 1, 100)
		synctest.Wait()
		r.hear(nack(audioSSRC, 0))
		left := r.packets()
		require.Len(t, left, 2)
		require.EqualValues(t, 0x2001, left[1].header.SSRC)
		require.EqualValues(t, 112, left[1].header.PayloadType)
	})
}

func TestRetransmissionDisabled(t *testing.T) {
	inBubble(t, func(c *Config) { fast(c); c.Retransmission.Disabled = true }, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		r.write(w, info, 1, 100)
		synctest.Wait()
		r.hear(nack(videoSSRC, 0))
		require.Len(t, r.packets(), 1)
	})
}

func TestResponderUpstreamOnTheMediaStream(t *testing.T) {
	inBubble(t, fast, func(r *rig) {
		info := audioInfo()
		w := r.add(info)
		r.write(w, info, 1, 90)
		synctest.Wait()
		r.seq[info.SSRC] = 0
		r.write(w, info, 1, 90)
		synctest.Wait()
		r.hear(nack(audioSSRC, 0))
		require.Len(t, r.packets(), 2)
		require.Equal(t, bwe.PacketRetransmission, eventsOf[*bwe.SentPacket](r)[1].Kind)
	})
}

func TestHistoryIsBoundedInBytes(t *testing.T) {
	var h history
	st := &stream{}
	add := func(seq uint16, now bwe.Time) {
		p, err := capture(&rtp.Header{Version: 2, SequenceNumber: seq}, make([]byte, 1000), 0)
		require.NoError(t, err)
		p.stream = st
		h.add(p, now, time.Second, 50_000)
	}
	for i := range 70_000 {
		add(uint16(i), bwe.Time(i))
		require.LessOrEqual(t, h.order.bytes, int64(50_000))
		require.NotNil(t, h.find(uint16(i)))
	}
	n := h.order.n
	require.Equal(t, 49, n)
	last := uint16(69_999 & 0xffff)
	require.NotNil(t, h.find(last-uint16(n)+1))
	require.Nil(t, h.find(last-uint16(n)))
	h.forget(bwe.Time(69_999).Add(time.Second), time.Second)
	require.Equal(t, 1, h.order.n)
	h.forget(bwe.Time(70_000).Add(time.Second), time.Second)
	require.Zero(t, h.order.n)
	require.Nil(t, h.find(last))
}
