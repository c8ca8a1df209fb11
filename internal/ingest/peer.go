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

// newPeerConnection makes the receiving end of one session; packets hears all RTCP,
// repair all RTX, fec sees all RTP.
func newPeerConnection(
	cfg *Config, packets func([]rtcp.Packet), repair func(uint32, []byte), fec *fecTap,
) (*webrtc.PeerConnection, error) {
	media := &webrtc.MediaEngine{}
	if err := registerCodecs(media); err != nil {
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

// registerCodecs declares what is taken. The payload types are only defaults: the
// offer's apply.
func registerCodecs(media *webrtc.MediaEngine) error {
	common := []webrtc.RTCPFeedback{{Type: "transport-cc"}, {Type: "nack"}, {Type: "rrtr"}}
	video := append([]webrtc.RTCPFeedback{
		{Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"},
	}, common...)
	payloadType := webrtc.PayloadType(35)
	add := func(kind webrtc.RTPCodecType, c webrtc.RTPCodecCapability) error {
		rtx := webrtc.RTPCodecCapability{
			MimeType: kind.String() + "/rtx", ClockRate: c.ClockRate, Channels: c.Channels,
			SDPFmtpLine: fmt.Sprintf("apt=%d", payloadType),
		}
		for _, p := range []webrtc.RTPCodecCapability{c, rtx} {
			err := media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: p, PayloadType: payloadType}, kind)
			if err != nil {
				return err
			}
			payloadType++
		}

		return nil
	}
	for _, mode := range []int{1, 0} {
		for _, profile := range []string{"640032", "4d0032", "42e032", "420032"} {
			if err := add(webrtc.RTPCodecTypeVideo, webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeH264, ClockRate: 90000, RTCPFeedback: video,
				SDPFmtpLine: fmt.Sprintf(
					"level-asymmetry-allowed=1;packetization-mode=%d;profile-level-id=%s;BFrame-enabled=1", mode, profile),
			}); err != nil {
				return err
			}
		}
	}
	if err := add(webrtc.RTPCodecTypeVideo, webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeH265, ClockRate: 90000, RTCPFeedback: video, SDPFmtpLine: "BFrame-enabled=1",
	}); err != nil {
		return err
	}
	if err := add(webrtc.RTPCodecTypeVideo, webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: video,
	}); err != nil {
		return err
	}
	if err := media.RegisterCodec(
		webrtc.RTPCodecParameters{RTPCodecCapability: fecCodec(), PayloadType: payloadType}, webrtc.RTPCodecTypeVideo,
	); err != nil {
		return err
	}
	payloadType++
	if err := add(webrtc.RTPCodecTypeAudio, webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, RTCPFeedback: common,
		SDPFmtpLine: "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1",
	}); err != nil {
		return err
	}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
		err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.TransportCCURI}, kind)
		if err != nil {
			return err
		}
	}

	return nil
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
	"the offer has no audio or video section that is sent and uses a known codec (H264, H265, VP8, opus)")

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

// codecOf names the codec of a track, empty where it is not known.
func codecOf(mimeType string) codec {
	for _, c := range []codec{codecH264, codecH265, codecVP8, codecOpus} {
		if _, name, _ := strings.Cut(mimeType, "/"); strings.EqualFold(name, string(c)) {
			return c
		}
	}

	return ""
}

// isClosed tells errors that end a read loop from those of one packet.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe)
}
