// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import "time"

// prober asks for bursts above the estimate and reads what they say of the path
// (libwebrtc ProbeController and ProbeBitrateEstimator).
type prober struct {
	cfg     *ProbeConfig
	nextID  int
	list    [maxProbes]Probe // asked for in this update
	pending int
	open    [maxOpen]cluster
	phase   probePhase
	above   float64 // a result above this asks for another probe
}

const maxProbes = 4

// maxOpen leaves room for as many probes of others ([Estimator.AdoptProbe]) as of one's
// own, which are then asked for in vain.
const maxOpen = 2 * maxProbes

type probePhase uint8

const (
	probeIdle probePhase = iota
	probeExponential
	probeDone
)

// cluster gathers the acknowledged packets of one probe.
type cluster struct {
	id                  int
	rate                Bitrate
	needPackets         int
	packets             int
	needBytes, bytes    int64
	firstSent, lastSent Time
	firstRecv, lastRecv Time
	firstSize, lastSize int64
}

// ask queues a probe for the next update.
func (p *prober) ask(rate Bitrate) {
	if p.pending == len(p.list) || rate <= 0 {
		return
	}
	p.nextID++
	probe := Probe{ID: p.nextID, Bitrate: rate, MinPackets: p.cfg.MinPackets, MinDuration: p.cfg.Duration}
	p.list[p.pending] = probe
	p.pending++
	p.expect(probe)
}

// adopt takes in a probe that someone else sends and returns the number that it goes by
// here, zero where it cannot be read.
func (p *prober) adopt(probe Probe) int {
	const mostRate = Mbps * Mbps / Bps
	if !p.cfg.Enabled || probe.Bitrate <= 0 || probe.Bitrate > mostRate || probe.MinPackets < 1 ||
		probe.MinDuration <= 0 || probe.MinDuration > time.Second {
		return 0
	}
	p.nextID++
	probe.ID = p.nextID
	p.expect(probe)

	return probe.ID
}

// expect makes ready for the packets of a probe, in place of the oldest one.
func (p *prober) expect(probe Probe) {
	oldest := 0
	for i := range p.open {
		if p.open[i].id < p.open[oldest].id {
			oldest = i
		}
	}
	p.open[oldest] = cluster{
		id: probe.ID, rate: probe.Bitrate,
		needPackets: probe.MinPackets, needBytes: probe.Bitrate.Bytes(probe.MinDuration),
	}
}

// start probes at multiples of the start bitrate.
func (p *prober) start(rate, ceiling Bitrate) {
	if !p.cfg.Enabled || p.phase != probeIdle {
		return
	}
	p.phase = probeExponential
	last := Bitrate(0)
	for _, k := range []float64{p.cfg.FirstScale, p.cfg.SecondScale} {
		last = min(Bitrate(k*float64(rate)), ceiling)
		p.ask(last)
	}
	p.above = p.cfg.FurtherThreshold * float64(last)
}

// further probes above a result that was not far below what was asked for.
func (p *prober) further(result, ceiling Bitrate) {
	if p.phase != probeExponential || float64(result) <= p.above {
		return
	}
	next := min(Bitrate(p.cfg.FurtherScale*float64(result)), ceiling)
	if next == ceiling {
		p.phase = probeDone
	}
	p.ask(next)
	p.above = p.cfg.FurtherThreshold * float64(next)
}

// add takes in an acknowledged packet of a probe and returns the probe's result,
// zero while there is none.
func (p *prober) add(id uint16, sent, recv Time, size int) (*cluster, Bitrate) {
	for i := range p.open {
		c := &p.open[i]
		if c.id != 0 && uint16(c.id) == id {
			return c, c.add(sent, recv, int64(size), p.cfg)
		}
	}

	return nil, 0
}

func (c *cluster) add(sent, recv Time, size int64, cfg *ProbeConfig) Bitrate {
	if c.packets == 0 || sent < c.firstSent {
		c.firstSent = sent
	}
	if c.packets == 0 || recv < c.firstRecv {
		c.firstRecv, c.firstSize = recv, size
	}
	if c.packets == 0 || sent >= c.lastSent {
		c.lastSent, c.lastSize = sent, size
	}
	c.lastRecv = max(c.lastRecv, recv)
	c.packets++
	c.bytes += size
	if float64(c.packets) < cfg.MinReceived*float64(c.needPackets) || float64(c.bytes) < cfg.MinReceived*float64(c.needBytes) {
		return 0
	}
	// The last packet's sending and the first packet's arrival lie outside the
	// intervals that are measured.
	sendTime, recvTime := c.lastSent.Sub(c.firstSent), c.lastRecv.Sub(c.firstRecv)
	if sendTime <= 0 || recvTime <= 0 || sendTime > time.Second || recvTime > time.Second {
		return 0
	}
	sendRate := RateOf(c.bytes-c.lastSize, sendTime)
	recvRate := RateOf(c.bytes-c.firstSize, recvTime)
	if float64(recvRate) > cfg.MaxRatio*float64(sendRate) {
		return 0
	}
	result := min(sendRate, recvRate)
	if float64(recvRate) < cfg.SaturatedRatio*float64(sendRate) {
		// The path was full: keep a little below what it carried.
		result = Bitrate(cfg.Backoff * float64(recvRate))
	}

	return result
}

// take hands over the probes asked for since the last update.
func (p *prober) take() []Probe {
	if p.pending == 0 {
		return nil
	}
	out := p.list[:p.pending]
	p.pending = 0

	return out
}
