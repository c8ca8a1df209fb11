// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnAdoptedProbeIsRead(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{"default": Default(), "gcc": GCC()} {
		e := heardOnce(t, cfg)
		var results []ProbeResult
		e.SetObserver(func(ev Event) {
			if r, ok := ev.(*ProbeResult); ok {
				results = append(results, *r)
			}
		})
		const rate = 6 * Mbps
		at := Time(60 * time.Millisecond)
		id := e.AdoptProbe(Probe{ID: 77, Bitrate: rate, MinPackets: 5, MinDuration: 15 * time.Millisecond}, at)
		require.Positive(t, id)
		f := Feedback{At: at.Add(200 * time.Millisecond)}
		for i := range int64(20) {
			sent := at.Add(time.Duration(i) * rate.TimeFor(1200))
			e.OnSent(SentPacket{Seq: 2 + i, Size: 1200, At: sent, ProbeCluster: id})
			f.Results = append(f.Results, PacketResult{Seq: 2 + i, Received: true, ReceivedAt: sent.Add(30 * time.Millisecond)})
		}
		e.OnFeedback(f)
		require.NotEmpty(t, results, name)
		require.Equal(t, id, results[0].ID)
		require.Equal(t, rate, results[0].Asked)
		require.InEpsilon(t, float64(rate), float64(results[0].Result), 0.01)
		if name == "gcc" {
			require.InEpsilon(t, float64(rate), float64(e.Detection().DelayBased), 0.01)
		}
		for _, p := range e.OnTimer(f.At + 1).Probes {
			require.Greater(t, p.ID, id, "numbers stay unique")
		}
	}
}

// A recording may begin at zero, with several probes at once, beside those that the
// estimator asks for in vain.
func TestProbesOfOneInstantDoNotPushEachOtherOut(t *testing.T) {
	t.Parallel()
	cfg := GCC().Probe
	p := prober{cfg: &cfg}
	for range maxProbes {
		p.ask(Mbps)
	}
	for range maxProbes {
		require.Positive(t, p.adopt(Probe{Bitrate: Mbps, MinPackets: 5, MinDuration: time.Millisecond}))
	}
	for id := range uint16(maxOpen) {
		c, _ := p.add(id+1, 0, 0, 1200)
		require.NotNil(t, c)
	}
	p.take()
	p.ask(Mbps)
	c, _ := p.add(1, 0, 0, 1200)
	require.Nil(t, c, "the oldest makes way")
}

func TestProbesThatCannotBeReadAreNotAdopted(t *testing.T) {
	t.Parallel()
	good := Probe{Bitrate: Mbps, MinPackets: 1, MinDuration: time.Second}
	e := heardOnce(t, Default())
	require.Positive(t, e.AdoptProbe(good, 0))
	for name, change := range map[string]func(*Probe){
		"no rate":     func(p *Probe) { p.Bitrate = 0 },
		"rate":        func(p *Probe) { p.Bitrate = 1_000_001 * Mbps },
		"no packets":  func(p *Probe) { p.MinPackets = 0 },
		"no duration": func(p *Probe) { p.MinDuration = 0 },
		"duration":    func(p *Probe) { p.MinDuration++ },
	} {
		p := good
		change(&p)
		require.Zero(t, e.AdoptProbe(p, 0), name)
	}
	off := Default()
	off.Probe.Enabled = false
	require.Zero(t, heardOnce(t, off).AdoptProbe(good, 0))
}
