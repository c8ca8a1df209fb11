// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package minisdp

import "fmt"

// Status is what a server says of a request.
type Status uint16

// Values of [Status].
const (
	StatusOK        Status = 0
	StatusSDP       Status = 100
	StatusParameter Status = 101
	StatusInfo      Status = 102
	StatusAuth      Status = 103
	StatusNotFound  Status = 104
)

// String tells the status in words.
func (s Status) String() string {
	switch s {
	case StatusOK:
		return "ok"
	case StatusSDP:
		return "the server does not take the offer"
	case StatusParameter:
		return "a parameter is wrong: check the URL"
	case StatusInfo:
		return "the server has no information on the stream"
	case StatusAuth:
		return "not authorised: check the signature in the URL"
	case StatusNotFound:
		return "no such stream"
	default:
		return "unknown status"
	}
}

// StatusError is a request that the server refused.
type StatusError struct{ Status Status }

func (e *StatusError) Error() string {
	return fmt.Sprintf("minisdp: status %d: %s", uint16(e.Status), e.Status)
}

func (s Status) err() error {
	if s == StatusOK {
		return nil
	}

	return &StatusError{Status: s}
}
