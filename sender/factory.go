// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"sync"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/cc"
	"github.com/pion/logging"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/bwe"
	"github.com/rtmcc/rtmcc/ratecontrol"
)

// Option configures a [Factory] or a [Sender].
type Option func(*options) error

// logScope is the name under which everything is logged.
const logScope = "rtmcc"

type options struct {
	cfg     Config
	observe bwe.Observer
	loggers logging.LoggerFactory
	budget  *Budget
	weight  float64
	tap     PacketTap
}

func newOptions(opts []Option) (options, error) {
	o := options{cfg: Default()}
	for _, opt := range opts {
		if err := opt(&o); err != nil {
			return o, err
		}
	}
	if o.loggers == nil {
		o.loggers = logging.NewDefaultLoggerFactory()
	}

	return o, o.cfg.Validate()
}

// WithConfig replaces the default configuration.
func WithConfig(cfg Config) Option {
	return func(o *options) error {
		o.cfg = cfg

		return cfg.Validate()
	}
}

// WithObserver shows every input, decision and event to observe, in order, from the
// Sender's owner goroutine. It must copy what it keeps, return soon, and not call
// the Sender. Of a factory that makes several Senders, each calls it from a
// goroutine of its own.
func WithObserver(observe bwe.Observer) Option {
	return func(o *options) error {
		o.observe = observe

		return nil
	}
}

// WithLoggerFactory logs through loggers, scope "rtmcc". The default is pion's own
// default, which the PION_LOG_* environment variables rule.
func WithLoggerFactory(loggers logging.LoggerFactory) Option {
	return func(o *options) error {
		o.loggers = loggers

		return nil
	}
}

// Factory makes one [Sender] a PeerConnection. It implements pion's
// [interceptor.Factory]. Its methods are safe for concurrent use.
//
// Registered first, a Sender stands nearest to the network, where the transport
// sequence number belongs: interceptors that read or change outgoing RTP go behind
// it. Leave out pion's NACK responder, sender reports and transport-wide header
// extension interceptors, whose work it does.
type Factory struct {
	opts options
	tap  *tap

	mu    sync.Mutex
	onNew func(id string, s *Sender)
}

// FECPayloadType is the payload type that [Factory.ConfigureFEC] offers.
const FECPayloadType = webrtc.PayloadType(118)

// ConfigureFEC registers FlexFEC-03 for video, unless the configuration turns it off:
// the Sender makes it where the peer takes it and the path asks for it. It is to be
// called after [Factory.ConfigureMediaEngine], as FEC has no feedback of its own.
func (f *Factory) ConfigureFEC(m *webrtc.MediaEngine) error {
	if f.opts.cfg.Protection.FEC == ratecontrol.FECOff {
		return nil
	}

	return m.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeFlexFEC03, ClockRate: 90000, SDPFmtpLine: "repair-window=10000000",
		},
		PayloadType: FECPayloadType,
	}, webrtc.RTPCodecTypeVideo)
}

// NewFactory fails where an option is invalid.
func NewFactory(opts ...Option) (*Factory, error) {
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}

	return &Factory{opts: o, tap: &tap{log: o.loggers.NewLogger(logScope)}}, nil
}

// OnNewSender calls f for every Sender that is made from now on, before its
// PeerConnection is ready; id is the PeerConnection's name within pion.
func (f *Factory) OnNewSender(fn func(id string, s *Sender)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.onNew = fn
}

// newSender makes a Sender that the tap knows.
func (f *Factory) newSender() (*Sender, error) {
	s, err := newSender(f.opts)
	if err != nil {
		return nil, err
	}
	s.tap = f.tap
	f.tap.add(s)

	return s, nil
}

// NewBandwidthEstimator makes a Sender for the slot where pion's GCC sits: give the
// method itself to cc.NewInterceptor. With [Factory.ConfigureSettingEngine] it hears
// feedback whatever SSRC it names. See the function [NewBandwidthEstimator].
func (f *Factory) NewBandwidthEstimator() (cc.BandwidthEstimator, error) { return f.newSender() }

// NewInterceptor implements [interceptor.Factory].
func (f *Factory) NewInterceptor(id string) (interceptor.Interceptor, error) {
	s, err := f.newSender()
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	onNew := f.onNew
	f.mu.Unlock()
	if onNew != nil {
		onNew(id, s)
	}

	return s, nil
}

// ConfigureMediaEngine registers the transport-wide sequence number extension and
// the feedback that a Sender understands for audio and video: transport-cc, ack
// ccfb (RFC 8888), nack, nack pli, ccm fir, goog-remb and rrtr (RFC 3611). Codecs must be registered before, as pion
// adds feedback to those it knows.
func (f *Factory) ConfigureMediaEngine(m *webrtc.MediaEngine) error {
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
		ext := webrtc.RTPHeaderExtensionCapability{URI: sdp.TransportCCURI}
		if err := m.RegisterHeaderExtension(ext, kind); err != nil {
			return err
		}
		m.RegisterFeedback(webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBTransportCC}, kind)
		m.RegisterFeedback(webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBNACK}, kind)
		m.RegisterFeedback(webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBACK, Parameter: "ccfb"}, kind)
		m.RegisterFeedback(webrtc.RTCPFeedback{Type: "rrtr"}, kind)
	}
	video := webrtc.RTPCodecTypeVideo
	m.RegisterFeedback(webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"}, video)
	m.RegisterFeedback(webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBCCM, Parameter: "fir"}, video)
	m.RegisterFeedback(webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBGoogREMB}, video)

	return nil
}
