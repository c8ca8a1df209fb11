// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/vnet"

	"github.com/rtmcc/rtmcc/bwe"
)

// path is one direction of a link: random loss, a rate with a queue that overflows,
// and a delay, in that order.
type path struct {
	// rate is unlimited where it is zero.
	rate  bwe.Bitrate
	queue time.Duration
	delay time.Duration
	loss  float64
	seed  uint64
	// clear is how many datagrams pass before any is lost at random. A receiver cannot
	// ask for what was lost ahead of the first packet that it saw.
	clear int

	mu         sync.Mutex
	rng        *rand.Rand
	free       time.Time
	sent, lost int
	longest    time.Duration
}

func (p *path) setRate(rate bwe.Bitrate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rate = rate
}

// wireOverhead is what IPv4 and UDP add to a datagram, in bytes.
const wireOverhead = 28

// admit returns after what time a datagram arrives, and false where it is lost.
func (p *path) admit(size int) (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rng == nil {
		p.rng = rand.New(rand.NewPCG(p.seed, 0))
	}
	p.sent++
	now := time.Now()
	if p.free.Before(now) {
		p.free = now
	}
	queued := p.free.Sub(now)
	if p.rng.Float64() < p.loss && p.sent > p.clear || p.rate > 0 && queued > p.queue {
		p.lost++

		return 0, false
	}
	p.longest = max(p.longest, queued)
	if p.rate > 0 {
		p.free = p.free.Add(p.rate.TimeFor(int64(size + wireOverhead)))
	}

	return p.free.Sub(now) + p.delay, true
}

// shaped is a host whose datagrams leave over a path.
type shaped struct {
	*vnet.Net
	path *path
}

// ListenUDP implements transport.Net; it is the one way in which ICE opens sockets.
func (s *shaped) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := s.Net.ListenUDP(network, at)

	return &shapedConn{conn, s.path}, err
}

type shapedConn struct {
	transport.UDPConn
	path *path
}

// WriteTo takes the datagram and lets it go when it is its time.
func (c *shapedConn) WriteTo(b []byte, to net.Addr) (int, error) {
	if after, ok := c.path.admit(len(b)); ok {
		datagram := append([]byte(nil), b...)
		time.AfterFunc(after, func() { _, _ = c.UDPConn.WriteTo(datagram, to) })
	}

	return len(b), nil
}
