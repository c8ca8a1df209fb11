// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/sender/signalling"
)

const firstTag = `"ice-0"`

// patch is a request that a session's ICE changes.
type patch struct {
	at       time.Time
	match    string
	kind     string
	fragment signalling.Fragment
}

// patch takes candidates, or restarts ICE where the credentials are new (RFC 9725
// section 4.3).
func (s *receiver) patch(w http.ResponseWriter, r *http.Request) {
	if !s.patchable {
		w.WriteHeader(http.StatusMethodNotAllowed)

		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)

		return
	}
	fragment, err := signalling.ParseFragment(string(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)

		return
	}
	s.mu.Lock()
	s.patches = append(s.patches, patch{time.Now(), r.Header.Get("If-Match"), r.Header.Get("Content-Type"), fragment})
	restarts := len(s.patches)
	got := s.sessions[len(s.sessions)-1]
	s.mu.Unlock()
	known, err := signalling.ReadFragment(got.offer)
	switch {
	case err != nil:
	case known.Ufrag == fragment.Ufrag:
		for _, c := range fragment.Candidates {
			if err = got.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: c, SDPMid: &fragment.Mid}); err != nil {
				break
			}
		}
		w.WriteHeader(http.StatusNoContent)

		return
	default:
		var answer string
		if answer, err = got.restart(fragment); err == nil {
			w.Header().Set("Content-Type", signalling.FragmentType)
			w.Header().Set("ETag", fmt.Sprintf(`"ice-%d"`, restarts))
			_, _ = io.WriteString(w, answer)

			return
		}
	}
	http.Error(w, err.Error(), http.StatusInternalServerError)
}

func (r *received) restart(fragment signalling.Fragment) (string, error) {
	offer, err := fragment.Apply(r.offer)
	if err != nil {
		return "", err
	}
	answer, err := r.negotiate(offer)
	if err != nil {
		return "", err
	}
	r.offer = offer
	mine, err := signalling.ReadFragment(answer)

	return mine.String(), err
}

// negotiate answers an offer with all candidates.
func (r *received) negotiate(offer string) (string, error) {
	if err := r.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", err
	}
	answer, err := r.pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	complete := webrtc.GatheringCompletePromise(r.pc)
	if err := r.pc.SetLocalDescription(answer); err != nil {
		return "", err
	}
	<-complete

	return r.pc.LocalDescription().SDP, nil
}

func (s *receiver) patched() []patch {
	s.mu.Lock()
	defer s.mu.Unlock()

	return slices.Clone(s.patches)
}
