// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/rtmcc/rtmcc/internal/netsim"
)

// Tunnel is a path between two network namespaces, each of which sees its end as a
// TUN device. It needs root.
type Tunnel struct {
	emulator *Emulator
	cfg      TunnelConfig
	ends     [netsim.Directions]*end
	readers  sync.WaitGroup
	closing  atomic.Bool
	bypassed atomic.Uint64
	ignored  atomic.Uint64
}

// NewTunnel makes the namespaces that are not there yet, and a device in each. It
// leaves nothing behind where it fails. Who made it must close it.
func NewTunnel(cfg TunnelConfig, e *Emulator) (*Tunnel, error) {
	d, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("tunnel: %w", err)
	}
	if os.Geteuid() != 0 {
		return nil, fmt.Errorf("tunnel: %w", errNotRoot)
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		return nil, fmt.Errorf("tunnel: %w: load the kernel's module with \"modprobe tun\", or use the relay", err)
	}
	t := &Tunnel{emulator: e, cfg: d}
	for i := range t.ends {
		if t.ends[i], err = openEnd(d.Namespaces[i], d.Addresses[i], d.MTU); err != nil {
			if errors.Is(err, os.ErrPermission) {
				err = errors.Join(err, errNotRoot)
			}

			return nil, errors.Join(fmt.Errorf("tunnel: namespace %s: %w", d.Namespaces[i], err), t.Close())
		}
	}

	return t, nil
}

// Config is what the tunnel was made by, defaults filled in.
func (t *Tunnel) Config() TunnelConfig { return t.cfg }

// Run carries packets until the emulator's time is over or ctx is cancelled, which is
// no error. It may be called once.
func (t *Tunnel) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for i := range t.ends {
		t.readers.Go(func() {
			if err := t.read(netsim.Direction(i)); err != nil && !t.closing.Load() { //nolint:gosec // one of two
				cancel(err)
			}
		})
	}
	err := t.emulator.Run(ctx)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = errors.Join(err, cause)
	}

	return err
}

// protocolTCP is what the headers of IPv4 and IPv6 call TCP.
const protocolTCP = 6

// read takes what a namespace sends until its device is closed.
func (t *Tunnel) read(d netsim.Direction) error {
	from, to := t.ends[d].device, t.ends[1-d]
	buffer := make([]byte, largeBuffer)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return fmt.Errorf("tunnel: namespace %s: %w", t.cfg.Namespaces[d], err)
		}
		packet := buffer[:n]
		switch {
		case n < 20 || packet[0]>>4 != 4:
			t.ignored.Add(1)
		case t.cfg.BypassTCP && packet[9] == protocolTCP:
			t.bypassed.Add(1)
			// A packet that the other end does not take is lost, as elsewhere.
			_ = to.Send(packet)
		default:
			t.emulator.Accept(d, to, packet, n)
		}
	}
}

// Summary returns the figures so far. It is safe for concurrent use.
func (t *Tunnel) Summary() TunnelSummary {
	return TunnelSummary{Bypassed: t.bypassed.Load(), Ignored: t.ignored.Load()}
}

// Close takes away the devices, and the namespaces that were made.
func (t *Tunnel) Close() error {
	t.closing.Store(true)
	var err error
	for _, e := range t.ends {
		if e != nil {
			err = errors.Join(err, e.close())
		}
	}
	t.readers.Wait()

	return err
}
