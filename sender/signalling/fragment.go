// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package signalling

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pion/sdp/v3"
)

// FragmentType is the media type of a [Fragment] (RFC 8840 section 9).
const FragmentType = "application/trickle-ice-sdpfrag"

const (
	attrUfrag = "ice-ufrag"
	attrPwd   = "ice-pwd"
	// What a fragment lacks of a whole description.
	descriptionHead = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
)

// Fragment is the ICE side of a session whose media are bundled: credentials and
// candidates of its one transport, as they travel after the offer (RFC 8840, RFC 9725
// section 4.3).
type Fragment struct {
	Ufrag, Pwd string
	// Group is the value of the group attribute, empty for none.
	Group string
	// Media is the m line, without "m=", and Mid the identification of the first media
	// section; both are empty where the candidates belong to no section.
	Media, Mid string
	// Candidates are values of the candidate attribute (RFC 8839 section 5.1).
	Candidates []string
	// Complete tells that no more candidates follow.
	Complete bool
}

// String is the fragment on the wire.
func (f Fragment) String() string {
	var b strings.Builder
	line := func(key, value string) {
		if value != "" {
			b.WriteString(key + value + "\r\n")
		}
	}
	line("a=group:", f.Group)
	line("m=", f.Media)
	line("a=mid:", f.Mid)
	line("a=ice-ufrag:", f.Ufrag)
	line("a=ice-pwd:", f.Pwd)
	for _, c := range f.Candidates {
		line("a=candidate:", c)
	}
	if f.Complete {
		line("a=", sdp.AttrKeyEndOfCandidates)
	}

	return b.String()
}

// errLoneReturn is why a description is none.
var errLoneReturn = errors.New("no valid SDP: a carriage return stands within a line")

// errNoICE is why a description cannot be read as a [Fragment].
var errNoICE = errors.New("it has no ICE credentials (a=ice-ufrag and a=ice-pwd)")

// ParseFragment reads what came over the wire. It fails where that is no SDP or has no
// credentials.
func ParseFragment(text string) (Fragment, error) {
	return ReadFragment(descriptionHead + text)
}

// ReadFragment returns the ICE side of a whole description. It fails where that is no
// SDP or has no credentials.
func ReadFragment(description string) (Fragment, error) {
	var d sdp.SessionDescription
	if strings.Count(description, "\r") != strings.Count(description, "\r\n") {
		// The parser would take it, and lose what follows.
		return Fragment{}, errLoneReturn
	}
	if err := d.UnmarshalString(description); err != nil {
		return Fragment{}, fmt.Errorf("no valid SDP: %w", err)
	}
	f := Fragment{}
	f.Group, _ = d.Attribute(sdp.AttrKeyGroup)
	f.read(d.Attributes)
	for i, m := range d.MediaDescriptions {
		if i == 0 {
			f.Media = m.MediaName.String()
			f.Mid, _ = m.Attribute(sdp.AttrKeyMID)
		}
		f.read(m.Attributes)
	}
	if f.Ufrag == "" || f.Pwd == "" {
		return Fragment{}, errNoICE
	}

	return f, nil
}

// read takes from the attributes of one section what the sections before it left open:
// bundled ones repeat each other.
func (f *Fragment) read(attributes []sdp.Attribute) {
	first := len(f.Candidates) == 0
	for _, a := range attributes {
		switch {
		case a.Key == attrUfrag && f.Ufrag == "":
			f.Ufrag = a.Value
		case a.Key == attrPwd && f.Pwd == "":
			f.Pwd = a.Value
		case a.Key == sdp.AttrKeyCandidate && first && a.Value != "":
			f.Candidates = append(f.Candidates, a.Value)
		case a.Key == sdp.AttrKeyEndOfCandidates:
			f.Complete = true
		}
	}
}

// Apply returns description with f's credentials and candidates in place of its own. It
// fails where description is no SDP.
func (f Fragment) Apply(description string) (string, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(description); err != nil {
		return "", fmt.Errorf("no valid SDP: %w", err)
	}
	d.Attributes = f.replace(d.Attributes)
	for _, m := range d.MediaDescriptions {
		m.Attributes = f.replace(m.Attributes)
	}
	for _, m := range d.MediaDescriptions {
		if m.MediaName.Port.Value == 0 {
			continue
		}
		for _, c := range f.Candidates {
			m.Attributes = append(m.Attributes, sdp.NewAttribute(sdp.AttrKeyCandidate, c))
		}
		if f.Complete {
			m.Attributes = append(m.Attributes, sdp.NewPropertyAttribute(sdp.AttrKeyEndOfCandidates))
		}

		break
	}
	text, err := d.Marshal()

	return string(text), err
}

func (f Fragment) replace(attributes []sdp.Attribute) []sdp.Attribute {
	kept := make([]sdp.Attribute, 0, len(attributes))
	for _, a := range attributes {
		switch a.Key {
		case attrUfrag:
			a.Value = f.Ufrag
		case attrPwd:
			a.Value = f.Pwd
		case sdp.AttrKeyCandidate, sdp.AttrKeyEndOfCandidates:
			continue
		}
		kept = append(kept, a)
	}

	return kept
}
