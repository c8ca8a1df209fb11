// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// newPeerConnection makes the receiving end of one session for an offer; packets hears
// all RTCP, repair all RTX, fec sees all RTP.
func newPeerConnection(
	cfg *Config, offer string, packets func([]rtcp.Packet), repair func(uint32, []byte), fec *fecTap,
) (*webrtc.PeerConnection, error) {
	media, err := newMediaEngine(cfg, offer)
	if err != nil {
		return nil, err
	}
	registry := &interceptor.Registry{}
	if err := addInterceptors(registry, cfg, repair, fec); err != nil {
		return nil, err
	}
	var settings webrtc.SettingEngine
	settings.LoggerFactory = cfg.LoggerFactory
	settings.BufferFactory = bufferFactory(packets, fec)
	settings.SetSRTPReplayProtectionWindow(replayWindow)
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetICETimeouts(5*time.Second, 10*time.Second, 2*time.Second)
	if cfg.ConfigureSettingEngine != nil {
		cfg.ConfigureSettingEngine(&settings)
	}

	return webrtc.NewAPI(
		webrtc.WithMediaEngine(media),
		webrtc.WithInterceptorRegistry(registry),
		webrtc.WithSettingEngine(settings),
	).NewPeerConnection(webrtc.Configuration{})
}

// addInterceptors sets up feedback and reports. NACK, PLI and RRTR are the session's:
// pion's NACK generator knows nothing of what RTX repaired and asks again.
func addInterceptors(registry *interceptor.Registry, cfg *Config, repair func(uint32, []byte), fec *fecTap) error {
	feedback, err := twcc.NewSenderInterceptor(
		twcc.SendInterval(cfg.FeedbackInterval), twcc.WithLoggerFactory(cfg.LoggerFactory))
	if err != nil {
		return err
	}
	reports, err := report.NewReceiverInterceptor(report.WithReceiverLoggerFactory(cfg.LoggerFactory))
	if err != nil {
		return err
	}
	registry.Add(&observedFeedback{feedback, fec})
	registry.Add(reports)
	registry.Add(&repairTap{repair: repair})

	return nil
}

// errNothingToReceive: the offer has no stream that can be taken.
var errNothingToReceive = errors.New(
	"the offer has no audio or video section that is sent and uses a known codec (H264, H265, VP8, VP9, AV1, opus, AAC)")

// checkOffer tells what is wrong with an offer before pion takes it, in words that
// its author can act on.
func checkOffer(offer string) error {
	var d sdp.SessionDescription
	if strings.TrimSpace(offer) == "" {
		return errors.New("the offer is empty")
	}
	if err := d.UnmarshalString(offer); err != nil {
		return fmt.Errorf("the offer is no SDP: %w", err)
	}
	if len(d.MediaDescriptions) == 0 {
		return errors.New("the offer has no media section (m= line)")
	}
	_, fingerprint := d.Attribute("fingerprint")
	_, ufrag := d.Attribute("ice-ufrag")
	for _, m := range d.MediaDescriptions {
		_, f := m.Attribute("fingerprint")
		_, u := m.Attribute("ice-ufrag")
		fingerprint, ufrag = fingerprint || f, ufrag || u
	}
	switch {
	case !fingerprint:
		return errors.New("the offer has no a=fingerprint line: only DTLS-SRTP is taken")
	case !ufrag:
		return errors.New("the offer has no a=ice-ufrag line")
	}

	return nil
}

// acceptsMedia tells whether an answer takes any stream.
func acceptsMedia(answer string) bool {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer); err != nil {
		return false
	}
	for _, m := range d.MediaDescriptions {
		_, receives := m.Attribute(sdp.AttrKeyRecvOnly)
		if receives && m.MediaName.Port.Value != 0 {
			return true
		}
	}

	return false
}

// isClosed tells errors that end a read loop from those of one packet.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe)
}
