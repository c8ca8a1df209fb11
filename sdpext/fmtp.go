// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sdpext

import "strings"

// Fmtp is the parameter list of an a=fmtp line, what follows the payload type
// (RFC 8866 section 6.15). Every string is one: order, unknown parameters, blanks,
// trailing semicolons and duplicates stay byte for byte as they came, other than in
// the parameter that a method changes. Names compare case-insensitively.
type Fmtp string

// Get returns the value of the first parameter of that name, without blanks around
// it, and whether there is one. A parameter without a value has the empty one.
func (f Fmtp) Get(name string) (value string, ok bool) {
	for segment := range strings.SplitSeq(string(f), ";") {
		if key, value := parameter(segment); strings.EqualFold(key, name) {
			return value, true
		}
	}

	return "", false
}

// With returns f with the parameter set: in its place where f has it, spelled as
// name is, else at the end. Duplicates of it go. Neither name nor value may hold a
// semicolon or a line break; name may not hold an equals sign.
func (f Fmtp) With(name, value string) Fmtp {
	written := name
	if value != "" {
		written += "=" + value
	}
	segments := strings.Split(string(f), ";")
	kept, done := segments[:0], false
	for _, segment := range segments {
		key, _ := parameter(segment)
		switch {
		case !strings.EqualFold(key, name):
			kept = append(kept, segment)
		case !done:
			body := strings.TrimSpace(segment)
			at := strings.Index(segment, body)
			kept = append(kept, segment[:at]+written+segment[at+len(body):])
			done = true
		}
	}
	whole := strings.Join(kept, ";")
	switch {
	case done:
	case strings.TrimSpace(whole) == "":
		whole += written
	case strings.HasSuffix(strings.TrimSpace(whole), ";"):
		whole += written + ";"
	default:
		whole += ";" + written
	}

	return Fmtp(whole)
}

// Without returns f without the parameters of that name.
func (f Fmtp) Without(name string) Fmtp {
	segments := strings.Split(string(f), ";")
	kept := segments[:0]
	for _, segment := range segments {
		if key, _ := parameter(segment); !strings.EqualFold(key, name) {
			kept = append(kept, segment)
		}
	}

	return Fmtp(strings.Join(kept, ";"))
}

func parameter(segment string) (name, value string) {
	name, value, _ = strings.Cut(segment, "=")

	return strings.TrimSpace(name), strings.TrimSpace(value)
}
