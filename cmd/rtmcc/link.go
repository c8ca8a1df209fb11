// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/rtmcc/rtmcc/internal/cli"
	"github.com/rtmcc/rtmcc/internal/link"
)

// linkCommand plays a path in real time.
type linkCommand struct {
	Scenario string   `arg:"" help:"A built-in scenario (rtmcc sim --list), a scenario file (.json, docs/sim.md), the JSON itself, or a recorded capacity."`
	Command  []string `arg:"" optional:"" help:"With --tun, after --: a command to run in the first namespace. The link ends with it."`

	Listen  string        `default:"127.0.0.1:9000" placeholder:"ADDR" help:"Relay: address for the clients. Default ${default}."`
	To      string        `placeholder:"ADDR" help:"Relay: address that their datagrams go to."`
	Clients int           `default:"64" placeholder:"64" help:"Relay: how many client addresses at a time, up to 4096. Default ${default}."`
	Idle    time.Duration `default:"1m" placeholder:"1m" help:"Relay: silence after which a client's place is given away. Default ${default}."`

	Tun       bool   `help:"Lay the path between two network namespaces (Linux, root)."`
	NsA       string `default:"pA" placeholder:"NAME" help:"Tun: namespace that sends forward, made where it is not there yet. Default ${default}."`
	NsB       string `default:"pB" placeholder:"NAME" help:"Tun: the other one. Default ${default}."`
	AddrA     string `default:"10.77.0.1/24" placeholder:"ADDR/BITS" help:"Tun: IPv4 address in the first namespace. Default ${default}."`
	AddrB     string `default:"10.77.0.2/24" placeholder:"ADDR/BITS" help:"Tun: in the other one. Default ${default}."`
	MTU       int    `name:"mtu" default:"1500" placeholder:"1500" help:"Tun: largest packet in bytes. Default ${default}."`
	BypassTCP bool   `name:"bypass-tcp" help:"Tun: carry TCP past the path, for signalling that should not suffer."`
	ExecA     string `placeholder:"COMMAND" help:"Tun: a shell command beside, in the first namespace."`
	ExecB     string `placeholder:"COMMAND" help:"Tun: a shell command beside, in the other one."`

	Seed     uint64        `default:"1" help:"Seed of every random process. Default ${default}."`
	Duration time.Duration `placeholder:"30s" help:"End after so long. Default: an hour, or the scenario's own length where that is more."`
	Wait     bool          `help:"Let the scenario's time begin with the first packet."`
	Realtime bool          `help:"Ask the scheduler for precedence, SCHED_FIFO (Linux, root)."`
	Log      string        `type:"path" placeholder:"FILE" help:"Write what became of each packet, as CSV (docs/link.md)."`
	JSON     bool          `name:"json" help:"Print the summary as JSON."`
}

// Help follows the list of flags.
func (linkCommand) Help() string {
	return `The path is the simulator's: queue, capacity, delay, jitter, reordering, loss, outages, TCP competitors and cross traffic
of the scenario. Its media flows are left to the programs. The same seed draws the same path.

A relay needs no privilege and suits protocols on one known UDP port: SRT, RTP, QUIC, a ping of your own. Clients send to
--listen, the path leads to --to and back. All clients share it.

WebRTC finds its way by the addresses in its candidates and so past a relay, unless you write the relay's
address into the SDP yourself. Between namespaces nothing gets past: use --tun for WebRTC.

Examples:
  rtmcc link loss-5 --listen 127.0.0.1:9000 --to 127.0.0.1:8000
  rtmcc link '{"duration":"1h","forward":[{"capacity":{"constant":"4Mbps"},"delay":"50ms","loss":{"rate":0.05}}]}' --to 127.0.0.1:8000
  sudo rtmcc link train.json --tun --log link.csv -- ping -c 10 10.77.0.2
  sudo rtmcc link jitter-wifi --tun --wait --exec-b 'rtmcc ingest --listen 10.77.0.2:8889' \
       -- rtmcc push clip.mp4 http://10.77.0.2:8889/whip/live
  sudo rtmcc link lte.csv --tun              # then, elsewhere: sudo ip netns exec pA …`
}

// Run is called by kong.
func (c *linkCommand) Run(ctx context.Context, s cli.Streams) error {
	o := cli.LinkOptions{
		Scenario: c.Scenario, Seed: c.Seed, Duration: c.Duration, WaitForPacket: c.Wait, Realtime: c.Realtime, Log: c.Log, JSON: c.JSON,
		Command: c.Command, ExecA: c.ExecA, ExecB: c.ExecB,
	}
	switch {
	case c.Tun && c.To != "":
		return fmt.Errorf("%w: --tun and --to exclude each other", cli.ErrUsage)
	case !c.Tun && c.To == "":
		return fmt.Errorf("%w: between what? Give --to ADDR for a UDP relay, or --tun for two network namespaces (Linux, root)", cli.ErrUsage)
	case !c.Tun && len(c.Command)+len(c.ExecA)+len(c.ExecB) > 0:
		return fmt.Errorf("%w: commands run in namespaces: add --tun, or start them yourself", cli.ErrUsage)
	case !c.Tun:
		o.Relay = &link.RelayConfig{Listen: c.Listen, To: c.To, Clients: c.Clients, Idle: c.Idle}

		return cli.Link(ctx, o, s)
	}
	o.Tunnel = &link.TunnelConfig{Namespaces: [2]string{c.NsA, c.NsB}, MTU: c.MTU, BypassTCP: c.BypassTCP}
	for i, text := range []string{c.AddrA, c.AddrB} {
		var err error
		if o.Tunnel.Addresses[i], err = netip.ParsePrefix(text); err != nil {
			return fmt.Errorf("%w: address %q: want one with its network's bits, such as 10.77.0.1/24", cli.ErrUsage, text)
		}
	}

	return cli.Link(ctx, o, s)
}
