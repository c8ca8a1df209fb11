// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/rtmcc/rtmcc/sender/session"
)

// PlayoutDelay is a range of delays on the command line, such as 100ms-400ms or 0-1s.
// The zero value is none.
type PlayoutDelay struct {
	Min, Max time.Duration
	given    bool
}

// UnmarshalText reads MIN-MAX, or one delay for both.
func (d *PlayoutDelay) UnmarshalText(text []byte) error {
	first, second, both := strings.Cut(string(text), "-")
	if !both {
		second = first
	}
	low, err := time.ParseDuration(first)
	high, err2 := time.ParseDuration(second)
	if err != nil || err2 != nil || low < 0 || high < low {
		return fmt.Errorf("%q is no range of delays such as 100ms-400ms or 0-1s", text)
	}
	*d = PlayoutDelay{Min: low, Max: high, given: true}

	return nil
}

func (d *PlayoutDelay) option() *session.PlayoutDelay {
	if !d.given {
		return nil
	}

	return &session.PlayoutDelay{Min: d.Min, Max: d.Max}
}
