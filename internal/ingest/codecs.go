// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ingest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/sdpext"
	"github.com/rtmcc/rtmcc/sdpext/aac"
)

// codec names what a stream carries.
type codec string

const (
	codecH264 codec = "H264"
	codecH265 codec = "H265"
	codecVP8  codec = "VP8"
	codecVP9  codec = "VP9"
	codecAV1  codec = "AV1"
	codecOpus codec = "opus"
	// codecAAC stands for all forms of it.
	codecAAC codec = "AAC"
)

// audio tells sound from pictures.
func (c codec) audio() bool { return c == codecOpus || c == codecAAC }

// recordable tells whether the recordings have a place for it.
func (c codec) recordable() bool {
	return c.audio() || c == codecH264 || c == codecH265
}

// codecOf names the codec of a track, empty where it is not known.
func codecOf(mimeType string) codec {
	_, name, _ := strings.Cut(mimeType, "/")
	for _, c := range []codec{codecH264, codecH265, codecVP8, codecVP9, codecAV1, codecOpus} {
		if strings.EqualFold(name, string(c)) {
			return c
		}
	}
	for _, f := range []aac.Form{aac.ADTS, aac.LATM, aac.Generic} {
		if strings.EqualFold(name, f.String()) {
			return codecAAC
		}
	}

	return ""
}

// aacFormat returns how a negotiated codec carries AAC.
func aacFormat(c webrtc.RTPCodecParameters) (aac.Format, error) {
	_, name, _ := strings.Cut(c.MimeType, "/")

	return aac.ParseFormat(sdp.Codec{
		PayloadType: uint8(c.PayloadType), Name: name, ClockRate: c.ClockRate,
		EncodingParameters: strconv.Itoa(int(max(c.Channels, 1))), Fmtp: c.SDPFmtpLine,
	})
}

// maxAACFormats bounds the AAC payload types taken from one offer: the payload types
// that are left for them.
const maxAACFormats = 16

// codecList collects the codecs of a media engine. The payload types are only
// defaults: the offer's apply.
type codecList struct {
	media *webrtc.MediaEngine
	next  webrtc.PayloadType
	err   error
}

// add registers a codec and its retransmission.
func (l *codecList) add(kind webrtc.RTPCodecType, c webrtc.RTPCodecCapability) {
	rtx := webrtc.RTPCodecCapability{
		MimeType: kind.String() + "/rtx", ClockRate: c.ClockRate, Channels: c.Channels,
		SDPFmtpLine: fmt.Sprintf("apt=%d", l.next),
	}
	for _, p := range []webrtc.RTPCodecCapability{c, rtx} {
		if l.err == nil {
			l.err = l.media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: p, PayloadType: l.next}, kind)
		}
		l.next++
	}
}

// addFEC registers repair packets, which nothing repairs in turn.
func (l *codecList) addFEC() {
	if l.err == nil {
		l.err = l.media.RegisterCodec(
			webrtc.RTPCodecParameters{RTPCodecCapability: fecCodec(), PayloadType: l.next}, webrtc.RTPCodecTypeVideo)
	}
	l.next++
}

// newMediaEngine declares what is taken of an offer.
func newMediaEngine(cfg *Config, offer string) (*webrtc.MediaEngine, error) {
	l := codecList{media: &webrtc.MediaEngine{}, next: 35}
	common := []webrtc.RTCPFeedback{{Type: "transport-cc"}, {Type: "nack"}}
	if !cfg.NoReferenceTimes {
		common = append(common, webrtc.RTCPFeedback{Type: "rrtr"})
	}
	video := append([]webrtc.RTCPFeedback{
		{Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"},
	}, common...)
	for _, mode := range []int{1, 0} {
		for _, profile := range []string{"640032", "4d0032", "42e032", "420032"} {
			l.add(webrtc.RTPCodecTypeVideo, webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeH264, ClockRate: 90000, RTCPFeedback: video,
				SDPFmtpLine: fmt.Sprintf("level-asymmetry-allowed=1;packetization-mode=%d;profile-level-id=%s", mode, profile),
			})
		}
	}
	for _, mime := range []string{webrtc.MimeTypeH265, webrtc.MimeTypeVP8, webrtc.MimeTypeVP9, webrtc.MimeTypeAV1} {
		l.add(webrtc.RTPCodecTypeVideo, webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90000, RTCPFeedback: video})
	}
	l.addFEC()
	l.add(webrtc.RTPCodecTypeAudio, webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, RTCPFeedback: common,
		SDPFmtpLine: "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1",
	})
	var d sdp.SessionDescription
	if err := d.UnmarshalString(offer); err != nil {
		return nil, fmt.Errorf("%w: %w", errOffer, err)
	}
	if !cfg.NoAAC {
		l.addAAC(&d, common)
	}
	if l.err != nil {
		return nil, l.err
	}

	return l.media, registerExtensions(l.media, cfg, &d)
}

// addAAC registers the AAC of an offer just as it is: rates, channels and
// configurations are too many to list.
func (l *codecList) addAAC(offer *sdp.SessionDescription, feedback []webrtc.RTCPFeedback) {
	n := 0
	for _, m := range offer.MediaDescriptions {
		if m.MediaName.Media != "audio" {
			continue
		}
		for _, c := range sdpext.Codecs(m) {
			if _, err := aac.ParseFormat(c); err != nil || n == maxAACFormats {
				continue
			}
			n++
			channels, _ := strconv.ParseUint(c.EncodingParameters, 10, 8) // none counts as mono
			l.add(webrtc.RTPCodecTypeAudio, webrtc.RTPCodecCapability{
				MimeType: "audio/" + c.Name, ClockRate: c.ClockRate, Channels: uint16(channels),
				SDPFmtpLine: c.Fmtp, RTCPFeedback: feedback,
			})
		}
	}
}

// registerExtensions declares the header extensions that are taken. Those that tell
// of capture and delay are taken so that pushers send them, and passed over.
func registerExtensions(media *webrtc.MediaEngine, cfg *Config, offer *sdp.SessionDescription) error {
	video := []string{sdp.TransportCCURI, sdpext.AbsCaptureTimeURI, sdpext.PlayoutDelayURI, sdpext.VideoTimingURI}
	if uri := offeredCompositionTime(offer); uri != "" && !cfg.NoCompositionTime {
		video = append(video, uri)
	}
	for _, uri := range video {
		if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeVideo); err != nil {
			return err
		}
	}
	for _, uri := range []string{sdp.TransportCCURI, sdpext.AbsCaptureTimeURI} {
		if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeAudio); err != nil {
			return err
		}
	}

	return nil
}

// offeredCompositionTime returns the name to take the composition time under, the one
// of those offered that is preferred, empty where none is.
func offeredCompositionTime(offer *sdp.SessionDescription) string {
	for _, uri := range sdpext.CompositionTimeURIs() {
		for _, m := range offer.MediaDescriptions {
			if m.MediaName.Media != "video" {
				continue
			}
			if _, ok := sdpext.Accepted(m, uri); ok {
				return uri
			}
		}
	}

	return ""
}
