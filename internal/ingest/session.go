// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// session is one pusher's connection, from its offer to its end.
type session struct {
	id     string
	stream string
	ice    iceSession
	cfg    *Config
	log    logging.LeveledLogger
	create func() (io.WriteCloser, string, error)
	start  time.Time
	pc     *webrtc.PeerConnection
	fec    *fecTap
	retire func() // called when all is over, before done

	wake    chan struct{} // the earliest deadline may have moved
	quit    chan struct{} // ends run
	runDone chan struct{}
	readers sync.WaitGroup
	endOnce sync.Once
	done    chan struct{} // closed when all is over

	mu         sync.Mutex
	state      State
	endReason  string
	ended      time.Time
	closing    bool
	streams    []*receivedStream
	kinds      []webrtc.RTPCodecParameters // of the negotiated sections, in the answer's order
	recorder   *recorder
	dump       Dump       // nil for none
	header     rtp.Header // reused for each packet
	lastPacket time.Time  // of those that brought something new
	deadline   time.Time  // that run is waiting for
	ignored    uint64
}

// receivedStream is a stream with what the session keeps for it.
type receivedStream struct {
	*stream
	rrtr   rrtr
	record *recordTrack // nil where it is not recorded
}

// newSession answers an offer. The caller then owes a call to begin.
func newSession(
	ctx context.Context, cfg *Config, stream, offer string, create func() (io.WriteCloser, string, error),
) (s *session, answer string, err error) {
	s = &session{
		id:      uuid.NewString(),
		stream:  stream,
		ice:     iceSession{offer: offer, etag: newETag()},
		cfg:     cfg,
		log:     cfg.LoggerFactory.NewLogger("ingest"),
		create:  create,
		start:   time.Now(),
		wake:    make(chan struct{}, 1),
		quit:    make(chan struct{}),
		runDone: make(chan struct{}),
		done:    make(chan struct{}),
		state:   StateConnecting,
	}
	s.lastPacket = s.start
	s.fec = &fecTap{recovered: s.onRecovered}
	if s.pc, err = newPeerConnection(cfg, offer, s.onRTCP, s.onRepair, s.fec); err != nil {
		return nil, "", err
	}
	s.pc.OnTrack(s.onTrack)
	if answer, err = s.negotiate(ctx, offer); err != nil {
		_ = s.pc.GracefulClose() // the first error counts

		return nil, "", err
	}

	return s, answer, nil
}

// begin lets the session live until end is called or its connection ends.
func (s *session) begin() {
	s.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			s.connected()
		case webrtc.PeerConnectionStateFailed:
			s.end("connection lost", false)
		case webrtc.PeerConnectionStateClosed:
			s.end("closed by the pusher", false)
		default:
		}
	})
	go s.run()
}

// errOffer is wrapped by errors that are the offer's fault.
var errOffer = errors.New("the offer cannot be used")

// negotiate answers the first offer.
func (s *session) negotiate(ctx context.Context, offer string) (string, error) {
	answer, err := s.answer(ctx, offer)
	if err != nil {
		return "", err
	}
	for _, t := range s.pc.GetTransceivers() {
		if r := t.Receiver(); r != nil {
			if codecs := r.GetParameters().Codecs; len(codecs) > 0 {
				s.kinds = append(s.kinds, codecs[0])
			}
		}
	}
	s.fec.negotiated(offer, answer)

	return answer, nil
}

// answer answers an offer with the candidates that are found in time.
func (s *session) answer(ctx context.Context, offer string) (string, error) {
	if err := s.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", fmt.Errorf("%w: %w", errOffer, err)
	}
	answer, err := s.pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("%w: no answer to it: %w", errOffer, err)
	}
	if !acceptsMedia(answer.SDP) {
		return "", errNothingToReceive
	}
	gathered := webrtc.GatheringCompletePromise(s.pc)
	if err = s.pc.SetLocalDescription(answer); err != nil {
		return "", err
	}
	timeout := time.NewTimer(gatherTimeout)
	defer timeout.Stop()
	select {
	case <-gathered:
	case <-timeout.C:
		s.log.Warnf("session %s: answered with the candidates found in %v", s.id, gatherTimeout)
	case <-ctx.Done():
		return "", ctx.Err()
	}

	return amendAnswer(s.cfg, s.pc.LocalDescription().SDP)
}

// rearm wakes run where a stream has something to do earlier than it knows of.
func (s *session) rearm(r *receivedStream) {
	at := r.wake()
	if at.IsZero() || !s.deadline.IsZero() && !at.Before(s.deadline) {
		return
	}
	s.deadline = at
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run does what is due: repair requests, gaps, reports, the end of a session that
// never connects.
func (s *session) run() {
	defer close(s.runDone)
	timer := time.NewTimer(s.cfg.ReportInterval)
	defer timer.Stop()
	nextReport := time.Now().Add(s.cfg.ReportInterval)
	for {
		select {
		case <-s.quit:
			return
		case <-s.wake:
		case <-timer.C:
		}
		now := time.Now()
		reports := !now.Before(nextReport)
		if reports {
			nextReport = now.Add(s.cfg.ReportInterval)
		}
		packets, next := s.tick(now, reports, nextReport)
		timer.Reset(time.Until(next))
		if now.Sub(s.start) >= s.cfg.ConnectTimeout && s.connecting() {
			s.end(fmt.Sprintf("no connection within %v", s.cfg.ConnectTimeout), false)
		}
		if len(packets) > 0 {
			if err := s.pc.WriteRTCP(packets); err != nil {
				s.log.Debugf("session %s: feedback not sent: %v", s.id, err)
			}
		}
	}
}

// tick does what is due at now. It returns the RTCP to send and when to come back, at
// the latest by limit.
func (s *session) tick(now time.Time, reports bool, limit time.Time) (packets []rtcp.Packet, next time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rtt := s.rtt()
	next = limit
	for _, r := range s.streams {
		missing, pli := r.tick(now, rtt)
		packets = append(packets, r.feedback(r.rrtr.ssrc, missing, pli)...)
		if reports && !s.cfg.NoReferenceTimes {
			packets = append(packets, r.rrtr.report(now))
		}
		next = earliest(next, r.wake())
	}
	s.deadline = next

	return packets, next
}

// rtt is the last round trip measured on any stream, zero where unknown.
func (s *session) rtt() time.Duration {
	for _, r := range s.streams {
		if r.rrtr.rtt > 0 {
			return r.rrtr.rtt
		}
	}

	return 0
}

func (s *session) connecting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()

	return s.state == StateConnecting
}

// connected notes that media can flow.
func (s *session) connected() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == StateConnecting {
		s.state = StateLive
	}
}
