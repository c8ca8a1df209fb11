// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// verdict is what an answer says of one offered medium.
type verdict struct {
	// refused says why it is not taken, empty where it is.
	refused string
	// rtx is the payload type of the RTX of the medium's first codec, zero for none.
	rtx webrtc.PayloadType
}

// readAnswer judges each of the offered media by its mid, else by its place (RFC 9429
// section 5.11). It fails where the answer is no SDP.
func readAnswer(answer string, tracks []*track, mids []string) ([]verdict, error) {
	var parsed sdp.SessionDescription
	if err := parsed.UnmarshalString(answer); err != nil {
		return nil, fmt.Errorf("the server's answer is no valid SDP: %w", err)
	}
	verdicts := make([]verdict, len(tracks))
	for i, t := range tracks {
		verdicts[i] = judge(section(&parsed, mids[i], i), t)
	}

	return verdicts, nil
}

func section(parsed *sdp.SessionDescription, mid string, index int) *sdp.MediaDescription {
	for _, m := range parsed.MediaDescriptions {
		if v, ok := m.Attribute(sdp.AttrKeyMID); ok && v == mid {
			return m
		}
	}
	if index < len(parsed.MediaDescriptions) {
		if _, named := parsed.MediaDescriptions[index].Attribute(sdp.AttrKeyMID); !named {
			return parsed.MediaDescriptions[index]
		}
	}

	return nil
}

func judge(m *sdp.MediaDescription, t *track) verdict {
	if m == nil {
		return verdict{refused: "the answer leaves it out"}
	}
	if m.MediaName.Port.Value == 0 {
		return verdict{refused: "the answer rejects it"}
	}
	for _, direction := range []string{sdp.AttrKeyInactive, sdp.AttrKeySendOnly} {
		if _, ok := m.Attribute(direction); ok {
			return verdict{refused: "the answer makes it " + direction}
		}
	}
	_, want, _ := strings.Cut(t.capability.MimeType, "/")
	names, repairs := payloads(m)
	for _, format := range m.MediaName.Formats {
		if strings.EqualFold(names[format], want) {
			return verdict{rtx: repairs[format]}
		}
	}

	return verdict{refused: "the answer does not take " + want}
}

// payloads returns the codec name of each payload type, and its RTX.
func payloads(m *sdp.MediaDescription) (names map[string]string, repairs map[string]webrtc.PayloadType) {
	names, repairs = map[string]string{}, map[string]webrtc.PayloadType{}
	for _, a := range m.Attributes {
		payload, value, _ := strings.Cut(a.Value, " ")
		switch a.Key {
		case "rtpmap":
			names[payload], _, _ = strings.Cut(value, "/")
		case "fmtp":
			apt, ok := strings.CutPrefix(strings.TrimSpace(value), "apt=")
			number, err := strconv.ParseUint(payload, 10, 7)
			if ok && err == nil {
				apt, _, _ = strings.Cut(apt, ";")
				repairs[apt] = webrtc.PayloadType(number)
			}
		}
	}

	return names, repairs
}
