// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pion/logging"
)

// Server is a WHIP server and the sessions of its pushers. All methods are safe for
// concurrent use.
type Server struct {
	cfg      Config
	log      logging.LeveledLogger
	handler  http.Handler
	listener net.Listener // nil without one of our own
	http     *http.Server
	served   chan struct{}

	mu       sync.Mutex
	closed   bool
	pending  int // offers being answered
	live     map[string]*session
	history  []SessionStats
	recorded int
	ends     sync.WaitGroup
}

// errClosed: the server is shutting down.
var errClosed = errors.New("the server is shutting down")

// errFull: too many sessions.
var errFull = errors.New("too many sessions")

// New makes a server without a listener, for use through [Server.Handler]. It fails
// on a Config that is out of range.
func New(cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: cfg.LoggerFactory.NewLogger("ingest"), live: map[string]*session{}}
	s.handler = s.routes()

	return s, nil
}

// Start makes a server that listens on cfg.Listen.
func Start(cfg Config) (*Server, error) {
	s, err := New(cfg)
	if err != nil {
		return nil, err
	}
	if s.listener, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", s.cfg.Listen); err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	s.http = &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	s.served = make(chan struct{})
	go func() {
		defer close(s.served)
		if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Errorf("HTTP: %v", err)
		}
	}()

	return s, nil
}

// URL is a WHIP endpoint of the server, empty without a listener. Any other last part
// works too: it names the stream.
func (s *Server) URL() string {
	if s.listener == nil {
		return ""
	}
	host, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}

	return "http://" + net.JoinHostPort(host, port) + "/whip/live"
}

// Handler serves WHIP below /whip/ and the statistics at /sessions.
func (s *Server) Handler() http.Handler { return s.handler }

// Sessions returns snapshots of all live sessions and of the last ended ones, in the
// order in which they began.
func (s *Server) Sessions() []SessionStats {
	s.mu.Lock()
	out := make([]SessionStats, 0, len(s.history)+len(s.live))
	out = append(out, s.history...)
	live := make([]*session, 0, len(s.live))
	for _, l := range s.live {
		live = append(live, l)
	}
	s.mu.Unlock()
	for _, l := range live {
		out = append(out, l.snapshotNow())
	}
	slices.SortFunc(out, func(a, b SessionStats) int { return a.StartedAt.Compare(b.StartedAt) })

	return out
}

// Close ends all sessions, finishes their recordings and stops the listener, within
// some seconds. Further calls do nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	already := s.closed
	s.closed = true
	live := make([]*session, 0, len(s.live))
	for _, l := range s.live {
		live = append(live, l)
	}
	s.mu.Unlock()
	for _, l := range live {
		l.end("server closed", false)
	}
	var err error
	if s.http != nil && !already {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		if err = s.http.Shutdown(ctx); err != nil {
			err = errors.Join(err, s.http.Close())
		}
		<-s.served
	}
	s.ends.Wait()

	return err
}

// publish opens a session for an offer.
func (s *Server) publish(ctx context.Context, stream, offer string) (*session, string, error) {
	if err := s.reserve(); err != nil {
		return nil, "", err
	}
	var create func() (io.WriteCloser, string, error)
	if s.cfg.Record != "" {
		create = s.createRecording
	}
	n, answer, err := newSession(ctx, &s.cfg, stream, offer, create)
	s.mu.Lock()
	s.pending--
	if err != nil {
		s.mu.Unlock()
		s.ends.Done()

		return nil, "", err
	}
	n.retire = func() { s.retire(n) }
	s.live[n.id] = n
	closed := s.closed
	s.mu.Unlock()
	n.begin()
	if closed {
		n.end("server closed", false)

		return nil, "", errClosed
	}
	s.log.Infof("session %s: offer for stream %q answered", n.id, stream)

	return n, answer, nil
}

// reserve takes a place for a session, whose end the caller owes to s.ends.
func (s *Server) reserve() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return errClosed
	case len(s.live)+s.pending >= s.cfg.MaxSessions:
		return errFull
	}
	s.pending++
	s.ends.Add(1)

	return nil
}

// retire puts a session that is over into the history.
func (s *Server) retire(n *session) {
	defer s.ends.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.live, n.id)
	s.history = append(s.history, n.snapshotNow())
	if extra := len(s.history) - s.cfg.History; extra > 0 {
		s.history = slices.Delete(s.history, 0, extra)
	}
}

// session finds a live session.
func (s *Server) session(id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()

	return s.live[id]
}

// createRecording opens the next recording: the configured name first, then with -2,
// -3 … before the extension.
func (s *Server) createRecording() (io.WriteCloser, string, error) {
	s.mu.Lock()
	s.recorded++
	n := s.recorded
	s.mu.Unlock()
	path := s.cfg.Record
	if n > 1 {
		ext := filepath.Ext(path)
		path = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), n, ext)
	}
	f, err := os.Create(path)

	return f, path, err
}
