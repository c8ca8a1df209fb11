// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package session pushes one media source to one server: it negotiates, sends
// in real time under congestion control, reconnects, and ends the session again.
//
//	source ─▶ player ─▶ frame decision ─▶ packetizer ─▶ track ─▶ sender's interceptor ─▶ wire
//
// A push outlives its PeerConnections: source, RTP timestamps and counters go on
// where a connection is lost and replaced.
package session
