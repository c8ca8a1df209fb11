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
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rtmcc/rtmcc/internal/netsim"
)

// datagram is one of memory's.
type datagram struct {
	from    netip.AddrPort
	payload string
	err     error
}

// memory is a listener without a network.
type memory struct {
	in     chan datagram
	out    chan datagram
	closed chan struct{}
}

func newMemory() *memory {
	return &memory{in: make(chan datagram, 100), out: make(chan datagram, 100), closed: make(chan struct{})}
}

func (m *memory) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case d := <-m.in:
		return copy(b, d.payload), d.from, d.err
	case <-m.closed:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

func (m *memory) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	m.out <- datagram{from: to, payload: string(b)}

	return len(b), nil
}

func (m *memory) LocalAddr() net.Addr { return &net.UDPAddr{} }

func (m *memory) Close() error {
	close(m.closed)

	return nil
}

// echo answers everything with the number of its connection before it.
func echo(conn net.Conn, number int32) {
	buffer := make([]byte, largeBuffer)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		go func(text string) { _, _ = conn.Write([]byte(text)) }(fmt.Sprintf("%d:%s", number, buffer[:n]))
	}
}

// bench is a relay in memory, to a target that echoes.
type bench struct {
	*Relay

	memory *memory
	cancel context.CancelFunc
	ended  chan error
}

func newBench(t *testing.T, cfg RelayConfig, scenario *netsim.Scenario) *bench {
	t.Helper()
	d, err := cfg.withDefaults()
	require.NoError(t, err)
	var opened atomic.Int32
	b := &bench{memory: newMemory(), ended: make(chan error, 1)}
	b.Relay = newRelay(d, virtual(t, Config{Scenario: scenario}), b.memory, func() (io.ReadWriteCloser, error) {
		near, far := net.Pipe()
		go echo(far, opened.Add(1))

		return near, nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	b.cancel = cancel
	go func() { b.ended <- b.Run(ctx) }()

	return b
}

func (b *bench) send(port uint16, payload string) {
	b.memory.in <- datagram{from: clientAt(port), payload: payload}
}

func clientAt(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
}

func TestRelayDelaysBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scenario := oneLink(netsim.Link{Delay: 30 * millisecond})
		scenario.Backward = []netsim.Link{{Delay: 20 * millisecond}}
		b := newBench(t, RelayConfig{}, scenario)
		start := time.Now()
		b.send(1000, "a")
		time.Sleep(time.Millisecond)
		b.send(2000, "b")
		require.Equal(t, datagram{from: clientAt(1000), payload: "1:a"}, <-b.memory.out)
		require.Equal(t, 50*time.Millisecond, time.Since(start))
		require.Equal(t, datagram{from: clientAt(2000), payload: "2:b"}, <-b.memory.out)
		require.Equal(t, 51*time.Millisecond, time.Since(start))
		b.send(1000, "")
		require.Equal(t, "1:", (<-b.memory.out).payload)
		b.cancel()
		require.NoError(t, <-b.ended)
		s := b.emulator.Summary()
		require.Equal(t, uint64(3), s.Forward.Delivered)
		require.Equal(t, uint64(1+1+3*ipv4Overhead), s.Forward.Bytes)
		require.Equal(t, uint64(3), s.Backward.Delivered)
		require.Equal(t, RelaySummary{Clients: 2}, b.Summary())
	})
}

func TestRelayBoundsAndForgetsItsClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, RelayConfig{Clients: 2, Idle: 10 * time.Second}, oneLink(netsim.Link{}))
		for port := range uint16(3) {
			b.send(1000+port, "x")
		}
		// What is due at the same instant leaves in either order.
		require.ElementsMatch(t, []string{"1:x", "2:x"}, []string{(<-b.memory.out).payload, (<-b.memory.out).payload})
		synctest.Wait()
		require.Empty(t, b.memory.out)
		require.Equal(t, RelaySummary{Clients: 2, ClientsRefused: 1}, b.Summary())
		// The first stays awake, the second loses its place to the third.
		for range 4 {
			time.Sleep(4 * time.Second)
			b.send(1000, "y")
			require.Equal(t, "1:y", (<-b.memory.out).payload)
		}
		b.send(1002, "x")
		require.Equal(t, datagram{from: clientAt(1002), payload: "3:x"}, <-b.memory.out)
		b.cancel()
		require.NoError(t, <-b.ended)
	})
}

func TestRelayOutlivesErrorsOfItsSockets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, RelayConfig{}, oneLink(netsim.Link{}))
		for range mostReadErrors {
			b.memory.in <- datagram{err: errors.New("unreachable")}
		}
		b.send(1000, "x")
		require.Equal(t, "1:x", (<-b.memory.out).payload)
		broken := errors.New("broken")
		for range mostReadErrors + 1 {
			b.memory.in <- datagram{err: broken}
		}
		require.ErrorIs(t, <-b.ended, broken)
	})
}

func TestRelayRefuses(t *testing.T) {
	for want, c := range map[string]RelayConfig{
		"listening address": {Listen: "127.0.0.1", To: "127.0.0.1:1"},
		"target address":    {Listen: "127.0.0.1:0", To: "127.0.0.1"},
		"port 0":            {Listen: "127.0.0.1:0", To: "127.0.0.1:0"},
		"-1 clients":        {Listen: "127.0.0.1:0", To: "127.0.0.1:1", Clients: -1},
		"4097 clients":      {Listen: "127.0.0.1:0", To: "127.0.0.1:1", Clients: MostClients + 1},
		"idle time":         {Listen: "127.0.0.1:0", To: "127.0.0.1:1", Idle: LeastIdle - 1},
	} {
		_, err := NewRelay(c, nil)
		require.ErrorContains(t, err, want)
	}
}

func TestRelayOnLoopback(t *testing.T) {
	target, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		buffer := make([]byte, largeBuffer)
		for {
			n, from, err := target.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			_, _ = target.WriteToUDPAddrPort(buffer[:n], from)
		}
	}()
	e, err := New(Config{Scenario: oneLink(netsim.Link{Capacity: netsim.Constant(1000 * mbps), Delay: 2 * millisecond})})
	require.NoError(t, err)
	relay, err := NewRelay(RelayConfig{Listen: "127.0.0.1:0", To: target.LocalAddr().String()}, e)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- relay.Run(ctx) }()

	sizes := []int{0, 1, 1200, usualBuffer, usualBuffer + 1, 60_000}
	for range 2 {
		conn, err := net.Dial("udp", relay.Addr().String())
		require.NoError(t, err)
		require.NoError(t, conn.SetDeadline(time.Now().Add(30*time.Second)))
		buffer := make([]byte, largeBuffer)
		for i, size := range sizes {
			payload := make([]byte, size)
			for k := range payload {
				payload[k] = byte(k * (i + 1))
			}
			_, err := conn.Write(payload)
			require.NoError(t, err)
			n, err := conn.Read(buffer)
			require.NoError(t, err)
			require.Equal(t, payload, buffer[:n])
		}
		require.NoError(t, conn.Close())
	}
	cancel()
	require.NoError(t, <-ended)
	require.NoError(t, target.Close())
	<-answered
	s := e.Summary()
	require.Equal(t, uint64(2*len(sizes)), s.Forward.Delivered)
	require.Equal(t, uint64(2*len(sizes)), s.Backward.Delivered)
	require.Equal(t, uint64(2), relay.Summary().Clients)
}

func TestRelayWithNobodyAtTheTarget(t *testing.T) {
	closed, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	e, err := New(Config{Scenario: oneLink(netsim.Link{})})
	require.NoError(t, err)
	relay, err := NewRelay(RelayConfig{Listen: "127.0.0.1:0", To: closed.LocalAddr().String()}, e)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- relay.Run(ctx) }()
	conn, err := net.Dial("udp", relay.Addr().String())
	require.NoError(t, err)
	const n = 50
	for range n {
		_, err := conn.Write([]byte("x"))
		require.NoError(t, err)
	}
	require.NoError(t, conn.Close())
	require.Eventually(t, func() bool {
		s := e.Summary().Forward

		return s.Delivered+s.Refused == n
	}, 30*time.Second, time.Millisecond)
	cancel()
	require.NoError(t, <-ended)
}
