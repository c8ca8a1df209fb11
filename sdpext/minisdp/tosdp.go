// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package minisdp

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/rtmcc/rtmcc/sdpext"
)

// cname goes on SSRC lines, which need one.
const cname = "rtm"

// SDP returns the message as a description of its own. A message names no profile of
// H.264; constrained baseline, packetization mode 1, is put down, by which peers know
// one another. It fails with [ErrUnsupported] where SDP cannot say it, with
// [ErrMalformed] where texts have characters that SDP has not.
func (m *Message) SDP() (*sdp.SessionDescription, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	d := m.session()
	var mids []string
	for i := range m.Media {
		medium := &m.Media[i]
		mid := strconv.Itoa(i)
		if m.StringBundle {
			mid = mediaNames[medium.Kind]
		}
		codecs := make([]sdp.Codec, 0, len(medium.Codecs))
		for j := range medium.Codecs {
			if c, ok := medium.Codecs[j].toCodec(); ok {
				codecs = append(codecs, c)
			}
		}
		section := m.section(medium, mid, codecs, func(string) bool { return true })
		if i == 0 {
			m.addCandidate(section)
		}
		d.WithMedia(section)
		mids = append(mids, mid)
	}

	return d.WithValueAttribute(sdp.AttrKeyGroup, "BUNDLE "+strings.Join(mids, " ")), nil
}

// AnswerTo returns the message as an answer to an offer: sections and mids are those
// of the offer, in its order, those that the message leaves out rejected; parameters
// are those of the offer, with what the message says of B-frames, and feedback and
// header extensions are those of the offer that the message has too. It fails as
// [Message.SDP] does, and where no section is left.
func (m *Message) AnswerTo(offer *sdp.SessionDescription) (*sdp.SessionDescription, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	d := m.session()
	var mids []string
	taken := map[*Medium]bool{}
	for _, offered := range offer.MediaDescriptions {
		mid, _ := offered.Attribute(sdp.AttrKeyMID)
		medium := m.medium(offered)
		var codecs []sdp.Codec
		if medium != nil {
			codecs = medium.matching(offered)
		}
		if medium == nil || taken[medium] || (medium.Kind != Data && len(codecs) == 0) {
			d.WithMedia(rejected(offered, mid))

			continue
		}
		known := extensions(offered)
		section := m.section(medium, mid, codecs, func(uri string) bool { return known[uri] })
		if len(taken) == 0 {
			m.addCandidate(section)
		}
		taken[medium] = true
		d.WithMedia(section)
		if mid != "" {
			mids = append(mids, mid)
		}
	}
	switch {
	case len(taken) == 0:
		return nil, fmt.Errorf("%w: the answer takes no codec that was offered", ErrUnsupported)
	case len(mids) == 0:
		return d, nil // the offer names no section, so that none can be bundled
	default:
		return d.WithValueAttribute(sdp.AttrKeyGroup, "BUNDLE "+strings.Join(mids, " ")), nil
	}
}

// check makes sure that the message can be said in SDP without its texts breaking
// out of their lines.
func (m *Message) check() error {
	switch {
	case len(m.Media) == 0:
		return fmt.Errorf("%w: a message without media", ErrUnsupported)
	case m.Fingerprint == "":
		return fmt.Errorf("%w: no fingerprint: the peer wants media in the clear, which WebRTC has not", ErrUnsupported)
	case m.Ufrag == "" || m.Pwd == "":
		return fmt.Errorf("%w: no ICE credentials", ErrUnsupported)
	}
	plain := func(s string, more string) bool {
		return !strings.ContainsFunc(s, func(r rune) bool { return (r <= ' ' || r > '~') && !strings.ContainsRune(more, r) })
	}
	if !plain(m.Ufrag, "") || !plain(m.Pwd, "") || !plain(m.Fingerprint, " ") {
		return fmt.Errorf("%w: ICE credentials or fingerprint with control characters", ErrMalformed)
	}
	for i := range m.Media {
		if m.Media[i].Kind > Data {
			return fmt.Errorf("%w: medium of unknown kind %d", ErrUnsupported, m.Media[i].Kind)
		}
		for j := range m.Media[i].Codecs {
			if c := m.Media[i].Codecs[j]; !plain(c.AAC.Config, "") || strings.Contains(c.AAC.Config, ";") {
				return fmt.Errorf("%w: AAC config %q", ErrMalformed, c.AAC.Config)
			}
		}
	}

	return nil
}

func (m *Message) session() *sdp.SessionDescription {
	return &sdp.SessionDescription{
		Origin: sdp.Origin{
			Username: "-", SessionID: 1, SessionVersion: 1, NetworkType: "IN", AddressType: "IP4", UnicastAddress: "127.0.0.1",
		},
		SessionName:      "-",
		TimeDescriptions: []sdp.TimeDescription{{}},
	}
}

// section returns a medium with the given codecs and those of its header extensions
// whose URI is wanted.
func (m *Message) section(medium *Medium, mid string, codecs []sdp.Codec, wanted func(uri string) bool) *sdp.MediaDescription {
	d := sdp.NewJSEPMediaDescription(mediaNames[medium.Kind], nil)
	role := m.Role
	if m.Kind == Answer && role == RoleActpass {
		// An answer has to choose; whoever waits is safe, as we then begin.
		role = RolePassive
	}
	withMid(d, mid).
		WithICECredentials(m.Ufrag, m.Pwd).
		WithValueAttribute("fingerprint", m.Fingerprint).
		WithValueAttribute(sdp.AttrKeyConnectionSetup, roleNames[role])
	if medium.Kind == Data {
		d.MediaName.Protos = []string{"UDP", "DTLS", "SCTP"}
		d.MediaName.Formats = []string{"webrtc-datachannel"}

		return d.WithValueAttribute("sctp-port", "5000")
	}
	d.WithPropertyAttribute(sdp.AttrKeyRTCPMux).WithPropertyAttribute(sdp.AttrKeyRTCPRsize).
		WithPropertyAttribute(directionNames[m.Direction])
	for _, c := range codecs {
		channels, _ := strconv.ParseUint(c.EncodingParameters, 10, 16)
		d.WithCodec(c.PayloadType, c.Name, c.ClockRate, uint16(channels), c.Fmtp)
		for _, feedback := range c.RTCPFeedback {
			d.WithValueAttribute("rtcp-fb", fmt.Sprintf("%d %s", c.PayloadType, feedback))
		}
	}
	for _, e := range medium.Extensions {
		if int(e.URI) >= len(extensionURIs) || e.ID == 0 || !wanted(extensionURIs[e.URI]) {
			continue
		}
		if uri, err := url.Parse(extensionURIs[e.URI]); err == nil {
			d.WithExtMap(sdp.ExtMap{Value: int(e.ID), URI: uri})
		}
	}
	if medium.SSRC != 0 && medium.FECSSRC != 0 {
		d.WithValueAttribute(sdp.AttrKeySSRCGroup, fmt.Sprintf("%s %d %d",
			sdp.SemanticTokenForwardErrorCorrectionFramework, medium.SSRC, medium.FECSSRC))
	}
	for _, id := range []uint32{medium.SSRC, medium.FECSSRC} {
		if id != 0 {
			d.WithValueAttribute(sdp.AttrKeySSRC, fmt.Sprintf("%d cname:%s", id, cname))
		}
	}

	return d
}

func (m *Message) addCandidate(section *sdp.MediaDescription) {
	if !m.Candidate.IsValid() {
		return
	}
	// RFC 8445 section 5.1.2.1: type preference 126, local preference 65535.
	const hostPriority = 126<<24 | 65535<<8 | 255
	section.WithValueAttribute(sdp.AttrKeyCandidate, fmt.Sprintf("1 1 udp %d %s %d typ host",
		hostPriority, m.Candidate.Addr(), m.Candidate.Port()))
}

// medium returns that of the kind of an offered section, nil where it is left out.
func (m *Message) medium(offered *sdp.MediaDescription) *Medium {
	for i := range m.Media {
		if offered.MediaName.Port.Value != 0 && mediaNames[m.Media[i].Kind] == offered.MediaName.Media {
			return &m.Media[i]
		}
	}

	return nil
}

// matching returns the medium's codecs in the words of the offer.
func (m *Medium) matching(offered *sdp.MediaDescription) []sdp.Codec {
	known := sdpext.Codecs(offered)
	var out []sdp.Codec
	for i := range m.Codecs {
		answered, ok := m.Codecs[i].toCodec()
		if !ok {
			continue
		}
		same := func(c sdp.Codec) bool { return strings.EqualFold(c.Name, answered.Name) }
		at := slices.IndexFunc(known, func(c sdp.Codec) bool { return same(c) && c.PayloadType == answered.PayloadType })
		if at < 0 {
			at = slices.IndexFunc(known, same)
		}
		if at < 0 {
			continue
		}
		c := known[at]
		c.PayloadType = answered.PayloadType
		if kind := m.Codecs[i].Kind; kind == H264 || kind == H265 {
			c.Fmtp = string(sdpext.Fmtp(c.Fmtp).WithBFrames(m.Codecs[i].BFrames))
		}
		c.RTCPFeedback = slices.DeleteFunc(slices.Clone(c.RTCPFeedback), func(feedback string) bool {
			// A message has no word for requests of key frames.
			return feedback != "nack pli" && feedback != "ccm fir" && !slices.Contains(answered.RTCPFeedback, feedback)
		})
		out = append(out, c)
	}

	return out
}

func (c *Codec) toCodec() (sdp.Codec, bool) {
	if int(c.Kind) >= len(codecNames) || c.ClockRate == 0 {
		return sdp.Codec{}, false
	}
	out := sdp.Codec{PayloadType: c.PayloadType, Name: codecNames[c.Kind], ClockRate: c.ClockRate}
	if c.Channels > 1 {
		out.EncodingParameters = strconv.Itoa(int(c.Channels))
	}
	out.Fmtp = string(c.fmtp())
	for _, f := range []struct {
		on   bool
		name string
	}{
		{c.NACK, "nack"}, {c.NACK && (c.Kind == H264 || c.Kind == H265), "nack pli"},
		{c.TransportCC, "transport-cc"}, {c.REMB, "goog-remb"}, {c.RRTR, "rrtr"},
	} {
		if f.on {
			out.RTCPFeedback = append(out.RTCPFeedback, f.name)
		}
	}

	return out, true
}

// fmtp returns parameters that say what the message says, and by which peers that
// know more agree on a codec.
func (c *Codec) fmtp() sdpext.Fmtp {
	switch c.Kind {
	case Opus:
		f := sdpext.Fmtp("minptime=10;useinbandfec=1")
		if c.Channels > 1 {
			f = f.With("stereo", "1")
		}

		return f
	case LATM, ADTS:
		return c.AAC.fmtp()
	case H264:
		return sdpext.Fmtp("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f").WithBFrames(c.BFrames)
	case H265:
		return sdpext.Fmtp("").WithBFrames(c.BFrames)
	case FlexFEC03:
		return "repair-window=10000000"
	default:
		return ""
	}
}

func (p *AACParameters) fmtp() sdpext.Fmtp {
	f := sdpext.Fmtp(fmt.Sprintf("PS-enabled=%d;SBR-enabled=%d", bit(p.PS, 1), bit(p.SBR, 1)))
	if p.Config != "" {
		f = f.With("config", p.Config)
	}

	return f.With("cpresent", strconv.Itoa(int(bit(p.CPresent, 1)))).
		With("object", strconv.Itoa(int(p.Object))).
		With("stereo", strconv.Itoa(int(bit(p.Stereo, 1))))
}

func extensions(section *sdp.MediaDescription) map[string]bool {
	known := map[string]bool{}
	for _, a := range section.Attributes {
		var e sdp.ExtMap
		if line := a.String(); strings.HasPrefix(line, "extmap:") && e.Unmarshal(line) == nil {
			known[e.URI.String()] = true
		}
	}

	return known
}

// rejected is an offered section that is not taken (RFC 3264 section 6).
func rejected(offered *sdp.MediaDescription, mid string) *sdp.MediaDescription {
	d := sdp.NewJSEPMediaDescription(offered.MediaName.Media, nil)
	d.MediaName.Port.Value = 0
	d.MediaName.Protos, d.MediaName.Formats = offered.MediaName.Protos, offered.MediaName.Formats

	return withMid(d, mid).WithPropertyAttribute(sdp.AttrKeyInactive)
}

func withMid(d *sdp.MediaDescription, mid string) *sdp.MediaDescription {
	if mid == "" {
		return d
	}

	return d.WithValueAttribute(sdp.AttrKeyMID, mid)
}
