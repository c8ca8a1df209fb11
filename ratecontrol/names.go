// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package ratecontrol

import "fmt"

// named is an enumeration whose values have names.
type named interface {
	~uint8
	String() string
}

// parse finds the value of that name among those up to last.
func parse[T named](text []byte, last T) (T, error) {
	for v := T(0); v <= last; v++ {
		if v.String() == string(text) {
			return v, nil
		}
	}

	return 0, fmt.Errorf("unknown name %q", text)
}

// UnmarshalText takes a name that [MediaKind.String] gives; any other is an error.
func (k *MediaKind) UnmarshalText(text []byte) (err error) {
	*k, err = parse(text, Audio)

	return err
}

// UnmarshalText takes a name that [Limit.String] gives; any other is an error.
func (l *Limit) UnmarshalText(text []byte) (err error) {
	*l, err = parse(text, LimitSmoothing)

	return err
}

// UnmarshalText takes a name that [CeilingState.String] gives; any other is an error.
func (s *CeilingState) UnmarshalText(text []byte) (err error) {
	*s, err = parse(text, CeilingRaised)

	return err
}

// UnmarshalText takes a name that [SmoothingState.String] gives; any other is an error.
func (s *SmoothingState) UnmarshalText(text []byte) (err error) {
	*s, err = parse(text, SmoothingSwing)

	return err
}
