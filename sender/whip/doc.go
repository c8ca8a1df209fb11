// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package whip is a client of the WebRTC-HTTP ingestion protocol (RFC 9725). It
// exchanges an SDP offer for an answer, brings candidates and new ICE credentials
// afterwards, and ends the session again; it knows nothing of the media.
package whip
