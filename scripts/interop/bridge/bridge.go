// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"sync"
	"time"
)

//go:embed watch.html camera.html
var pages embed.FS

const (
	// A pusher waits so long for a receiver and its answer.
	answerWait = 30 * time.Second
	// A receiver's question for an offer is answered with "none yet" after so long.
	offerWait = 20 * time.Second
	// No SDP and no statistics are larger.
	bodyLimit = 1 << 20
)

// bridge holds one session at a time: a new offer ends the session before.
type bridge struct {
	http.Handler

	// offers is not buffered: an offer is taken by a receiver that waits for it.
	offers chan *session

	mu       sync.Mutex
	current  *session
	sessions int
	log      io.Writer
}

type session struct {
	id     string
	offer  string
	answer chan answer
	ended  chan struct{}
}

type answer struct {
	sdp []byte
	err string
}

func newBridge(log io.Writer) *bridge {
	b := &bridge{offers: make(chan *session), log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /whip/{name...}", b.push)
	mux.HandleFunc("DELETE /session/{id}", b.end)
	mux.HandleFunc("GET /receiver/offer", b.handOut)
	mux.HandleFunc("POST /receiver/answer/{id}", b.takeAnswer)
	mux.HandleFunc("POST /receiver/error/{id}", b.takeError)
	mux.HandleFunc("POST /receiver/stats/{id}", b.takeStats)
	mux.Handle("GET /", http.FileServerFS(pages))
	b.Handler = mux
	return b
}

// begin makes the offer's session the current one.
func (b *bridge) begin(offer []byte) *session {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current != nil {
		close(b.current.ended)
	}
	b.sessions++
	b.current = &session{
		id:     strconv.Itoa(b.sessions),
		offer:  string(offer),
		answer: make(chan answer, 1),
		ended:  make(chan struct{}),
	}
	return b.current
}

// finish ends the session with that id and says whether it was the current one.
func (b *bridge) finish(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current == nil || b.current.id != id {
		return false
	}
	close(b.current.ended)
	b.current = nil
	return true
}

// find answers 410 itself where the session is over.
func (b *bridge) find(w http.ResponseWriter, r *http.Request) *session {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current == nil || b.current.id != r.PathValue("id") {
		http.Error(w, "the session is over", http.StatusGone)
		return nil
	}
	return b.current
}

func (b *bridge) push(w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/sdp" {
		http.Error(w, "the offer must be application/sdp", http.StatusUnsupportedMediaType)
		return
	}
	offer, ok := body(w, r)
	if !ok {
		return
	}
	s := b.begin(offer)
	patience := time.NewTimer(answerWait)
	defer patience.Stop()
	select {
	case b.offers <- s:
	case <-patience.C:
		b.finish(s.id)
		http.Error(w, "no receiver asked for the offer", http.StatusServiceUnavailable)
		return
	case <-s.ended:
		http.Error(w, "another push took this one's place", http.StatusConflict)
		return
	case <-r.Context().Done():
		b.finish(s.id)
		return
	}
	select {
	case a := <-s.answer:
		if a.err != "" {
			b.finish(s.id)
			http.Error(w, "the receiver failed: "+a.err, http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/sdp")
		w.Header().Set("Location", "/session/"+s.id)
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(a.sdp)
	case <-patience.C:
		b.finish(s.id)
		http.Error(w, "the receiver gave no answer", http.StatusGatewayTimeout)
	case <-s.ended:
		http.Error(w, "another push took this one's place", http.StatusConflict)
	case <-r.Context().Done():
		b.finish(s.id)
	}
}

func (b *bridge) end(w http.ResponseWriter, r *http.Request) {
	if !b.finish(r.PathValue("id")) {
		http.Error(w, "no such session", http.StatusNotFound)
	}
}

func (b *bridge) handOut(w http.ResponseWriter, r *http.Request) {
	patience := time.NewTimer(offerWait)
	defer patience.Stop()
	select {
	case s := <-b.offers:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"id": s.id, "sdp": s.offer})
	case <-patience.C:
		w.WriteHeader(http.StatusNoContent)
	case <-r.Context().Done():
	}
}

func (b *bridge) takeAnswer(w http.ResponseWriter, r *http.Request) {
	if sdp, ok := body(w, r); ok {
		b.reply(w, r, answer{sdp: sdp})
	}
}

func (b *bridge) takeError(w http.ResponseWriter, r *http.Request) {
	if text, ok := body(w, r); ok {
		b.reply(w, r, answer{err: string(text)})
	}
}

func (b *bridge) reply(w http.ResponseWriter, r *http.Request, a answer) {
	s := b.find(w, r)
	if s == nil {
		return
	}
	select {
	case s.answer <- a:
		w.WriteHeader(http.StatusNoContent)
	default:
		http.Error(w, "there is an answer already", http.StatusConflict)
	}
}

// takeStats writes a receiver's statistics as one line. It takes the last ones of a session that
// has just ended as well, so that nothing at the end is missing, and says 410 then.
func (b *bridge) takeStats(w http.ResponseWriter, r *http.Request) {
	raw, ok := body(w, r)
	if !ok {
		return
	}
	var line bytes.Buffer
	if err := json.Compact(&line, raw); err != nil {
		http.Error(w, "statistics must be JSON: "+err.Error(), http.StatusBadRequest)
		return
	}
	line.WriteByte('\n')
	b.mu.Lock()
	_, err := b.log.Write(line.Bytes())
	b.mu.Unlock()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if b.find(w, r) != nil {
		w.WriteHeader(http.StatusNoContent)
	}
}

// body answers for itself where there is none to return.
func body(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err == nil && len(data) == 0 {
		err = fmt.Errorf("the request has no body")
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return nil, false
	}
	return data, true
}
