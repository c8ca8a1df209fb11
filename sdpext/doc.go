// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package sdpext holds what real-time media adds to SDP and RTP beyond standard
// WebRTC: the B-frame flag of H.264 and H.265, the composition time as a header
// extension, receiver reference times, and vendors' header extensions. Types of
// pion/sdp and pion/rtp go in and out. AAC is in package aac, the one-datagram
// signalling in package minisdp; docs/wire.md has the layouts on one page.
//
// The package is pure: functions of their arguments, without clock, I/O, lock or
// log. Nothing in it is safe for concurrent use of one and the same description.
package sdpext
