// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session_test

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/transport/v4/vnet"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
)

// receiver is a plain WHIP server on pion's own stack.
type receiver struct {
	t    *testing.T
	host *vnet.Net
	// codecs registers what it takes; nil takes pion's defaults.
	codecs func(*webrtc.MediaEngine) error
	// intercept answers a request in place of the receiver where it returns true.
	intercept func(w http.ResponseWriter, r *http.Request) bool
	// patchable makes it take candidates and restarts by PATCH.
	patchable bool

	mu       sync.Mutex
	patches  []patch
	sessions []*received
	deletes  int
}

// received is what one session got.
type received struct {
	mu    sync.Mutex
	pc    *webrtc.PeerConnection
	offer string
	video []*rtp.Packet
	audio []*rtp.Packet
	seen  map[[2]uint32]bool
}

// repeated tells a packet that came before, as probes repeat what was sent.
func (r *received) repeated(p *rtp.Packet) bool {
	key := [2]uint32{p.SSRC, uint32(p.SequenceNumber)}
	if r.seen[key] {
		return true
	}
	r.seen[key] = true

	return false
}

func (s *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	intercept := s.intercept
	s.mu.Unlock()
	if intercept != nil && intercept(w, r) {
		return
	}
	if r.Method == http.MethodDelete {
		s.mu.Lock()
		s.deletes++
		s.mu.Unlock()

		return
	}
	if r.Method == http.MethodPatch {
		s.patch(w, r)

		return
	}
	offer, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)

		return
	}
	answer, err := s.answer(string(offer))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)

		return
	}
	w.Header().Set("Content-Type", "application/sdp")
	w.Header().Set("Location", "/session")
	if s.patchable {
		w.Header().Set("ETag", firstTag)
	}
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, answer)
}

func (s *receiver) answer(offer string) (string, error) {
	engine := &webrtc.MediaEngine{}
	codecs := s.codecs
	if codecs == nil {
		codecs = func(m *webrtc.MediaEngine) error { return m.RegisterDefaultCodecs() }
	}
	if err := codecs(engine); err != nil {
		return "", err
	}
	settings := webrtc.SettingEngine{LoggerFactory: quiet()}
	on(s.host)(&settings)
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", err
	}
	got := &received{pc: pc, offer: offer, seen: map[[2]uint32]bool{}}
	s.mu.Lock()
	s.sessions = append(s.sessions, got)
	s.mu.Unlock()
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			packet, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			got.mu.Lock()
			if got.repeated(packet) {
				got.mu.Unlock()

				continue
			}
			if track.Kind() == webrtc.RTPCodecTypeVideo {
				got.video = append(got.video, packet)
			} else {
				got.audio = append(got.audio, packet)
			}
			got.mu.Unlock()
		}
	})

	return got.negotiate(offer)
}

func (s *receiver) setIntercept(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = f
}

func (s *receiver) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.sessions {
		require.NoError(s.t, r.pc.GracefulClose())
	}
}

func (s *receiver) session(i int) *received {
	s.mu.Lock()
	defer s.mu.Unlock()

	return s.sessions[i]
}

func (s *receiver) count() (sessions, deletes int) {
	s.mu.Lock()
	defer s.mu.Unlock()

	return len(s.sessions), s.deletes
}

// packets returns what came so far, without repeats.
func (r *received) packets() (video, audio []*rtp.Packet) {
	r.mu.Lock()
	defer r.mu.Unlock()

	return slices.Clone(r.video), slices.Clone(r.audio)
}

// frames counts the access units of video and returns the packets of audio.
func (r *received) frames() (video, audio int) {
	pictures, sounds := r.packets()
	for _, p := range pictures {
		if p.Marker {
			video++
		}
	}

	return video, len(sounds)
}
