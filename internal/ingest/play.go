// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"net/http"
	"strings"
	"time"
)

// playerWriteTimeout is how long one write to a player may take.
const playerWriteTimeout = 10 * time.Second

// play serves a live stream as FLV over HTTP, at its name with the extension .flv,
// from the next key frame to the end of its session.
func (s *Server) play(w http.ResponseWriter, r *http.Request) {
	stream, ok := strings.CutSuffix(r.PathValue("file"), ".flv")
	if !ok {
		http.Error(w, "no such page; there are /whip/<stream>, /<stream>.flv and /sessions", http.StatusNotFound)

		return
	}
	session := s.publishing(stream)
	if session == nil {
		http.Error(w, "nobody pushes this stream now; try again when it is live", http.StatusNotFound)

		return
	}
	w.Header().Set("Content-Type", "video/x-flv")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	p, leave := session.join()
	if p == nil {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "too many players, or no media yet", http.StatusServiceUnavailable)

		return
	}
	defer leave()
	p.serve(w, r)
}

// serve writes frames as they come.
func (p *player) serve(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // a player says nothing more
	_ = control.SetWriteDeadline(time.Now().Add(playerWriteTimeout))
	if control.Flush() != nil {
		return
	}
	for {
		select {
		case <-r.Context().Done():
			return
		case data, more := <-p.frames:
			if !more {
				return
			}
			_ = control.SetWriteDeadline(time.Now().Add(playerWriteTimeout))
			if _, err := w.Write(data); err != nil {
				return
			}
			p.held.Add(-int64(len(data)))
			if len(p.frames) == 0 && control.Flush() != nil {
				return
			}
		}
	}
}

// publishing finds the newest live session of a stream.
func (s *Server) publishing(stream string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	var newest *session
	for _, n := range s.live {
		if n.stream == stream && (newest == nil || n.start.After(newest.start)) {
			newest = n
		}
	}

	return newest
}

// join adds a player to the session, nil where it takes none. The caller owes a call to
// leave.
func (s *session) join() (p *player, leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.recorder == nil {
		return nil, nil
	}
	p = s.recorder.players.join()

	return p, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.recorder.players.leave(p)
	}
}
