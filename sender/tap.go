// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"io"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/transport/v4/packetio"
	"github.com/pion/webrtc/v4"
)

// tap hears the RTCP of a PeerConnection before pion hands it out. pion's SRTCP
// session puts every packet into one buffer for each SSRC that it names, and a
// sender's interceptors are only shown the buffer of their own media: feedback that
// names the retransmission stream, zero, or anything else never reaches them. The
// buffers are made by a function of the SettingEngine, which is where the tap sits.
//
// A compound of which one packet cannot be parsed is discarded by pion as a whole and
// is not heard here either.
type tap struct {
	log logging.LeveledLogger

	mu      sync.Mutex
	senders []*Sender
	warned  bool
}

func (t *tap) add(s *Sender) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.senders = append(t.senders, s)
}

func (t *tap) remove(s *Sender) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.senders = without(t.senders, func(other *Sender) bool { return other == s })
}

// route finds the Sender that a packet for ssrc is meant for: the one that has such a
// stream, else the only one there is.
func (t *tap) route(ssrc uint32) *Sender {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.senders {
		if s.has(ssrc) {
			s.tapped.Store(true)

			return s
		}
	}
	if len(t.senders) == 1 {
		return t.senders[0]
	}
	if len(t.senders) > 1 && !t.warned {
		t.warned = true
		t.log.Warnf("RTCP for SSRC %d names no stream of any PeerConnection and cannot be assigned: "+
			"use one sender.Factory and one webrtc.API for each PeerConnection", ssrc)
	}

	return nil
}

// has says whether ssrc is that of a stream of media of s.
func (s *Sender) has(ssrc uint32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.ssrcs[ssrc]

	return ok
}

// tapBuffer is one of the buffers of an SRTCP session.
type tapBuffer struct {
	io.ReadWriteCloser
	tap  *tap
	ssrc uint32
}

// Write shows the packet to its Sender and buffers it for pion's readers.
func (b *tapBuffer) Write(p []byte) (int, error) {
	if s := b.tap.route(b.ssrc); s != nil {
		s.hear(p)
	}

	return b.ReadWriteCloser.Write(p)
}

// SetReadDeadline passes the deadline on where the buffer knows one.
func (b *tapBuffer) SetReadDeadline(t time.Time) error {
	if d, ok := b.ReadWriteCloser.(interface{ SetReadDeadline(time.Time) error }); ok {
		return d.SetReadDeadline(t)
	}

	return nil
}

// The limits of the buffers that pion makes itself.
const (
	rtpBufferBytes  = 1000 * 1000
	rtcpBufferBytes = 100 * 1000
)

// ConfigureSettingEngine lets the factory's Senders hear every RTCP packet of their
// PeerConnection, whatever SSRC it names. Without it they hear those that name an
// SSRC of media, as long as the application reads RTCP from its RTPSenders; real
// servers send feedback that names zero. It must be called before the SettingEngine is
// given to [webrtc.NewAPI]; a BufferFactory that the engine has already stays in use.
//
// pion does not say which PeerConnection a packet came from. With several alive at a
// time, packets that name a stream of media are assigned by it, and the others are
// lost: use a factory and an API of its own for each PeerConnection. One after the
// other, as in a reconnect, is no problem.
func (f *Factory) ConfigureSettingEngine(e *webrtc.SettingEngine) {
	inner := e.BufferFactory
	if inner == nil {
		inner = defaultBuffer
	}
	e.BufferFactory = func(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
		buffer := inner(kind, ssrc)
		if kind != packetio.RTCPBufferPacket {
			return buffer
		}

		return &tapBuffer{ReadWriteCloser: buffer, tap: f.tap, ssrc: ssrc}
	}
}

func defaultBuffer(kind packetio.BufferPacketType, _ uint32) io.ReadWriteCloser {
	buffer := packetio.NewBuffer()
	if kind == packetio.RTCPBufferPacket {
		buffer.SetLimitSize(rtcpBufferBytes)
	} else {
		buffer.SetLimitSize(rtpBufferBytes)
	}

	return buffer
}
