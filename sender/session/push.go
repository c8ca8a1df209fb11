// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/sender/signalling"
)

// push is the state of one call of [Push].
type push struct {
	ctx    context.Context
	o      *Options
	client signalling.Client
	log    logging.LeveledLogger
	events *stream

	source   media.Source
	demands  *demands
	tracks   []*track
	bySource []*track
	streamID string

	// Of the goroutine that runs the push.
	connections int
	iceServers  []webrtc.ICEServer
	retired     sync.WaitGroup

	// What the server was found not to do.
	refusesTrickle, refusesRestart atomic.Bool

	// live is the connection that frames go to, nil during an outage.
	live atomic.Pointer[connection]
	tally
}

// Push sends a source to a server and blocks until the source or its Duration
// ends, ctx is cancelled, or the push fails. All of these end the server's session. It
// returns the summary in every case, and no error after the end of the source and
// after cancellation.
//
// Errors wrap [ErrOptions] where o is invalid; otherwise they come from Open, from
// the source, from the packages of the signalling, or are a [*RejectedError]. A first connection that
// fails for good ends the push at once; otherwise it is tried again as
// [ReconnectConfig] says, while the source goes on in real time.
func Push(ctx context.Context, o Options) (Summary, error) {
	o.setDefaults()
	if err := o.validate(); err != nil {
		return Summary{}, err
	}
	client, err := o.client()
	if err != nil {
		return Summary{}, err
	}
	source, err := open(ctx, &o)
	if err != nil {
		return Summary{}, err
	}
	p := &push{
		ctx: ctx, o: &o, client: client, log: o.LoggerFactory.NewLogger("rtmcc"), events: newStream(o.Observer, time.Now()),
		source: source, demands: newDemands(source, o.Config.RateControl.Tiers), streamID: uuid.NewString(), iceServers: o.ICEServers,
	}
	err = p.selectTracks()
	if err == nil {
		demandCtx, stop := context.WithCancel(ctx)
		var demanding sync.WaitGroup
		demanding.Go(func() { p.demands.run(demandCtx) })
		err = p.run(ctx)
		stop()
		demanding.Wait()
	}
	if closeErr := p.source.Close(); err == nil && closeErr != nil && ctx.Err() == nil {
		err = fmt.Errorf("closing the source: %w", closeErr)
	}

	return p.summary(), err
}

func open(ctx context.Context, o *Options) (media.Source, error) {
	if o.Loop {
		return media.NewLoop(ctx, o.Open)
	}

	return o.Open(ctx)
}

// errSourceEnded ends the attempts to reconnect.
var errSourceEnded = errors.New("the source ended")

func (p *push) run(ctx context.Context) error {
	conn, err := p.establish(ctx, false)
	if err != nil {
		return unlessCancelled(ctx, err)
	}
	if err := p.convert(ctx); err != nil {
		p.end(conn)

		return unlessCancelled(ctx, err)
	}
	p.start()
	// Before the first frame asks for it.
	p.live.Store(conn)
	statusCtx, stopStatus := context.WithCancel(ctx)
	var status sync.WaitGroup
	status.Add(1)
	go func() {
		defer status.Done()
		p.reportStatus(statusCtx)
	}()

	feedCtx, stopFeed := context.WithCancel(ctx)
	fed, feedDone := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(feedDone)
		fed <- p.feed(feedCtx)
	}()
	err = p.follow(ctx, conn, fed)
	stopFeed()
	<-feedDone
	p.retired.Wait()
	stopStatus()
	status.Wait()

	return unlessCancelled(ctx, err)
}

// follow keeps a connection up until the feed ends. It leaves none open.
func (p *push) follow(ctx context.Context, conn *connection, fed <-chan error) error {
	for {
		select {
		case <-ctx.Done():
			p.end(conn)

			return nil
		case err := <-fed:
			p.drain(ctx, conn)
			p.end(conn)

			return err
		case reason := <-conn.failed:
			conn.report(StateFailed, reason)
			p.retire(conn)
			next, err := p.reestablish(ctx, fed, reason)
			if err != nil {
				return err
			}
			conn = next
			p.live.Store(conn)
		}
	}
}

// reestablish replaces a failed connection, unless the source ends first.
func (p *push) reestablish(ctx context.Context, fed <-chan error, reason error) (*connection, error) {
	if p.o.Reconnect.Disabled {
		return nil, reason
	}
	attempt, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	type result struct {
		conn *connection
		err  error
	}
	made := make(chan result, 1)
	go func() {
		conn, err := p.establish(attempt, true)
		made <- result{conn, err}
	}()
	select {
	case r := <-made:
		if r.err == nil {
			p.reconnected()
		}

		return r.conn, r.err
	case err := <-fed:
		stop(errSourceEnded)
		if r := <-made; r.conn != nil {
			p.end(r.conn)
		}
		if err == nil {
			err = fmt.Errorf("the source ended while there was no connection: %w", reason)
		}

		return nil, err
	}
}

// establish connects, as often as the config allows. After a success, again is true,
// a server's objection to a second publisher is worth another try: it may not have
// noticed yet that the first one is gone. Codes in JSON do not tell that objection from
// others.
func (p *push) establish(ctx context.Context, again bool) (*connection, error) {
	back := newBackoff(p.o.Reconnect, time.Now())
	for {
		conn, err := p.connect(ctx)
		if err == nil || ctx.Err() != nil {
			return conn, err
		}
		if !retryable(err, again) {
			return nil, err
		}
		pause, ok := back.next(time.Now(), err)
		if !ok {
			return nil, fmt.Errorf("gave up after attempt %d: %w", back.attempts, err)
		}
		p.log.Warnf("attempt %d failed, the next one in %v: %v", back.attempts, pause.Round(time.Millisecond), err)
		p.events.emit(func(now bwe.Time) bwe.Event {
			return &Reconnect{At: now, Attempt: back.attempts, Delay: pause, Reason: err.Error()}
		})
		if !sleep(ctx, pause) {
			return nil, context.Cause(ctx)
		}
	}
}

func retryable(err error, again bool) bool {
	if errors.Is(err, errConnectTimeout) || errors.Is(err, errLost) || signalling.Retryable(err) {
		return true
	}
	status, code := (*signalling.StatusError)(nil), (*signalling.CodeError)(nil)
	conflict := errors.As(err, &status) && status.Status == http.StatusConflict

	return again && (conflict || errors.As(err, &code))
}

// retire closes a failed connection beside the attempts to replace it.
func (p *push) retire(conn *connection) {
	_ = conn.sender.Close()
	p.keep(conn)
	p.retired.Add(1)
	go func() {
		defer p.retired.Done()
		conn.close()
	}()
}

// end closes the last connection.
func (p *push) end(conn *connection) {
	_ = conn.sender.Close()
	p.keep(conn)
	conn.close()
}

// drain waits until what was handed to the pacer has left, and then for repeats
// that the server may still ask for.
func (p *push) drain(ctx context.Context, conn *connection) {
	ctx, cancel := context.WithTimeout(ctx, p.o.Limits.Drain)
	defer cancel()
	for conn.sender.Stats().QueueBytes > 0 {
		select {
		case reason := <-conn.failed:
			conn.report(StateFailed, reason)

			return
		default:
		}
		if !sleep(ctx, drainPoll) {
			return
		}
	}
	// A server that missed the last packet of a track does not know of it, nor of the
	// gap before it, until something comes after (RFC 8985 section 3.4 has the same
	// trouble). The sender leaves out the repeats of what is known to have arrived.
	linger := nackInterval + 2*conn.sender.Stats().RTT
	linger = min(max(linger, p.o.Limits.LingerMin), p.o.Limits.LingerMax)
	for range tailRepeats {
		for _, t := range p.tracks {
			if local := conn.locals[t.index]; local != nil && t.conn == conn {
				t.packetizer.repeatLast(local.WriteRTP)
			}
		}
		if !sleep(ctx, linger/tailRepeats) {
			return
		}
	}
}

const (
	// drainPoll is how often the emptying queue is looked at.
	drainPoll = 10 * time.Millisecond
	// nackInterval is how long servers take to ask for a packet, twice the 100 ms of
	// common ones, since the first request may be lost.
	nackInterval = 200 * time.Millisecond
	// tailRepeats is how often the last packet of a track is repeated at most.
	tailRepeats = 3
)

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// unlessCancelled returns err where it is not the caller who ended the push.
func unlessCancelled(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}

	return nil
}
