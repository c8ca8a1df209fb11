// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

const (
	endpointMethods = "POST, OPTIONS"
	resourceMethods = "PATCH, DELETE, OPTIONS"
	listMethods     = "GET, HEAD, OPTIONS"
)

// routes serves WHIP (RFC 9725) and the statistics.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/whip/{stream}", s.resource(endpointMethods, map[string]http.HandlerFunc{
		http.MethodPost: s.post,
	}))
	mux.Handle("/whip/{stream}/{id}", s.resource(resourceMethods, map[string]http.HandlerFunc{
		http.MethodPatch: s.patch, http.MethodDelete: s.delete,
	}))
	mux.Handle("/{file}", s.resource(listMethods, map[string]http.HandlerFunc{
		http.MethodGet: s.play, http.MethodHead: s.play,
	}))
	mux.Handle("/sessions", s.resource(listMethods, map[string]http.HandlerFunc{
		http.MethodGet: s.list, http.MethodHead: s.list,
	}))

	return mux
}

// resource is a path with its methods, the CORS answers that browsers want, and the
// token check.
func (s *Server) resource(allow string, methods map[string]http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "Location, ETag, Link")
		if r.Method == http.MethodOptions {
			h.Set("Allow", allow)
			h.Set("Access-Control-Allow-Methods", allow)
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match")
			h.Set("Access-Control-Max-Age", "86400")
			if _, ok := methods[http.MethodPost]; ok {
				h.Set("Accept-Post", "application/sdp")
			}
			w.WriteHeader(http.StatusNoContent)

			return
		}
		serve, ok := methods[r.Method]
		if !ok {
			h.Set("Allow", allow)
			http.Error(w, r.Method+" is not supported here; supported: "+allow, http.StatusMethodNotAllowed)

			return
		}
		if s.authorized(w, r) {
			serve(w, r)
		}
	})
}

// authorized checks the bearer token (RFC 6750) and answers where it is not right.
func (s *Server) authorized(w http.ResponseWriter, r *http.Request) bool {
	if s.cfg.Token == "" {
		return true
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		w.Header().Set("WWW-Authenticate", `Bearer realm="whip"`)
		http.Error(w, "a bearer token is needed", http.StatusUnauthorized)

		return false
	}
	want, got := sha256.Sum256([]byte(s.cfg.Token)), sha256.Sum256([]byte(strings.TrimSpace(token)))
	if subtle.ConstantTimeCompare(want[:], got[:]) == 0 {
		http.Error(w, "the bearer token is wrong", http.StatusForbidden)

		return false
	}

	return true
}

// post answers an offer (RFC 9725, section 4.2).
func (s *Server) post(w http.ResponseWriter, r *http.Request) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/sdp" {
		w.Header().Set("Accept-Post", "application/sdp")
		http.Error(w, "the offer has to be application/sdp", http.StatusUnsupportedMediaType)

		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOfferSize))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			http.Error(w, "the offer is too large", http.StatusRequestEntityTooLarge)
		} else {
			http.Error(w, "the offer could not be read", http.StatusBadRequest)
		}

		return
	}
	if err = checkOffer(string(body)); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)

		return
	}
	session, answer, err := s.publish(r.Context(), r.PathValue("stream"), string(body))
	if err != nil {
		s.refuse(w, err)

		return
	}
	w.Header().Set("Content-Type", "application/sdp")
	w.Header().Set("Location", "/whip/"+url.PathEscape(session.stream)+"/"+session.id)
	w.Header().Set("ETag", session.ice.etag)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, answer) // a pusher that is gone does not connect
}

// refuse answers an offer that got no session.
func (s *Server) refuse(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, errOffer):
		status = http.StatusBadRequest
	case errors.Is(err, errNothingToReceive):
		status = http.StatusNotAcceptable
	case errors.Is(err, errFull), errors.Is(err, errClosed):
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "5")
	}
	s.log.Warnf("offer refused with %d: %v", status, err)
	http.Error(w, err.Error(), status)
}

// delete ends a session and answers when it is over, so that what the pusher reads at
// /sessions afterwards is final.
func (s *Server) delete(w http.ResponseWriter, r *http.Request) {
	session := s.session(r.PathValue("id"))
	if session == nil || session.stream != r.PathValue("stream") {
		http.Error(w, "no such session", http.StatusNotFound)

		return
	}
	session.end("deleted by the pusher", true)
	select {
	case <-session.done:
		w.WriteHeader(http.StatusOK)
	case <-r.Context().Done():
	}
}

// list writes the statistics of all sessions.
func (s *Server) list(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(s.Sessions()) // the reader may be gone
}
