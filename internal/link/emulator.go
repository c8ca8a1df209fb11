// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package link

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/netsim"
)

// Port is where packets leave the path. Send must not block for long: it is called
// from the goroutine that plays the path. It must not keep the payload.
type Port interface{ Send(payload []byte) error }

// Config says what an [Emulator] plays.
type Config struct {
	// Scenario is the path. Its media flows and feedback are not played; its TCP
	// competitors and cross traffic are.
	Scenario *netsim.Scenario
	// Seed is what every random process is drawn from.
	Seed uint64
	// Duration is the length, in the scenario's place; zero for the scenario's own.
	// The emulation ends then.
	Duration time.Duration
	// WaitForPacket lets the scenario's time begin with the first packet.
	WaitForPacket bool
	// Log gets a row for each packet (docs/link.md); nil for none.
	Log io.Writer
	// Realtime asks the scheduler to prefer the whole process (SCHED_FIFO), which
	// takes a privilege and Linux.
	Realtime bool
}

// Emulator plays a path in real time. [Emulator.Accept] and [Emulator.Summary] are
// safe for concurrent use.
type Emulator struct {
	cfg    Config
	path   *netsim.Path
	length bwe.Time
	waiter waiter
	log    *packetLog
	// created is what every time is measured from until the scenario begins.
	created time.Time

	// What follows belongs to the goroutine of Run.

	begun  bool
	origin time.Duration
	batch  []*packet
	done   []*packet
	counts [netsim.Directions]counts
	delays [netsim.Directions]delays

	mu      sync.Mutex
	closed  bool
	pool    pool
	inbox   []*packet
	overrun [netsim.Directions]uint64
	// published is what counts were when Run last looked, and running whether the
	// scenario's time had begun, which was at start.
	published [netsim.Directions]counts
	running   bool
	start     time.Duration
	// ended is the scenario's time at the end.
	ended bwe.Time
}

// New lays out the path. It fails where the scenario is invalid or the system
// refuses what the configuration asks for.
func New(cfg Config) (*Emulator, error) { return newEmulator(cfg, newWaiter) }

func newEmulator(cfg Config, newWaiter func() (waiter, error)) (*Emulator, error) {
	scenario := *cfg.Scenario
	if cfg.Duration != 0 {
		// A pause until the figures count means nothing here.
		scenario.Duration, scenario.Warmup = netsim.Duration(cfg.Duration), 0
	}
	e := &Emulator{cfg: cfg, length: bwe.Time(scenario.Duration), created: time.Now()}
	e.pool = newPool(maxPackets, maxBytes)
	for d := range e.delays {
		e.delays[d] = newDelays()
	}
	var err error
	if e.path, err = netsim.NewPath(&scenario, cfg.Seed, (*outcomes)(e)); err != nil {
		return nil, err
	}
	if cfg.Realtime {
		if err := raisePriority(); err != nil {
			return nil, fmt.Errorf("real-time scheduling: %w: it needs Linux and root (CAP_SYS_NICE); it can be left out", err)
		}
	}
	if e.waiter, err = newWaiter(); err != nil {
		return nil, err
	}
	if cfg.Log != nil {
		e.log = newPacketLog(cfg.Log)
	}

	return e, nil
}

// Scenario is the name of what is played.
func (e *Emulator) Scenario() string { return e.cfg.Scenario.Name }

// Accept puts a packet onto the path, as of now. It counts size bytes there, headers
// below the payload included, and leaves through the given port. It never blocks:
// what finds no room is dropped and counted as an overrun.
func (e *Emulator) Accept(d netsim.Direction, to Port, payload []byte, size int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	p := e.pool.get(payload)
	if p == nil {
		e.overrun[d]++

		return
	}
	p.direction, p.to, p.size, p.stamp = d, to, size, time.Since(e.created)
	e.inbox = append(e.inbox, p)
	if len(e.inbox) == 1 {
		e.waiter.wake()
	}
}

// Run plays the path until its length is over or ctx is cancelled, which is no
// error. It may be called once; the packets that are on the path then are lost.
func (e *Emulator) Run(ctx context.Context) error {
	if e.isClosed() {
		return errClosed
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	e.waiter.prepare()
	stop := context.AfterFunc(ctx, e.wake)
	defer stop()
	e.begun = !e.cfg.WaitForPacket
	e.origin = time.Since(e.created)
	for ctx.Err() == nil {
		e.exchange()
		if len(e.batch) > 0 {
			for _, p := range e.batch {
				e.enter(p)
			}

			continue
		}
		now := e.now()
		if now >= e.length {
			break
		}
		// One instant at a time, for packets that came meanwhile are to be put in
		// before those behind them.
		if next := e.path.Next(); e.begun && next <= now {
			e.path.Advance(next)

			continue
		}
		e.sleep(now)
	}

	return e.Close()
}

var errClosed = errors.New("the link was closed")

func (e *Emulator) isClosed() bool {
	e.mu.Lock()
	defer e.mu.Unlock()

	return e.closed
}

// now is the scenario's time, zero until it begins.
func (e *Emulator) now() bwe.Time {
	if !e.begun {
		return 0
	}

	return bwe.Time(time.Since(e.created) - e.origin)
}

// exchange takes what was accepted and gives back what is done with.
func (e *Emulator) exchange() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, p := range e.done {
		e.pool.put(p)
	}
	e.done = e.done[:0]
	e.batch, e.inbox = e.inbox, e.batch[:0]
	e.published, e.running, e.start = e.counts, e.begun, e.origin
}

// enter puts a packet onto the path.
func (e *Emulator) enter(p *packet) {
	if !e.begun {
		e.begun, e.origin = true, p.stamp
	}
	p.entered = max(0, bwe.Time(p.stamp-e.origin))
	c := &e.counts[p.direction]
	c.Packets++
	c.Bytes += uint64(p.size) //nolint:gosec // never negative
	e.path.Offer(p.entered, p.direction, p.size, p.slot)
}

func (e *Emulator) sleep(now bwe.Time) {
	if !e.begun {
		e.waiter.wait(bwe.Never.Sub(0))

		return
	}
	e.waiter.wait(min(e.path.Next(), e.length).Sub(now))
}

// wake makes Run look around.
func (e *Emulator) wake() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.waiter.wake()
	}
}

// Close gives back what [New] took. Run does so itself; it is for an emulator that is
// not run.
func (e *Emulator) Close() error {
	e.exchange()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	for _, p := range e.pool.slots[:e.pool.used] {
		if p.busy {
			e.counts[p.direction].Unfinished++
			e.log.row(p, outcomeUnfinished, 0, 0, 0)
		}
	}
	e.published, e.ended = e.counts, min(e.now(), e.length)

	return errors.Join(e.waiter.close(), e.log.close())
}

// outcomes is the emulator as the path's sink.
type outcomes Emulator

// Deliver implements [netsim.Sink].
func (o *outcomes) Deliver(id int64, at bwe.Time, queued time.Duration) {
	e := (*Emulator)(o)
	p := e.pool.slots[id]
	c, d := &e.counts[p.direction], &e.delays[p.direction]
	result := outcomeDelivered
	if err := p.to.Send(p.payload); err != nil {
		result = outcomeRefused
		c.Refused++
	} else {
		c.Delivered++
		c.DeliveredBytes += uint64(p.size) //nolint:gosec // never negative
	}
	out := e.now()
	d.lateness.Add(out.Sub(at))
	d.queue.Add(queued)
	e.log.row(p, result, queued, at, out)
	e.done = append(e.done, p)
}

// Drop implements [netsim.Sink].
func (o *outcomes) Drop(id int64, at bwe.Time, queued time.Duration, reason netsim.DropReason) {
	e := (*Emulator)(o)
	p := e.pool.slots[id]
	c := &e.counts[p.direction]
	result := outcomeQueue
	switch reason {
	case netsim.DropLoss:
		c.DroppedLoss++
		result = outcomeLoss
	case netsim.DropOutage:
		c.DroppedOutage++
		result = outcomeOutage
	default:
		c.DroppedQueue++
	}
	e.log.row(p, result, queued, at, 0)
	e.done = append(e.done, p)
}
