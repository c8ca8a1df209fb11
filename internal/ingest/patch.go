// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/sender/signalling"
)

// iceSession is what identifies the ICE session of a pusher (RFC 9725, section 4.3.1).
type iceSession struct {
	mu sync.Mutex
	// offer has the pusher's present credentials.
	offer string
	etag  string
}

func newETag() string { return `"` + uuid.NewString() + `"` }

// Lengths of ICE credentials, in characters (RFC 8839, section 5.4).
const (
	minUfrag = 4
	minPwd   = 22
)

// errFragment is wrapped by errors that are the fragment's fault.
var errFragment = errors.New("the fragment cannot be used")

// patch takes candidates, or restarts ICE where the credentials are new (RFC 9725,
// section 4.3).
func (s *Server) patch(w http.ResponseWriter, r *http.Request) {
	session := s.session(r.PathValue("id"))
	if session == nil || session.stream != r.PathValue("stream") {
		http.Error(w, "no such session", http.StatusNotFound)

		return
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != signalling.FragmentType {
		w.Header().Set("Accept-Patch", signalling.FragmentType)
		http.Error(w, "the fragment has to be "+signalling.FragmentType, http.StatusUnsupportedMediaType)

		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOfferSize))
	if err != nil {
		http.Error(w, "the fragment is too large or could not be read", http.StatusRequestEntityTooLarge)

		return
	}
	fragment, err := signalling.ParseFragment(string(body))
	if err == nil && (len(fragment.Ufrag) < minUfrag || len(fragment.Pwd) < minPwd) {
		err = errors.New("its ICE credentials are too short")
	}
	if err != nil {
		http.Error(w, fmt.Sprintf("%v: %v", errFragment, err), http.StatusBadRequest)

		return
	}
	session.patch(w, r, fragment)
}

func (s *session) patch(w http.ResponseWriter, r *http.Request, fragment signalling.Fragment) {
	s.ice.mu.Lock()
	defer s.ice.mu.Unlock()
	match := strings.TrimSpace(r.Header.Get("If-Match"))
	switch match {
	case "":
		http.Error(w, "If-Match is missing", http.StatusPreconditionRequired)

		return
	case "*", `"*"`, s.ice.etag:
	default:
		w.Header().Set("ETag", s.ice.etag)
		http.Error(w, "the ICE session is another one", http.StatusPreconditionFailed)

		return
	}
	known, err := signalling.ReadFragment(s.ice.offer)
	if err == nil && known.Ufrag == fragment.Ufrag && known.Pwd == fragment.Pwd {
		if err = s.addCandidates(fragment.Candidates); err == nil {
			w.WriteHeader(http.StatusNoContent)

			return
		}
	}
	answer := ""
	if err == nil {
		answer, err = s.restartICE(r.Context(), fragment)
	}
	switch {
	case errors.Is(err, errFragment), errors.Is(err, errOffer):
		http.Error(w, err.Error(), http.StatusBadRequest)
	case err != nil:
		s.log.Warnf("session %s: ICE restart: %v", s.id, err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", signalling.FragmentType)
		w.Header().Set("ETag", s.ice.etag)
		_, _ = io.WriteString(w, answer) // a pusher that is gone does not connect
	}
}

func (s *session) addCandidates(candidates []string) error {
	for _, c := range candidates {
		if err := s.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: c}); err != nil {
			return fmt.Errorf("%w: candidate: %w", errFragment, err)
		}
	}

	return nil
}

// restartICE answers new credentials with new ones. The pusher's description is else
// what it was.
func (s *session) restartICE(ctx context.Context, fragment signalling.Fragment) (string, error) {
	offer, err := fragment.Apply(s.ice.offer)
	if err != nil {
		return "", err
	}
	answer, err := s.answer(ctx, offer)
	if err != nil {
		return "", err
	}
	s.ice.offer, s.ice.etag = offer, newETag()
	mine, err := signalling.ReadFragment(answer)

	return mine.String(), err
}
