// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package netsim

import "github.com/rtmcc/rtmcc/bwe"

// crossFlow is constant-bitrate traffic that does not react.
type crossFlow struct {
	run      *simulation
	cfg      Cross
	schedule schedule
	route    []*link
}

// handle sends a packet, due as a link of the flow's rate would have finished it.
func (c *crossFlow) handle(op operation, _ *packet) {
	now := c.run.timeline.now
	if now >= c.cfg.Stop.time() {
		return
	}
	if op == crossPacket {
		p := c.run.pool.get()
		p.owner, p.route, p.flow, p.size, p.sentAt = c, c.route, flowCross, c.cfg.PacketSize, now
		forward(p)
	}
	if next := c.schedule.finish(now, c.cfg.PacketSize); next != bwe.Never {
		c.run.timeline.schedule(next, c, crossPacket, nil)
	}
}

// The events of cross traffic.
const (
	crossStart operation = iota
	crossPacket
)

func (c *crossFlow) arrive(p *packet) { c.run.pool.put(p) }
func (c *crossFlow) lose(p *packet)   { c.run.pool.put(p) }
