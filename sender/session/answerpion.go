// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// forPion returns an answer in words that pion understands. It compares the parameters
// of AAC with those of the offer, so that an answer that says something else would
// take another format, or none; and where several formats of a track are taken, it would
// not send the one that was chosen.
func (c *connection) forPion(answer string) (string, error) {
	var parsed sdp.SessionDescription
	if err := parsed.UnmarshalString(answer); err != nil {
		return "", fmt.Errorf("the server's answer is no valid SDP: %w", err)
	}
	changed := false
	for i := range c.verdicts {
		v := &c.verdicts[i]
		if m := section(&parsed, c.mids[i], i); m != nil && v.refused == "" && v.narrows {
			v.narrow(m)
			changed = true
		}
	}
	if !changed {
		return answer, nil
	}
	b, err := parsed.Marshal()

	return string(b), err
}

// narrow leaves only the chosen format in a medium, as it was offered, and its RTX.
func (v *verdict) narrow(m *sdp.MediaDescription) {
	chosen := strconv.Itoa(int(v.payload))
	kept := []string{chosen}
	if v.rtx != 0 {
		kept = append(kept, strconv.Itoa(int(v.rtx)))
	}
	m.MediaName.Formats = kept
	attributes := m.Attributes[:0]
	for _, a := range m.Attributes {
		payload, _, _ := strings.Cut(a.Value, " ")
		switch a.Key {
		case "rtpmap", "fmtp":
			if payload != chosen && slices.Contains(kept, payload) {
				attributes = append(attributes, a)
			}
		case "rtcp-fb":
			if payload == "*" || slices.Contains(kept, payload) {
				attributes = append(attributes, a)
			}
		default:
			attributes = append(attributes, a)
		}
	}
	c := &v.format.capability
	rtpmap := fmt.Sprintf("%s %s/%d", chosen, v.format.name(), c.ClockRate)
	if c.Channels > 0 {
		rtpmap += "/" + strconv.Itoa(int(c.Channels))
	}
	m.Attributes = append(attributes, sdp.NewAttribute("rtpmap", rtpmap), sdp.NewAttribute("fmtp", chosen+" "+c.SDPFmtpLine))
}
