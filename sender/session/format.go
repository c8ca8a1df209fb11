// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/sdpext"
	"github.com/rtmcc/rtmcc/sdpext/aac"
	"github.com/rtmcc/rtmcc/sender/media"
)

// format is one way to send a track, with a payload type of its own in the offer.
type format struct {
	// codec is what is sent; it differs from the source's where that is converted.
	codec      media.Codec
	capability webrtc.RTPCodecCapability
	payload    webrtc.PayloadType
	// aac is how AAC is carried.
	aac aac.Format
}

// name is the encoding name in SDP.
func (f *format) name() string {
	_, name, _ := strings.Cut(f.capability.MimeType, "/")

	return name
}

// Payload types; each is followed by that of its RTX.
const (
	videoPayload    = webrtc.PayloadType(96)
	fallbackPayload = webrtc.PayloadType(98)
	audioPayload    = webrtc.PayloadType(111)
)

// aacPayload is that of a form of AAC.
func aacPayload(f aac.Form) webrtc.PayloadType { return 100 + 2*webrtc.PayloadType(f) }

// baselineProfile is constrained baseline, level 3.1, which every server knows.
const baselineProfile = "42e01f"

const audioRate = 48000

// formats returns the ways to send a track, the preferred one first. It fails with
// [media.ErrUnsupported].
func (o *Options) formats(t media.Track) ([]format, error) {
	f := format{codec: t.Codec, payload: videoPayload}
	f.capability.ClockRate = t.ClockRate
	c := &f.capability
	switch t.Codec {
	case media.H264:
		return o.h264Formats(f, t), nil
	case media.H265:
		c.MimeType, c.SDPFmtpLine = webrtc.MimeTypeH265, o.withBFrames("", t)
	case media.VP8:
		c.MimeType = webrtc.MimeTypeVP8
	case media.VP9:
		c.MimeType, c.SDPFmtpLine = webrtc.MimeTypeVP9, "profile-id=0"
	case media.AV1:
		c.MimeType = webrtc.MimeTypeAV1
	case media.Opus:
		return []format{opusFormat(t.Channels)}, nil
	case media.AAC:
		return o.aacFormats(t)
	default:
		return nil, fmt.Errorf("%w: no RTP payload format for %s", media.ErrUnsupported, t.Codec)
	}

	return []format{f}, nil
}

// h264Formats has constrained baseline beside another profile: servers that list it
// alone pass on every profile all the same, and would refuse the medium without it.
func (o *Options) h264Formats(f format, t media.Track) []format {
	line := func(profile string) string {
		return o.withBFrames("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id="+profile, t)
	}
	profile := h264Profile(t.ParameterSets)
	f.capability.MimeType, f.capability.SDPFmtpLine = webrtc.MimeTypeH264, line(profile)
	if profile == baselineProfile {
		return []format{f}
	}
	fallback := f
	fallback.payload, fallback.capability.SDPFmtpLine = fallbackPayload, line(baselineProfile)

	return []format{f, fallback}
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

// withBFrames promises to send B-frames or to leave them out, where the source has any.
func (o *Options) withBFrames(line string, t media.Track) string {
	if !t.BFrames {
		return line
	}

	return string(sdpext.Fmtp(line).WithBFrames(o.BFrames != BFramesStrip))
}

func opusFormat(channels int) format {
	// RFC 7587 section 7: always 48000/2, whatever the stream holds.
	c := webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: audioRate, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
	}
	if channels != 1 {
		c.SDPFmtpLine += ";stereo=1;sprop-stereo=1"
	}

	return format{codec: media.Opus, capability: c, payload: audioPayload}
}

// aacFormats has AAC as it is, and Opus where the options can convert to it.
func (o *Options) aacFormats(t media.Track) ([]format, error) {
	var cfg aac.Config
	err := cfg.Unmarshal(t.Config)
	var formats []format
	for _, form := range []aac.Form{aac.ADTS, aac.LATM, aac.Generic} {
		f, reason := aacFormat(form, cfg)
		if err == nil && reason == nil {
			formats = append(formats, f)
		}
	}
	if o.ConvertAudio != nil {
		formats = append(formats, opusFormat(2))
	}
	if len(formats) == 0 {
		return nil, fmt.Errorf("%w: AAC whose configuration cannot be carried over RTP; convert the audio to Opus or AAC-LC: %w",
			media.ErrUnsupported, err)
	}

	return formats, nil
}

func aacFormat(form aac.Form, cfg aac.Config) (format, error) {
	payload := aacPayload(form)
	carried := aac.NewFormat(form, uint8(payload), cfg)
	codec, err := carried.Codec()
	if err != nil {
		return format{}, err
	}
	if _, err := aac.NewPayloader(carried); err != nil {
		return format{}, err
	}
	c := webrtc.RTPCodecCapability{MimeType: "audio/" + codec.Name, ClockRate: codec.ClockRate, SDPFmtpLine: codec.Fmtp}
	if n := cfg.Channels(); n > 1 {
		c.Channels = uint16(n) //nolint:gosec // at most 8
	}

	return format{codec: media.AAC, capability: c, payload: payload, aac: carried}, nil
}
