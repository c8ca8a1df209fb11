// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/bwe"
)

func TestPacerProbeOfMedia(t *testing.T) {
	r := newPacerRig(Default().Pacer, bwe.Mbps)
	probe := bwe.Probe{ID: 3, Bitrate: 4 * bwe.Mbps, MinPackets: 5, MinDuration: 15 * time.Millisecond}
	for i := range 100 {
		r.push(laneVideo, uint16(i), 1, 1000)
	}
	r.p.probes.add(r.now, []bwe.Probe{probe})
	r.run(r.now.Add(200 * time.Millisecond))
	cluster := clusterOf(r, 3)
	require.GreaterOrEqual(t, len(cluster), 5)
	span := cluster[len(cluster)-1].at.Sub(cluster[0].at)
	require.GreaterOrEqual(t, span, probe.MinDuration)
	require.Less(t, span, probe.MinDuration+4*time.Millisecond)
	rate := bwe.RateOf(int64(len(cluster)-1)*1000, span)
	require.InEpsilon(t, int(probe.Bitrate), int(rate), 0.02)
	require.Zero(t, r.p.probes.n)
}

func clusterOf(r *pacerRig, id int) (out []departed) {
	for _, d := range r.left {
		if d.probe == id {
			out = append(out, d)
		}
	}

	return out
}

func TestPacerProbeOfPadding(t *testing.T) {
	probe := bwe.Probe{ID: 1, Bitrate: 2 * bwe.Mbps, MinPackets: 20, MinDuration: 15 * time.Millisecond}
	r := newPacerRig(Default().Pacer, bwe.Mbps)
	r.gate.canPad = true
	r.p.probes.add(r.now, []bwe.Probe{probe})
	r.run(r.now.Add(time.Second))
	require.Len(t, clusterOf(r, 1), 20)
	require.Len(t, r.left, 20)
	for _, d := range r.left {
		require.Equal(t, lanePadding, d.lane)
	}
}

// Without padding a probe waits for media, for a while, and does not burst to make up
// for what was missing.
func TestPacerProbeWithoutPadding(t *testing.T) {
	probe := bwe.Probe{ID: 1, Bitrate: 2 * bwe.Mbps, MinPackets: 5, MinDuration: 100 * time.Millisecond}
	r := newPacerRig(Default().Pacer, bwe.Mbps)
	r.p.probes.add(r.now, []bwe.Probe{probe})
	require.Equal(t, bwe.Never, r.step())
	r.now = r.now.Add(500 * time.Millisecond)
	r.push(laneVideo, 1, 1, 1000)
	r.step()
	require.Len(t, clusterOf(r, 1), 1)
	r.now = r.now.Add(100 * time.Millisecond)
	for i := range 50 {
		r.push(laneVideo, uint16(i), 2, 1000)
	}
	at := r.now
	r.step()
	burst := r.bytes(at, at, func(d departed) bool { return d.probe == 1 })
	require.LessOrEqual(t, burst, probe.Bitrate.Bytes(r.p.cfg.Burst)+1000)

	r = newPacerRig(Default().Pacer, bwe.Mbps)
	r.p.probes.add(r.now, []bwe.Probe{probe})
	r.now = r.now.Add(r.p.cfg.ProbeTimeout + 1)
	r.push(laneVideo, 1, 1, 1000)
	r.step()
	require.Empty(t, clusterOf(r, 1), "given up")
	require.Len(t, r.left, 1)
}

func TestPacerProbesThatMakeNoSense(t *testing.T) {
	r := newPacerRig(Default().Pacer, bwe.Mbps)
	r.p.probes.add(r.now, []bwe.Probe{{ID: 0, Bitrate: 1}, {ID: 1}, {ID: 2, Bitrate: -1}})
	require.Zero(t, r.p.probes.n)
	for i := range 100 {
		r.p.probes.add(r.now, []bwe.Probe{{ID: i + 1, Bitrate: bwe.Mbps}})
	}
	require.Equal(t, maxProbes, r.p.probes.n)
	require.Equal(t, 100-maxProbes+1, r.p.probes.id(), "newer ones know more")
}
