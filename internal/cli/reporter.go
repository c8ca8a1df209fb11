// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/rtmcc/rtmcc/sender/session"
)

// reporter shows a running push to its user. It is used from one goroutine.
type reporter interface {
	status(st *session.Status)
	// message is shown once, in a line of its own.
	message(text string)
	// end leaves the screen ready for the summary.
	end()
}

// newReporter returns the reporter that suits the streams.
func newReporter(s Streams, asJSON bool) reporter {
	switch {
	case asJSON:
		return &jsonReporter{out: s.Out, err: s.Err}
	case s.Width() > 0:
		return &terminalReporter{out: s.Err, width: s.Width}
	default:
		return &plainReporter{out: s.Err}
	}
}

// jsonReporter prints one object a second.
type jsonReporter struct{ out, err io.Writer }

func (r *jsonReporter) status(st *session.Status) { _ = json.NewEncoder(r.out).Encode(st) }
func (r *jsonReporter) message(text string)       { Say(r.err, "%s\n", text) }
func (r *jsonReporter) end()                      {}

// plainEvery is how often the status is printed where lines cannot be redrawn.
const plainEvery = 5 * time.Second

// plainReporter prints a line now and then, for logs.
type plainReporter struct {
	out  io.Writer
	next float64
}

func (r *plainReporter) status(st *session.Status) {
	if st.DurationS < r.next {
		return
	}
	r.next = st.DurationS + plainEvery.Seconds() - 0.5
	Say(r.out, "%s\n", statusLine(st, 0))
}
func (r *plainReporter) message(text string) { Say(r.out, "%s\n", text) }
func (r *plainReporter) end()                {}

// terminalReporter redraws one line in place. The width is asked for each time, as
// windows get resized.
type terminalReporter struct {
	out   io.Writer
	width func() int
	drawn string
}

// clearLine goes to the first column and clears to the end of the line (ECMA-48
// EL).
const clearLine = "\r\x1b[K"

func (r *terminalReporter) status(st *session.Status) {
	// A line that fills the last column makes some terminals wrap.
	r.drawn = statusLine(st, max(r.width()-1, 1))
	Say(r.out, "%s%s", clearLine, r.drawn)
}

func (r *terminalReporter) message(text string) {
	Say(r.out, "%s%s\n%s", clearLine, text, r.drawn)
}

func (r *terminalReporter) end() {
	if r.drawn != "" {
		Say(r.out, "\n")
	}
}

// queueLength bounds what waits for a slow terminal.
const queueLength = 64

// queue hands statuses and messages to a reporter on a goroutine of its own, so that
// a terminal that is halted never holds up the push. What does not fit is left out.
type queue struct {
	calls chan func(reporter)
	done  sync.WaitGroup

	mu     sync.Mutex
	closed bool
}

func newQueue(r reporter) *queue {
	q := &queue{calls: make(chan func(reporter), queueLength)}
	q.done.Go(func() {
		for call := range q.calls {
			call(r)
		}
		r.end()
	})

	return q
}

func (q *queue) put(call func(reporter)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	select {
	case q.calls <- call:
	default:
	}
}

func (q *queue) status(st session.Status) { q.put(func(r reporter) { r.status(&st) }) }

func (q *queue) message(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	q.put(func(r reporter) { r.message(text) })
}

// Write takes in log lines.
func (q *queue) Write(p []byte) (int, error) {
	q.message("%s", trimLine(p))

	return len(p), nil
}

func trimLine(p []byte) []byte {
	for len(p) > 0 && (p[len(p)-1] == '\n' || p[len(p)-1] == '\r') {
		p = p[:len(p)-1]
	}

	return p
}

// close shows what is left. What comes later, as log lines may, is left out.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	close(q.calls)
	q.mu.Unlock()
	q.done.Wait()
}
