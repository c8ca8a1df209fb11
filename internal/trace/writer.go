// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package trace

import (
	"errors"
	"io"
	"sync"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
)

const (
	// flushBytes and flushAfter say when what was recorded is handed on.
	flushBytes = 64 << 10
	flushAfter = time.Second
	// mostPending is what may wait for a slow disk or pipe before the trace is given up.
	mostPending = 32 << 20
)

// ErrSlow is the error of a trace whose destination takes less than is recorded.
var ErrSlow = errors.New("trace: the destination is too slow, the trace stops here")

// Writer writes a trace. Its methods are safe for concurrent use; the events of
// one control loop have to come in order. What it writes to is written from a
// goroutine of its own, so that a slow disk never holds up the push.
type Writer struct {
	out     io.Writer
	onError func(error)
	wake    chan struct{}
	done    chan struct{}

	mu      sync.Mutex
	pending []byte
	flushed bwe.Time
	err     error
	closed  bool
	// room is signalled when pending was handed on; nil where nobody waits for it.
	room *sync.Cond
}

// NewWriter returns a writer whose first line is h. A writer that is no longer
// needed has to be closed; out is not.
func NewWriter(out io.Writer, h Header) *Writer {
	w := &Writer{out: out, wake: make(chan struct{}, 1), done: make(chan struct{}), onError: func(error) {}}
	w.pending = headerLine(h)
	go w.run()

	return w
}

// OnError has f called at most once, from the writer's goroutine, when the trace
// cannot go on; the push goes on without it. Set it before the first event.
func (w *Writer) OnError(f func(error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.onError = f
}

// Wait has Observe wait for a slow destination instead of giving the trace up: for
// recordings whose time is not the clock's, which can wait. Call it before the first
// event.
func (w *Writer) Wait() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.room = sync.NewCond(&w.mu)
}

// Observe records one event; it is a [bwe.Observer]. It never blocks on the
// destination but after [Writer.Wait]. After an error or after Close it does nothing.
func (w *Writer) Observe(ev bwe.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.room != nil && len(w.pending) >= mostPending/2 && w.err == nil && !w.closed {
		w.signal()
		w.room.Wait()
	}
	if w.err != nil || w.closed {
		return
	}
	w.pending = append(appendEvent(w.pending, ev), '\n')
	if len(w.pending) > mostPending {
		w.err = ErrSlow
		w.pending = nil
		w.signal()

		return
	}
	now := ev.Time()
	if since := now.Sub(w.flushed); len(w.pending) >= flushBytes || since >= flushAfter || since < 0 {
		w.flushed = now
		w.signal()
	}
}

// Close writes what is pending and returns the first error of the trace, if any.
func (w *Writer) Close() error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		w.signal()
	}
	w.mu.Unlock()
	<-w.done
	w.mu.Lock()
	defer w.mu.Unlock()

	return w.err
}

// signal wakes the goroutine; one signal waiting is enough.
func (w *Writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// roomMade wakes who waits for room.
func (w *Writer) roomMade() {
	if w.room != nil {
		w.room.Broadcast()
	}
}

func (w *Writer) run() {
	defer close(w.done)
	var spare []byte
	for range w.wake {
		w.mu.Lock()
		batch := w.pending
		w.pending = spare[:0]
		closed, err, report := w.closed, w.err, w.onError
		w.roomMade()
		w.mu.Unlock()

		if err == nil && len(batch) > 0 {
			err = write(w.out, batch)
		}
		if err != nil {
			w.mu.Lock()
			w.err, w.pending = err, nil
			w.roomMade()
			w.mu.Unlock()
			report(err)

			return
		}
		if closed {
			return
		}
		spare = batch
	}
}

func write(out io.Writer, batch []byte) error {
	n, err := out.Write(batch)
	if err == nil && n < len(batch) {
		return io.ErrShortWrite
	}
	if f, ok := out.(interface{ Flush() error }); ok && err == nil {
		return f.Flush()
	}

	return err
}
