// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/sender"
	"github.com/rtmcc/rtmcc/sender/media"
)

// baselineProfile is constrained baseline, level 3.1, which every server knows.
const baselineProfile = "42e01f"

const audioRate = 48000

// capability returns how SDP names a track's coding.
func capability(t media.Track) webrtc.RTPCodecCapability {
	c := webrtc.RTPCodecCapability{ClockRate: t.ClockRate}
	switch t.Codec {
	case media.H264:
		c.MimeType, c.SDPFmtpLine = webrtc.MimeTypeH264, h264Format(h264Profile(t.ParameterSets))
	case media.H265:
		c.MimeType = webrtc.MimeTypeH265
	case media.VP8:
		c.MimeType = webrtc.MimeTypeVP8
	case media.VP9:
		c.MimeType, c.SDPFmtpLine = webrtc.MimeTypeVP9, "profile-id=0"
	case media.AV1:
		c.MimeType = webrtc.MimeTypeAV1
	case media.Opus:
		// RFC 7587 section 7: always 48000/2, whatever the stream holds.
		c.MimeType, c.ClockRate, c.Channels = webrtc.MimeTypeOpus, audioRate, 2
		c.SDPFmtpLine = "minptime=10;useinbandfec=1"
		if t.Channels != 1 {
			c.SDPFmtpLine += ";stereo=1;sprop-stereo=1"
		}
	}

	return c
}

func h264Format(profile string) string {
	return "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=" + profile
}

// h264Profile returns the profile-level-id: the three bytes that follow the header
// of the SPS (RFC 6184 section 8.1).
func h264Profile(sets [][]byte) string {
	for _, set := range sets {
		if len(set) >= 4 && set[0]&0x1f == h264SPS {
			return hex.EncodeToString(set[1:4])
		}
	}

	return baselineProfile
}

// Payload types; each is followed by that of its RTX.
const (
	videoPayload    = webrtc.PayloadType(96)
	fallbackPayload = webrtc.PayloadType(98)
	audioPayload    = webrtc.PayloadType(111)
)

// newMediaEngine offers the codecs of tracks and nothing else.
//
// RTX is registered last, so that it gets no rtcp-fb lines of its own. That of audio
// has to be registered as video/rtx, the only name by which pion allots an SSRC; in
// the SDP both read rtx. See [audioRTX] for the other half.
func newMediaEngine(tracks []*track, f *sender.Factory) (*webrtc.MediaEngine, error) {
	engine := &webrtc.MediaEngine{}
	var repairs []func() error
	register := func(c webrtc.RTPCodecCapability, payload webrtc.PayloadType, kind webrtc.RTPCodecType) error {
		repairs = append(repairs, func() error {
			rtx := webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeRTX, ClockRate: c.ClockRate, SDPFmtpLine: fmt.Sprintf("apt=%d", payload),
			}

			return engine.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: rtx, PayloadType: payload + 1}, kind)
		})

		return engine.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: c, PayloadType: payload}, kind)
	}
	for _, t := range tracks {
		kind, payload := webrtc.RTPCodecTypeAudio, audioPayload
		if t.codec.Video() {
			kind, payload = webrtc.RTPCodecTypeVideo, videoPayload
		}
		if err := register(t.capability, payload, kind); err != nil {
			return nil, err
		}
		// Servers that list constrained baseline alone pass on every profile all the
		// same; without this they would refuse the medium.
		if fallback := h264Format(baselineProfile); t.codec == media.H264 && !strings.HasSuffix(t.capability.SDPFmtpLine, baselineProfile) {
			c := t.capability
			c.SDPFmtpLine = fallback
			if err := register(c, fallbackPayload, kind); err != nil {
				return nil, err
			}
		}
	}
	if err := f.ConfigureMediaEngine(engine); err != nil {
		return nil, err
	}
	if err := f.ConfigureFEC(engine); err != nil {
		return nil, err
	}
	for _, repair := range repairs {
		if err := repair(); err != nil {
			return nil, err
		}
	}

	return engine, nil
}
