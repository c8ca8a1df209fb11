// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sender

import (
	"time"

	"github.com/rtmcc/rtmcc/internal/ccfeedback/feedbacktest"
)

// fate is what a feedback says of one packet: lost where negative, else the arrival
// after the reference time.
type fate = time.Duration

const lost = feedbacktest.Lost

// buildTWCC writes a transport-wide feedback.
func buildTWCC(base uint16, refTime uint32, count uint8, fates ...fate) []byte {
	return feedbacktest.TransportWide(base, refTime, count, fates...)
}
