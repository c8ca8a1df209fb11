// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"sync"
	"time"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/internal/control"
)

// stream merges the events of a push's senders and its own into one order. Senders
// observe from their owner goroutines, the session from several of its own. The
// clock is that of the newest sender, which starts anew with its control.Started.
type stream struct {
	mu     sync.Mutex
	to     bwe.Observer
	newest int
	origin time.Time
	last   bwe.Time
}

func newStream(to bwe.Observer, origin time.Time) *stream {
	if to == nil {
		to = func(bwe.Event) {}
	}

	return &stream{origin: origin, to: to}
}

// sender returns the observer for the sender of a connection. A former connection,
// which is still being closed, is not heard any more: a trace holds one sender
// after the other.
func (s *stream) sender(number int) bwe.Observer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest = number

	return func(e bwe.Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if number != s.newest {
			return
		}
		s.last = e.Time()
		if _, ok := e.(*control.Started); ok {
			s.origin = time.Now().Add(-time.Duration(s.last))
		}
		s.to(e)
	}
}

// emit passes on an event of the session, made for the present time: at that of
// the last event at the earliest, so that time does not run backwards in a trace.
func (s *stream) emit(made func(now bwe.Time) bwe.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to(made(max(bwe.Time(time.Since(s.origin)), s.last)))
}
