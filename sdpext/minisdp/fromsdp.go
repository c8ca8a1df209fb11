// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package minisdp

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/rtmcc/rtmcc/sdpext"
)

// scheme is what URLs of streams begin with, and messages leave out.
const scheme = "webrtc://"

// NewOffer returns the message for an offer on the stream of that URL, with or
// without its scheme; seq tells it from other requests. Codecs, feedback and header
// extensions that a message cannot name are left out, RTX among them. It fails with
// [ErrUnsupported].
func NewOffer(offer *sdp.SessionDescription, url string, seq uint16) (*Message, error) {
	m, err := FromSDP(offer, Offer)
	if err != nil {
		return nil, err
	}
	m.Seq, m.URL = seq, strings.TrimPrefix(url, scheme)
	m.Stream = StreamPush
	if m.Direction == RecvOnly {
		m.Stream = StreamPull
	}

	return m, nil
}

// FromSDP returns a description as a message, without URL, seq and signature. It
// fails with [ErrUnsupported].
func FromSDP(d *sdp.SessionDescription, kind Kind) (*Message, error) {
	m := &Message{Kind: kind}
	directed := false
	for _, section := range d.MediaDescriptions {
		if section.MediaName.Port.Value == 0 {
			continue
		}
		number, ok := index(mediaNames[:], section.MediaName.Media)
		if !ok {
			continue
		}
		medium := fromSection(section, MediaKind(number))
		if slices.ContainsFunc(m.Media, func(other Medium) bool { return other.Kind == medium.Kind }) {
			return nil, fmt.Errorf("%w: two %s sections, a message has room for one", ErrUnsupported, section.MediaName.Media)
		}
		m.Media = append(m.Media, medium)
		m.addTransport(d, section)
		if medium.Kind == Data {
			continue
		}
		direction := directionOf(d, section)
		if directed && direction != m.Direction {
			return nil, fmt.Errorf("%w: audio and video go different ways", ErrUnsupported)
		}
		m.Direction, directed = direction, true
	}
	if len(m.Media) == 0 {
		return nil, fmt.Errorf("%w: a description without media", ErrUnsupported)
	}

	return m, nil
}

// addTransport fills in what a message has once, from the first section that says
// it.
func (m *Message) addTransport(d *sdp.SessionDescription, section *sdp.MediaDescription) {
	first := func(into *string, key string) {
		if *into == "" {
			*into = attribute(d, section, key)
		}
	}
	first(&m.Ufrag, "ice-ufrag")
	first(&m.Pwd, "ice-pwd")
	first(&m.Fingerprint, "fingerprint")
	m.Encrypted = m.Fingerprint != ""
	if role, ok := index(roleNames[:], attribute(d, section, sdp.AttrKeyConnectionSetup)); ok && m.Role == RoleActpass {
		m.Role = Role(role)
	}
	mid, _ := section.Attribute(sdp.AttrKeyMID)
	m.StringBundle = m.StringBundle || mid == "audio" || mid == "video"
	for _, a := range section.Attributes {
		if m.Candidate.IsValid() {
			break
		}
		if a.IsICECandidate() {
			m.Candidate = candidate(a.Value)
		}
	}
}

// candidate returns the address of a candidate of UDP, invalid where it is another
// or hides behind a name.
func candidate(value string) netip.AddrPort {
	const addressField, portField = 4, 5
	fields := strings.Fields(value)
	if len(fields) <= portField || fields[1] != "1" || !strings.EqualFold(fields[2], "udp") {
		return netip.AddrPort{}
	}
	ip, err := netip.ParseAddr(fields[addressField])
	port, portErr := strconv.ParseUint(fields[portField], 10, 16)
	if err != nil || portErr != nil || ip.Zone() != "" {
		return netip.AddrPort{}
	}

	return netip.AddrPortFrom(ip.Unmap(), uint16(port))
}

// attribute returns that of a section, else that of the whole.
func attribute(d *sdp.SessionDescription, section *sdp.MediaDescription, key string) string {
	value, ok := section.Attribute(key)
	if !ok {
		value, _ = d.Attribute(key)
	}

	return value
}

func directionOf(d *sdp.SessionDescription, section *sdp.MediaDescription) Direction {
	for _, attributes := range [][]sdp.Attribute{section.Attributes, d.Attributes} {
		for _, a := range attributes {
			if direction, ok := index(directionNames[:], a.Key); ok {
				return Direction(direction)
			}
		}
	}

	return SendRecv
}

func fromSection(section *sdp.MediaDescription, kind MediaKind) Medium {
	m := Medium{Kind: kind}
	if kind == Data {
		return m
	}
	for _, c := range sdpext.Codecs(section) {
		if codec, ok := fromCodec(c, kind); ok {
			m.Codecs = append(m.Codecs, codec)
		}
	}
	for _, a := range section.Attributes {
		// A section that was built and not parsed holds extmap lines as keys.
		line := a.String()
		switch {
		case strings.HasPrefix(line, "extmap:"):
			var e sdp.ExtMap
			if e.Unmarshal(line) == nil {
				if uri, ok := index(extensionURIs[:], e.URI.String()); ok {
					m.Extensions = append(m.Extensions, Extension{ID: uint8(e.Value), URI: uri}) //nolint:gosec // at most 246
				}
			}
		case strings.HasPrefix(line, "ssrc:") && m.SSRC == 0:
			id, _, _ := strings.Cut(a.Value, " ")
			m.SSRC = ssrc(id)
		case strings.HasPrefix(line, "ssrc-group:"):
			group := strings.Fields(a.Value)
			if len(group) == 3 && group[0] == sdp.SemanticTokenForwardErrorCorrectionFramework {
				m.SSRC, m.FECSSRC = ssrc(group[1]), ssrc(group[2])
			} else if len(group) == 3 && m.SSRC == 0 {
				m.SSRC = ssrc(group[1])
			}
		}
	}

	return m
}

func ssrc(text string) uint32 {
	n, _ := strconv.ParseUint(text, 10, 32)

	return uint32(n)
}

func fromCodec(c sdp.Codec, kind MediaKind) (Codec, bool) {
	name, ok := codecKind(c.Name)
	if !ok || !slices.Contains(rates[:], c.ClockRate) || c.ClockRate == 0 {
		return Codec{}, false
	}
	out := Codec{
		Kind: name, PayloadType: c.PayloadType, ClockRate: c.ClockRate,
		BFrames: sdpext.Fmtp(c.Fmtp).BFrames() == sdpext.BFramesSupported,
		NACK:    slices.Contains(c.RTCPFeedback, "nack"), TransportCC: slices.Contains(c.RTCPFeedback, "transport-cc"),
		REMB: slices.Contains(c.RTCPFeedback, "goog-remb"), RRTR: slices.Contains(c.RTCPFeedback, "rrtr"),
		FlexFEC: name == FlexFEC03,
	}
	if kind == Audio {
		out.Channels = 1
		if n, err := strconv.ParseUint(c.EncodingParameters, 10, 8); err == nil && n <= twoBits {
			out.Channels = uint8(n)
		}
	}
	if name.aac() {
		out.AAC = fromAAC(sdpext.Fmtp(c.Fmtp))
	}

	return out, true
}

func fromAAC(f sdpext.Fmtp) AACParameters {
	on := func(name string) bool {
		value, _ := f.Get(name)

		return value == "1"
	}
	text, _ := f.Get("object")
	object, _ := strconv.ParseUint(text, 10, 8)
	config, _ := f.Get("config")

	return AACParameters{
		Object: uint8(object), PS: on("PS-enabled"), SBR: on("SBR-enabled"), Stereo: on("stereo"),
		CPresent: on("cpresent"), Config: config,
	}
}
