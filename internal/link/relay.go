// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rtmcc/rtmcc/internal/netsim"
)

// The defaults and bounds of a relay.
const (
	DefaultClients = 64
	MostClients    = 4096
	DefaultIdle    = time.Minute
	LeastIdle      = time.Second
)

// RelayConfig says between whom a [Relay] stands.
type RelayConfig struct {
	// Listen is the address for clients, host:port.
	Listen string
	// To is where their datagrams go, host:port.
	To string
	// Clients is how many addresses may use it at a time, 1 to 4096. Default 64.
	Clients int
	// Idle is how long a client may be silent in both directions before its place is
	// given away, from 1 s on. Default one minute.
	Idle time.Duration
}

func (c *RelayConfig) withDefaults() (RelayConfig, error) {
	d := *c
	if d.Clients == 0 {
		d.Clients = DefaultClients
	}
	if d.Idle == 0 {
		d.Idle = DefaultIdle
	}
	if d.Clients < 1 || d.Clients > MostClients {
		return d, fmt.Errorf("%d clients, want 1 to %d", d.Clients, MostClients)
	}
	if d.Idle < LeastIdle {
		return d, fmt.Errorf("idle time of %v, want at least %v", d.Idle, LeastIdle)
	}

	return d, nil
}

// RelaySummary is the figures of a relay.
type RelaySummary struct {
	// Clients is the number of addresses that were served.
	Clients uint64 `json:"clients"`
	// ClientsRefused is datagrams of clients that found every place taken.
	ClientsRefused uint64 `json:"clients_refused"`
}

// listener is the clients' side of a relay; [net.UDPConn] is one.
type listener interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	LocalAddr() net.Addr
	Close() error
}

// Relay is a UDP relay whose two sides are the ends of a path: what clients send
// crosses it forward, what the target answers crosses it backward. Every client has a
// socket of its own towards the target, as behind a NAT, and all of them share the
// path.
type Relay struct {
	cfg      RelayConfig
	emulator *Emulator
	listener listener
	// dial opens a client's socket towards the target.
	dial func() (io.ReadWriteCloser, error)
	// overhead is what the network adds to a datagram, in bytes.
	overhead int
	readers  sync.WaitGroup

	mu      sync.Mutex
	clients map[netip.AddrPort]*client
	closed  bool
	summary RelaySummary
}

// client is one address and its socket towards the target.
type client struct {
	relay *Relay
	addr  netip.AddrPort
	conn  io.ReadWriteCloser
	// active is when it last sent or got anything, since the emulator was made.
	active atomic.Int64
}

// ipv4Overhead and ipv6Overhead are the headers of IP and UDP, so that a datagram
// counts on the path as it does between two namespaces.
const (
	ipv4Overhead = 20 + 8
	ipv6Overhead = 40 + 8
)

// NewRelay opens the listening socket. It fails where an address is wrong or taken.
func NewRelay(cfg RelayConfig, e *Emulator) (*Relay, error) {
	d, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	local, err := net.ResolveUDPAddr("udp", d.Listen)
	if err != nil {
		return nil, fmt.Errorf("relay: listening address: %w", err)
	}
	target, err := net.ResolveUDPAddr("udp", d.To)
	if err != nil {
		return nil, fmt.Errorf("relay: target address: %w", err)
	}
	if target.Port == 0 {
		return nil, fmt.Errorf("relay: target address %q: port 0 cannot be sent to", d.To)
	}
	conn, err := net.ListenUDP("udp", local)
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	r := newRelay(d, e, conn, func() (io.ReadWriteCloser, error) { return net.DialUDP("udp", nil, target) })
	if target.IP.To4() == nil && target.IP != nil {
		r.overhead = ipv6Overhead
	}

	return r, nil
}

func newRelay(cfg RelayConfig, e *Emulator, l listener, dial func() (io.ReadWriteCloser, error)) *Relay {
	return &Relay{cfg: cfg, emulator: e, listener: l, dial: dial, overhead: ipv4Overhead, clients: map[netip.AddrPort]*client{}}
}

// Addr is the address that clients send to.
func (r *Relay) Addr() net.Addr { return r.listener.LocalAddr() }

// Run relays until the emulator's time is over or ctx is cancelled, which is no
// error, and closes every socket. It may be called once.
func (r *Relay) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.readers.Go(func() {
		if err := r.readClients(); err != nil {
			cancel(err)
		}
	})
	r.readers.Go(func() { r.expire(ctx) })
	err := r.emulator.Run(ctx)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = errors.Join(err, cause)
	}
	cancel(nil)
	r.close()
	r.readers.Wait()

	return err
}

// Summary returns the figures so far. It is safe for concurrent use.
func (r *Relay) Summary() RelaySummary {
	r.mu.Lock()
	defer r.mu.Unlock()

	return r.summary
}

func (r *Relay) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	_ = r.listener.Close()
	for _, c := range r.clients {
		_ = c.conn.Close()
	}
}

// mostReadErrors is how many errors in a row a socket may have. Some systems report
// there that an earlier datagram could not be delivered, which says nothing of the
// socket.
const mostReadErrors = 1000

// readClients reads what clients send until the socket is closed.
func (r *Relay) readClients() error {
	buffer := make([]byte, largeBuffer)
	for failed := 0; ; {
		n, from, err := r.listener.ReadFromUDPAddrPort(buffer)
		switch {
		case err == nil:
			failed = 0
		case errors.Is(err, net.ErrClosed):
			return nil
		default:
			if failed++; failed > mostReadErrors {
				return fmt.Errorf("relay: reading from clients: %w", err)
			}

			continue
		}
		c, err := r.client(from)
		if err != nil {
			return err
		}
		if c != nil {
			c.touch()
			r.emulator.Accept(netsim.Forward, (*upstream)(c), buffer[:n], n+r.overhead)
		}
	}
}

// client returns the one at an address, a new one where there is none yet, nil where
// no place is left.
func (r *Relay) client(from netip.AddrPort) (*client, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.clients[from]; c != nil || r.closed {
		return c, nil
	}
	if len(r.clients) >= r.cfg.Clients {
		r.summary.ClientsRefused++

		return nil, nil
	}
	conn, err := r.dial()
	if err != nil {
		return nil, fmt.Errorf("relay: a socket towards the target: %w", err)
	}
	c := &client{relay: r, addr: from, conn: conn}
	c.touch()
	r.clients[from] = c
	r.summary.Clients++
	r.readers.Go(c.readTarget)

	return c, nil
}

// readTarget reads what the target answers until the socket is closed.
func (c *client) readTarget() {
	buffer := make([]byte, largeBuffer)
	for failed := 0; ; {
		n, err := c.conn.Read(buffer)
		switch {
		case err == nil:
			failed = 0
			c.touch()
			c.relay.emulator.Accept(netsim.Backward, (*downstream)(c), buffer[:n], n+c.relay.overhead)
		case errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF), errors.Is(err, io.ErrClosedPipe):
			return
		default:
			// Nobody may listen there yet.
			if failed++; failed > mostReadErrors {
				c.relay.remove(c)

				return
			}
		}
	}
}

func (c *client) touch() { c.active.Store(int64(time.Since(c.relay.emulator.created))) }

func (r *Relay) remove(c *client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = c.conn.Close()
	delete(r.clients, c.addr)
}

// expire gives away the places of clients that are silent.
func (r *Relay) expire(ctx context.Context) {
	ticker := time.NewTicker(r.cfg.Idle / 4)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		var silent []*client
		r.mu.Lock()
		for _, c := range r.clients {
			if time.Since(r.emulator.created)-time.Duration(c.active.Load()) >= r.cfg.Idle {
				silent = append(silent, c)
			}
		}
		r.mu.Unlock()
		for _, c := range silent {
			r.remove(c)
		}
	}
}

// upstream is a client's way to the target, downstream the way back.
type (
	upstream   client
	downstream client
)

// Send implements [Port].
func (u *upstream) Send(payload []byte) error {
	_, err := u.conn.Write(payload)

	return err
}

// Send implements [Port].
func (d *downstream) Send(payload []byte) error {
	_, err := d.relay.listener.WriteToUDPAddrPort(payload, d.addr)

	return err
}
