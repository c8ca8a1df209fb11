// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Package aac carries AAC over RTP in the three forms that servers of real-time
// media take: MP4A-ADTS, one ADTS frame a packet; MP4A-LATM (RFC 6416); and
// mpeg4-generic (RFC 3640). It reads and writes their SDP, their configuration with
// HE-AAC of both versions, and their payloads, as payloaders and depacketizers in
// the shape of pion/rtp.
//
// The package is pure, and its types are not safe for concurrent use.
package aac
