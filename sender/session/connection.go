// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/sender"
	"github.com/rtmcc/rtmcc/sender/media"
	"github.com/rtmcc/rtmcc/sender/signalling"
)

// connection is one PeerConnection with its sender and the server's session.
type connection struct {
	push   *push
	number int

	// ctx ends with the connection.
	ctx    context.Context
	cancel context.CancelFunc
	pc     *webrtc.PeerConnection
	sender *sender.Sender
	remote signalling.Session
	// found belongs to the newest offer, stopTrickle ends what brings it to the server.
	found       *candidates
	stopTrickle context.CancelFunc
	// locals are by index of [push.tracks]; nil for a track that the server refused.
	locals  []*webrtc.TrackLocalStaticRTP
	senders []*webrtc.RTPSender
	ssrcs   []uint32
	// Of the answer, by index of [push.tracks].
	mids     []string
	verdicts []verdict
	stampers []*stamper
	// stripBFrames tells that the server does not take them.
	stripBFrames bool

	changed   chan struct{}
	connected chan struct{}
	// failed gets the reason once.
	failed  chan error
	closing chan struct{}
	tasks   sync.WaitGroup
}

// maxRTCP is above every datagram that pion reads without being told to.
const maxRTCP = 8 << 10

// Errors of a connection. They are worth another try.
var (
	errConnectTimeout = errors.New("no connection to the server's candidates came about; does a firewall block UDP?")
	errLost           = errors.New("the connection to the server was lost")
)

// RejectedError is an answer that does not take a track. Trying again does not help.
type RejectedError struct {
	// Codec is the track's coding.
	Codec string
	// Reason is what the answer says.
	Reason string
	// AAC tells that the track is AAC and that there is nothing to convert it with.
	AAC bool
}

// Error tells what to do.
func (e *RejectedError) Error() string {
	advice := "convert the source, or change the server's settings"
	if e.AAC {
		advice = "install ffmpeg, so that the audio can be converted to Opus, or convert the source"
	}

	return fmt.Sprintf("the server does not take the %s track: %s; %s", e.Codec, e.Reason, advice)
}

// connect makes a connection and waits until media can flow. A connection that it
// fails to make is closed again.
func (p *push) connect(ctx context.Context) (*connection, error) {
	p.connections++
	c := &connection{
		push: p, number: p.connections, stopTrickle: func() {},
		changed: make(chan struct{}, 1), connected: make(chan struct{}), failed: make(chan error, 1), closing: make(chan struct{}),
	}
	c.ctx, c.cancel = context.WithCancel(p.ctx)
	c.report(StateConnecting, nil)
	err := c.open(ctx)
	if err == nil {
		return c, nil
	}
	c.report(StateFailed, err)
	c.close()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}

	return nil, err
}

func (c *connection) open(ctx context.Context) error {
	if err := c.newPeerConnection(); err != nil {
		return err
	}
	offer, err := c.gather(ctx, nil)
	if err != nil {
		return err
	}
	c.remote, err = c.push.client.Publish(ctx, offer)
	if err != nil {
		return err
	}
	c.trickle(offer)
	if err := c.accept(); err != nil {
		return err
	}
	timeout := time.NewTimer(c.push.o.Limits.Connect)
	defer timeout.Stop()
	select {
	case <-c.connected:
		return nil
	case err := <-c.failed:
		return err
	case <-timeout.C:
		return errConnectTimeout
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *connection) newPeerConnection() error {
	p := c.push
	factory, err := sender.NewFactory(
		sender.WithConfig(p.o.Config), sender.WithObserver(p.events.sender(c.number)), sender.WithLoggerFactory(p.o.LoggerFactory),
		sender.WithPacketTap(p.o.packetTap()),
	)
	if err != nil {
		return err
	}
	factory.OnNewSender(func(_ string, s *sender.Sender) {
		c.sender = s
		if p.demands.to != nil {
			s.OnDecision(p.demands.connection(c.number))
		}
	})
	engine, err := p.o.newMediaEngine(p.tracks, factory)
	if err != nil {
		return err
	}
	settings := webrtc.SettingEngine{LoggerFactory: p.o.LoggerFactory}
	factory.ConfigureSettingEngine(&settings)
	if p.o.ConfigureSettingEngine != nil {
		p.o.ConfigureSettingEngine(&settings)
	}
	registry := &interceptor.Registry{}
	registry.Add(factory)
	api := webrtc.NewAPI(
		webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(settings),
	)
	c.pc, err = api.NewPeerConnection(webrtc.Configuration{ICEServers: p.iceServers, BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		return err
	}
	for _, t := range p.tracks {
		if err := c.add(t); err != nil {
			return err
		}
	}
	c.pc.OnConnectionStateChange(func(webrtc.PeerConnectionState) {
		select {
		case c.changed <- struct{}{}:
		default:
		}
	})
	c.tasks.Add(1)
	go c.watch()

	return nil
}

func (c *connection) add(t *track) error {
	local, err := c.newLocal(t, &t.formats[0])
	if err != nil {
		return err
	}
	init := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}
	transceiver, err := c.pc.AddTransceiverFromTrack(local, init)
	if err != nil {
		return err
	}
	s := transceiver.Sender()
	c.locals, c.senders = append(c.locals, local), append(c.senders, s)
	c.ssrcs = append(c.ssrcs, uint32(s.GetParameters().Encodings[0].SSRC))
	c.tasks.Add(1)
	go c.readRTCP(s)

	return nil
}

func (c *connection) newLocal(t *track, f *format) (*webrtc.TrackLocalStaticRTP, error) {
	return webrtc.NewTrackLocalStaticRTP(f.capability, t.rtpKind().String(), c.push.streamID)
}

// readRTCP reads on until the track ends; the interceptors hear RTCP only while
// somebody reads.
func (c *connection) readRTCP(s *webrtc.RTPSender) {
	defer c.tasks.Done()
	buf := make([]byte, maxRTCP)
	for {
		n, _, err := s.Read(buf)
		if errors.Is(err, io.ErrShortBuffer) {
			continue
		}
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(buf[:n])
		if err != nil {
			continue
		}
		for _, packet := range packets {
			switch packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				c.push.keyFrameRequest()
			}
		}
	}
}

// gather returns the offer with the candidates that were found in time.
func (c *connection) gather(ctx context.Context, options *webrtc.OfferOptions) (string, error) {
	limit := c.push.o.Limits.Gather
	if c.push.trickles() {
		limit = min(limit, c.push.o.Limits.Trickle)
	}
	offer, err := c.pc.CreateOffer(options)
	if err != nil {
		return "", err
	}
	c.found = newCandidates()
	c.pc.OnICECandidate(c.found.add)
	complete := webrtc.GatheringCompletePromise(c.pc)
	if err := c.pc.SetLocalDescription(offer); err != nil {
		return "", err
	}
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	select {
	case <-complete:
	case <-timeout.C:
		c.push.log.Warnf("gathering candidates took longer than %v; going on with those found", limit)
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}

	return c.pc.LocalDescription().SDP, nil
}

// accept applies the answer.
func (c *connection) accept() error {
	p := c.push
	p.learnICEServers(c.remote)
	c.mids = make([]string, len(p.tracks))
	transceivers := c.pc.GetTransceivers()
	for i, t := range transceivers {
		c.mids[i] = t.Mid()
	}
	var err error
	if c.verdicts, err = p.o.readAnswer(c.remote.Answer(), p.tracks, c.mids); err != nil {
		return err
	}
	c.stampers = make([]*stamper, len(p.tracks))
	for i := range c.verdicts {
		if err := c.take(i); err != nil {
			return err
		}
	}
	sdp, err := c.forPion(c.remote.Answer())
	if err != nil {
		return err
	}
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}); err != nil {
		return fmt.Errorf("the server's answer cannot be used: %w", err)
	}
	for i, t := range p.tracks {
		t.settle(c.verdicts[i].format)
	}

	return nil
}

// take prepares a track for what the answer says of it.
func (c *connection) take(i int) error {
	p, t, v := c.push, c.push.tracks[i], &c.verdicts[i]
	if v.refused != "" {
		refusal := &RejectedError{Codec: string(t.codec), Reason: v.refused, AAC: t.codec == media.AAC && p.o.ConvertAudio == nil}
		if t.codec.Video() || len(p.tracks) == 1 {
			return refusal
		}
		p.warnOnce(refusal.Error() + "; pushing video only")
		c.locals[i] = nil

		// pion refuses the whole answer where a track finds no codec in it.
		return c.pc.RemoveTrack(c.senders[i])
	}
	c.stampers[i] = newStamper(v.extensions, t.codec.Video(), p.o.PlayoutDelay)
	if t.codec.Video() {
		var err error
		c.stripBFrames, err = p.bFrames(t, v.bFrames)

		return err
	}
	if v.format == &t.formats[0] {
		return nil
	}
	local, err := c.newLocal(t, v.format)
	if err != nil {
		return err
	}
	c.locals[i] = local

	return c.senders[i].ReplaceTrack(local)
}

// close ends the sender, the server's session and the PeerConnection, in this order, so
// that the server hears nothing more once it was told. It waits for each within its
// limit, and works on a connection that was never opened.
func (c *connection) close() {
	p := c.push
	c.cancel()
	if c.sender != nil {
		_ = c.sender.Close()
	}
	if c.remote != nil {
		// The session ends at the server too where the push was cancelled.
		ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(p.ctx), p.o.Limits.Delete,
			fmt.Errorf("%w: the server did not answer within %v", signalling.ErrTimeout, p.o.Limits.Delete))
		defer cancel()
		if err := c.remote.Close(ctx); errors.Is(err, signalling.ErrNoHandle) {
			p.warnOnce(err.Error())
		} else if err != nil {
			p.warn(err.Error())
		}
	}
	close(c.closing)
	if c.pc != nil {
		done := make(chan struct{})
		go func() {
			defer close(done)
			if err := c.pc.GracefulClose(); err != nil {
				p.log.Debugf("closing: %v", err)
			}
			c.tasks.Wait()
		}()
		timeout := time.NewTimer(p.o.Limits.Close)
		defer timeout.Stop()
		select {
		case <-done:
		case <-timeout.C:
			p.warn(fmt.Sprintf("the connection did not close within %v", p.o.Limits.Close))
		}
	}
	c.report(StateClosed, nil)
}
