// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sdpext

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// split returns key and value of an attribute. Descriptions that were built and not
// parsed hold some whole lines as keys.
func split(a sdp.Attribute) (key, value string) {
	if a.Value != "" {
		return a.Key, a.Value
	}
	key, value, _ = strings.Cut(a.Key, ":")

	return key, value
}

// forPayload splits a value that begins with a payload type.
func forPayload(value string) (payloadType uint8, rest string, ok bool) {
	number, rest, _ := strings.Cut(value, " ")
	n, err := strconv.ParseUint(number, 10, 7)

	return uint8(n), rest, err == nil
}

// Codecs returns the codecs of a media description in the order of its m= line, as
// rtpmap, fmtp and rtcp-fb lines describe them, those without a name left out.
func Codecs(m *sdp.MediaDescription) []sdp.Codec {
	known := (&sdp.SessionDescription{MediaDescriptions: []*sdp.MediaDescription{m}}).GetCodecMap()
	codecs := make([]sdp.Codec, 0, len(m.MediaName.Formats))
	for _, format := range m.MediaName.Formats {
		n, err := strconv.ParseUint(format, 10, 7)
		if c, ok := known[uint8(n)]; ok && err == nil && c.Name != "" {
			codecs = append(codecs, c)
		}
	}

	return codecs
}

// editFmtp replaces the parameters of a payload type: in every line that has name,
// else in its first line, else in a new one after its rtpmap.
func editFmtp(m *sdp.MediaDescription, payloadType uint8, name string, edit func(Fmtp) Fmtp) {
	first, rtpmap, edited := -1, -1, false
	for i, a := range m.Attributes {
		key, value := split(a)
		of, rest, ok := forPayload(value)
		if !ok || of != payloadType {
			continue
		}
		switch key {
		case "rtpmap":
			rtpmap = i
		case "fmtp":
			if first < 0 {
				first = i
			}
			if _, has := Fmtp(rest).Get(name); has {
				m.Attributes[i] = fmtpLine(payloadType, edit(Fmtp(rest)))
				edited = true
			}
		}
	}
	switch {
	case edited:
	case first >= 0:
		_, value := split(m.Attributes[first])
		_, rest, _ := forPayload(value)
		m.Attributes[first] = fmtpLine(payloadType, edit(Fmtp(rest)))
	case rtpmap >= 0:
		m.Attributes = slices.Insert(m.Attributes, rtpmap+1, fmtpLine(payloadType, edit("")))
	default:
		m.Attributes = append(m.Attributes, fmtpLine(payloadType, edit("")))
	}
}

func fmtpLine(payloadType uint8, f Fmtp) sdp.Attribute {
	return sdp.NewAttribute("fmtp", strconv.Itoa(int(payloadType))+" "+string(f))
}
