// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package session

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"github.com/rtmcc/rtmcc/sdpext"
	"github.com/rtmcc/rtmcc/sdpext/aac"
	"github.com/rtmcc/rtmcc/sender/media"
)

// verdict is what an answer says of one offered medium.
type verdict struct {
	// refused says why it is not taken, empty where it is.
	refused string
	// format is the one of the track's that the answer prefers, payload its type there.
	format  *format
	payload uint8
	// narrows tells that pion has to be told of the choice.
	narrows bool
	// rtx is the payload type of that format's RTX, zero for none.
	rtx        webrtc.PayloadType
	bFrames    sdpext.BFrameSupport
	extensions extensionIDs
}

// readAnswer judges each of the offered media by its mid, else by its place (RFC 9429
// section 5.11). It fails where the answer is no SDP.
func (o *Options) readAnswer(answer string, tracks []*track, mids []string) ([]verdict, error) {
	var parsed sdp.SessionDescription
	if err := parsed.UnmarshalString(answer); err != nil {
		return nil, fmt.Errorf("the server's answer is no valid SDP: %w", err)
	}
	verdicts := make([]verdict, len(tracks))
	for i, t := range tracks {
		verdicts[i] = o.judge(section(&parsed, mids[i], i), t)
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

func (o *Options) judge(m *sdp.MediaDescription, t *track) verdict {
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
	names, repairs := payloads(m)
	for _, payload := range m.MediaName.Formats {
		f, number := t.match(m, payload, names[payload])
		if f == nil {
			continue
		}
		ids := o.acceptedExtensions(m, t)

		return verdict{
			format: f, payload: number, narrows: !t.codec.Video() && len(t.formats) > 1, rtx: repairs[payload], extensions: ids,
			bFrames: bFrameAnswer(sdpext.BFrames(m, number), ids.composition != 0),
		}
	}

	return verdict{refused: "the answer does not take " + t.offered() + described(m, names)}
}

// match finds the format that the answer means by a payload type: of those of that
// name the one that was offered under it, else the first.
func (t *track) match(m *sdp.MediaDescription, payload, name string) (found *format, number uint8) {
	n, err := strconv.ParseUint(payload, 10, 7)
	if err != nil {
		return nil, 0
	}
	for i := range t.formats {
		f := &t.formats[i]
		if !strings.EqualFold(f.name(), name) || f.codec == media.AAC && !f.agrees(m, uint8(n)) {
			continue
		}
		if found == nil || uint64(f.payload) == n {
			found = f
		}
	}

	return found, uint8(n)
}

// agrees tells whether an answer takes AAC as it was offered. Configurations are ours
// to tell, and flags of answers are known to contradict them; but what it lays out or
// counts in another way cannot be sent.
func (f *format) agrees(m *sdp.MediaDescription, payload uint8) bool {
	for _, theirs := range aac.Formats(m) {
		if theirs.PayloadType == payload {
			return theirs.ClockRate == f.aac.ClockRate && theirs.Header == f.aac.Header
		}
	}

	return false
}

// offered names the formats of a track.
func (t *track) offered() string {
	var names []string
	for i := range t.formats {
		if name := t.formats[i].name(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}

	return strings.Join(names, ", ")
}

// described names what an answer takes in place of what was offered.
func described(m *sdp.MediaDescription, names map[string]string) string {
	var others []string
	for _, payload := range m.MediaName.Formats {
		if name := names[payload]; name != "" && !strings.EqualFold(name, "rtx") {
			others = append(others, name)
		}
	}
	if len(others) == 0 {
		return ""
	}

	return ", it lists " + strings.Join(others, ", ")
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
