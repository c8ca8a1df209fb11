// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package aac

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/sdp/v3"

	"github.com/rtmcc/rtmcc/sdpext"
)

// Form is how AAC is carried in RTP.
type Form uint8

// Values of [Form].
const (
	// ADTS is one ADTS frame a packet.
	ADTS Form = iota
	// LATM is one AudioMuxElement a packet (RFC 6416).
	LATM
	// Generic is an AU header section and access units (RFC 3640).
	Generic
)

// String returns the encoding name in SDP.
func (f Form) String() string {
	switch f {
	case ADTS:
		return "MP4A-ADTS"
	case LATM:
		return "MP4A-LATM"
	default:
		return "mpeg4-generic"
	}
}

// ErrFormat says that an SDP codec is no AAC, or of a kind that cannot be carried.
var ErrFormat = errors.New("aac: format")

// Format is AAC as one payload type of an SDP describes it.
type Format struct {
	Form        Form
	PayloadType uint8
	// ClockRate in Hz is that of the rtpmap, by which timestamps count: the output
	// rate of SBR where there is SBR.
	ClockRate uint32
	// Mux is what the frames hold; of mpeg4-generic only its Config.
	Mux StreamMuxConfig
	// Guessed tells that the SDP had no readable configuration, so that Mux was made
	// from the rtpmap and the flags.
	Guessed bool
	// Header is the layout of AU headers of mpeg4-generic.
	Header HeaderLayout
}

// NewFormat returns how cfg is offered in a form.
func NewFormat(form Form, payloadType uint8, cfg Config) Format {
	f := Format{
		Form: form, PayloadType: payloadType, ClockRate: uint32(cfg.OutputRate()), //nolint:gosec // at most 24 bits
		Mux: NewStreamMuxConfig(cfg),
	}
	if form == Generic {
		f.Header = HighRate
	}

	return f
}

// Formats returns the AAC that a media description has, in its order of preference.
// Payload types that cannot be read are left out.
func Formats(m *sdp.MediaDescription) []Format {
	var formats []Format
	for _, c := range sdpext.Codecs(m) {
		if f, err := ParseFormat(c); err == nil {
			formats = append(formats, f)
		}
	}

	return formats
}

// ParseFormat reads what an SDP says of one payload type. The configuration is
// trusted, for peers are known whose flags contradict it; where it is missing or cut
// off, flags and rtpmap have to do. It fails with [ErrFormat] or [ErrConfig].
func ParseFormat(c sdp.Codec) (Format, error) {
	f := Format{PayloadType: c.PayloadType, ClockRate: c.ClockRate}
	switch name := c.Name; {
	case strings.EqualFold(name, ADTS.String()):
		f.Form = ADTS
	case strings.EqualFold(name, LATM.String()):
		f.Form = LATM
	case strings.EqualFold(name, Generic.String()):
		f.Form = Generic
	default:
		return Format{}, fmt.Errorf("%w: %q is no AAC", ErrFormat, name)
	}
	if c.ClockRate == 0 || c.ClockRate > maxRate {
		return Format{}, fmt.Errorf("%w: clock rate %d", ErrFormat, c.ClockRate)
	}
	fmtp := sdpext.Fmtp(c.Fmtp)
	if f.Form == Generic {
		var err error
		if f.Header, err = parseHeaderLayout(fmtp); err != nil {
			return Format{}, err
		}
	} else if present, ok := fmtp.Get("cpresent"); ok && present != "0" {
		return Format{}, fmt.Errorf("%w: configuration within the stream (cpresent=%s) is not supported, want cpresent=0", ErrFormat, present)
	}
	text, _ := fmtp.Get("config")
	f.Mux = NewStreamMuxConfig(Config{})
	var err error
	if f.Form == Generic {
		err = f.Mux.Config.Unmarshal(unhex(text))
	} else {
		err = f.Mux.Unmarshal(unhex(text))
	}
	if errors.Is(err, ErrTruncated) {
		f.Mux, f.Guessed = NewStreamMuxConfig(guess(fmtp, c)), true
		err = f.Mux.Config.validate()
	}

	return f, err
}

// unhex reads up to the first character that is no hexadecimal digit.
func unhex(text string) []byte {
	b, _ := hex.DecodeString(text[:len(text)&^1])
	for len(b) == 0 && len(text) > 2 {
		text = text[:len(text)-1]
		b, _ = hex.DecodeString(text[:len(text)&^1])
	}

	return b
}

// guess makes a configuration from flags and rtpmap.
func guess(fmtp sdpext.Fmtp, c sdp.Codec) Config {
	on := func(name string) bool {
		value, _ := fmtp.Get(name)

		return value == "1"
	}
	object, _ := fmtp.Get("object")
	ps := on("PS-enabled") || object == "29"
	sbr := ps || on("SBR-enabled") || object == "5"
	channels := uint8(1)
	if n, err := strconv.ParseUint(c.EncodingParameters, 10, 3); err == nil && n > 0 {
		channels = uint8(n) //nolint:gosec // 3 bits
	} else if on("stereo") {
		channels = 2
	}
	cfg := Config{Core: mpeg4audio.AudioSpecificConfig{
		Type: mpeg4audio.ObjectTypeAACLC, SampleRate: int(c.ClockRate), ChannelConfig: channels,
	}}
	if !sbr || c.ClockRate < 2 {
		return cfg
	}
	cfg.Signalling = Hierarchical
	cfg.Core.ExtensionType, cfg.Core.ExtensionSampleRate = mpeg4audio.ObjectTypeSBR, int(c.ClockRate)
	cfg.Core.SampleRate /= 2
	if ps {
		cfg.Core.ExtensionType, cfg.Core.ChannelConfig = mpeg4audio.ObjectTypePS, 1
	}

	return cfg
}

// Codec returns the format as SDP, with the feedback that pushes offer left to the
// caller. It fails with [ErrConfig].
func (f Format) Codec() (sdp.Codec, error) {
	cfg := f.Mux.Config
	c := sdp.Codec{PayloadType: f.PayloadType, Name: f.Form.String(), ClockRate: f.ClockRate}
	if n := cfg.Channels(); n > 1 {
		c.EncodingParameters = strconv.Itoa(n)
	}
	if f.Form == Generic {
		config, err := cfg.Marshal()
		if err != nil {
			return sdp.Codec{}, err
		}
		c.Fmtp = fmt.Sprintf("streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=%d;indexlength=%d;indexdeltalength=%d;config=%x",
			f.Header.Size, f.Header.Index, f.Header.IndexDelta, config)

		return c, nil
	}
	config, err := f.Mux.Marshal()
	if err != nil {
		return sdp.Codec{}, err
	}
	c.Fmtp = fmt.Sprintf("PS-enabled=%d;SBR-enabled=%d;config=%x;cpresent=0;object=%d;profile-level-id=1;stereo=%d",
		bit(cfg.PS()), bit(cfg.SBR()), config, cfg.ObjectType(), bit(cfg.Channels() > 1))

	return c, nil
}

func bit(on bool) int {
	if on {
		return 1
	}

	return 0
}
