// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package whip is a client of the WebRTC-HTTP ingestion protocol (RFC 9725). It
// exchanges an SDP offer for an answer and ends the session again; it knows nothing
// of the media. Every step has a time limit and every response a size limit, so
// that no server can hold its caller.
package whip
