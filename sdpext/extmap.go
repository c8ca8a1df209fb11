// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package sdpext

import (
	"github.com/pion/sdp/v3"
)

// maxOneByteID is the greatest id of a one-byte header; 15 is reserved (RFC 8285
// section 4.2).
const maxOneByteID = 14

// Extension is a header extension that both sides agreed on.
type Extension struct {
	URI string
	// ID is 1 to 14, so that it fits the one-byte header.
	ID uint8
}

// Accepted returns the first of uris that an answer to a push accepts. Ids beyond
// the one-byte header, ids that the answer gives to two extensions, and extensions
// that it takes in its own direction alone are passed over.
func Accepted(answer *sdp.MediaDescription, uris ...string) (Extension, bool) {
	var found []Extension
	owner := map[uint8]string{}
	ambiguous := map[uint8]bool{}
	for _, a := range answer.Attributes {
		key, value := split(a)
		var e sdp.ExtMap
		if key != sdp.AttrKeyExtMap || e.Unmarshal(key+":"+value) != nil || e.Value > maxOneByteID {
			continue
		}
		x := Extension{URI: e.URI.String(), ID: uint8(e.Value)} //nolint:gosec // checked above
		if uri, taken := owner[x.ID]; taken && uri != x.URI {
			ambiguous[x.ID] = true
		}
		owner[x.ID] = x.URI
		if e.Direction != sdp.DirectionSendOnly && e.Direction != sdp.DirectionInactive {
			found = append(found, x)
		}
	}
	for _, uri := range uris {
		for _, x := range found {
			if x.URI == uri && !ambiguous[x.ID] {
				return x, true
			}
		}
	}

	return Extension{}, false
}
