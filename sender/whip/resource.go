// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

package whip

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/pion/webrtc/v4"
)

// Resource is the session that a server made of an offer. It is not safe for
// concurrent use.
type Resource struct {
	// Answer is the SDP answer.
	Answer string
	// Location is the session's URL, nil where the server named none that can be
	// used.
	Location *url.URL
	// ETag identifies the ICE session (RFC 9725 section 4.3.1), empty for none.
	ETag string
	// ICEServers come from the Link headers (RFC 9725 section 4.6). They arrive with
	// the answer, so that they serve the next connection.
	ICEServers []webrtc.ICEServer
	// IgnoredLinks counts links for ICE servers that make no sense.
	IgnoredLinks int

	client      *Client
	badLocation string
	ended       bool
}

// Delete ends the session. A session that the server no longer knows (404, 410) is
// ended too. Without a usable Location it returns [ErrNoLocation], once. Calls after
// a success return nil.
func (r *Resource) Delete(ctx context.Context) error {
	if r.ended {
		return nil
	}
	if r.Location == nil {
		r.ended = true
		if r.badLocation != "" {
			return fmt.Errorf("whip: %w: its Location is %q", ErrNoLocation, r.badLocation)
		}

		return fmt.Errorf("whip: %w: its answer has no Location", ErrNoLocation)
	}
	rsp, err := r.client.exchange(ctx, http.MethodDelete, r.Location, "")
	if err != nil {
		return fmt.Errorf("whip: DELETE %s: %w", r.Location.Redacted(), err)
	}
	if rsp.status/100 != 2 && rsp.status != http.StatusNotFound && rsp.status != http.StatusGone {
		return fmt.Errorf("whip: DELETE %s: %w", r.Location.Redacted(), rsp.statusError())
	}
	r.ended = true

	return nil
}
