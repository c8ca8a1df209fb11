// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"encoding/binary"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

// askProbe has the pacer probe, as the estimator would.
func askProbe(r *rig, p bwe.Probe) {
	r.s.post(func(in *inbox) {
		in.calls = append(in.calls, func(o *owner) { o.pacer.probes.add(o.s.now(), []bwe.Probe{p}) })
	})
}

func quietEstimator(c *Config) {
	c.BWE.Probe.Enabled = false
	c.Pacer.DisablePadding = false
}

func TestPaddingIsRepeatsOfRecentPackets(t *testing.T) {
	inBubble(t, quietEstimator, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		for range 3 {
			r.write(w, info, 5, 900)
			time.Sleep(100 * time.Millisecond)
		}
		before := len(r.packets())
		askProbe(r, bwe.Probe{ID: 1, Bitrate: 4 * bwe.Mbps, MinPackets: 10, MinDuration: 10 * time.Millisecond})
		time.Sleep(100 * time.Millisecond)
		left := r.packets()[before:]
		require.GreaterOrEqual(t, len(left), 10)
		seen := map[uint16]int{}
		for i, p := range left {
			require.EqualValues(t, videoRTX, p.header.SSRC)
			require.Equal(t, left[0].header.SequenceNumber+uint16(i), p.header.SequenceNumber)
			seen[binary.BigEndian.Uint16(p.payload)]++
		}
		require.Len(t, seen, 3, "one after the other")
		sent := eventsOf[*bwe.SentPacket](r)[before:]
		require.Equal(t, bwe.PacketPadding, sent[0].Kind)
		require.Equal(t, 1, sent[0].ProbeCluster)
		require.EqualValues(t, len(left), r.s.Stats().PaddingPackets)
	})
}

func TestPaddingWithoutHistory(t *testing.T) {
	inBubble(t, quietEstimator, func(r *rig) {
		info := videoInfo()
		w := r.add(info)
		r.write(w, info, 5, 900)
		time.Sleep(5 * time.Second)
		before := len(r.packets())
		askProbe(r, bwe.Probe{ID: 1, Bitrate: bwe.Mbps, MinPackets: 5, MinDuration: time.Millisecond})
		time.Sleep(100 * time.Millisecond)
		left := r.packets()[before:]
		require.NotEmpty(t, left)
		for i, p := range left {
			require.EqualValues(t, videoRTX, p.header.SSRC)
			require.True(t, p.header.Padding)
			require.EqualValues(t, 255, p.header.PaddingSize)
			require.Empty(t, p.payload)
			require.Equal(t, left[0].header.SequenceNumber+uint16(i), p.header.SequenceNumber)
			require.Equal(t, firstTransportSeq+before+i, p.stamp)
		}
	})
}

func TestNoPaddingOnAStreamOfMedia(t *testing.T) {
	inBubble(t, quietEstimator, func(r *rig) {
		info := videoInfo()
		info.SSRCRetransmission = 0
		w := r.add(info)
		r.write(w, info, 5, 900)
		synctest.Wait()
		askProbe(r, bwe.Probe{ID: 1, Bitrate: bwe.Mbps, MinPackets: 5, MinDuration: time.Millisecond})
		time.Sleep(5 * time.Second)
		require.Len(t, r.packets(), 1)
	})
}
