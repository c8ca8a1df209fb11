// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package bwe

import (
	"fmt"
	"strconv"
)

// named is an enumeration whose values have names.
type named interface {
	~uint8
	String() string
}

// setByName sets v to the value up to last whose name is text.
func setByName[T named](v *T, text []byte, last T, what string) error {
	for c := T(0); c <= last; c++ {
		if c.String() == string(text) {
			*v = c

			return nil
		}
	}

	return fmt.Errorf("unknown %s %q", what, text)
}

// UnmarshalText takes a name that [PacketKind.String] gives; any other is an error.
func (k *PacketKind) UnmarshalText(text []byte) error {
	return setByName(k, text, PacketFEC, "kind of a packet")
}

// UnmarshalJSON takes a name as UnmarshalText does, and the number that traces had in its
// place before kinds were written by name.
func (k *PacketKind) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	if number, err := strconv.ParseUint(string(text), 10, 8); err == nil && number <= uint64(PacketFEC) {
		*k = PacketKind(number)

		return nil
	}
	name, err := strconv.Unquote(string(text))
	if err != nil {
		return fmt.Errorf("%s is no kind of a packet", text)
	}

	return k.UnmarshalText([]byte(name))
}

// UnmarshalText takes a name that [State.String] gives; any other is an error.
func (s *State) UnmarshalText(text []byte) error {
	return setByName(s, text, StateNoFeedback, "state")
}

// UnmarshalText takes a name that [Sharing.String] gives; any other is an error.
func (s *Sharing) UnmarshalText(text []byte) error {
	return setByName(s, text, SharingCompeting, "way of sharing")
}

// UnmarshalText takes a name that [OscillationPhase.String] gives; any other is an error.
func (p *OscillationPhase) UnmarshalText(text []byte) error {
	return setByName(p, text, OscillationEnded, "phase of an oscillation")
}

// UnmarshalText takes a name that [SmoothingReason.String] gives; any other is an error.
func (r *SmoothingReason) UnmarshalText(text []byte) error {
	return setByName(r, text, SmoothingOff, "reason of a smoother")
}
